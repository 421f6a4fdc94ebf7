import { Failure, flag, text } from './options.ts';
import { type Command, login, type Shell, table } from './shell.ts';

/** @see https://cloud.ibm.com/docs/Registry?topic=Registry-registry_overview#registry_regions */
const HOSTS: Readonly<Record<string, string>> = {
  global: 'icr.io',
  'us-south': 'us.icr.io',
  'eu-central': 'de.icr.io',
  'eu-de': 'de.icr.io',
  'uk-south': 'uk.icr.io',
  'eu-gb': 'uk.icr.io',
  'ap-south': 'au.icr.io',
  'au-syd': 'au.icr.io',
  'ap-north': 'jp.icr.io',
  'jp-tok': 'jp.icr.io',
  'ca-tor': 'ca.icr.io',
  'br-sao': 'br.icr.io',
  'eu-es': 'es.icr.io',
  'jp-osa': 'jp2.icr.io',
};

/** `cr`: regions and namespaces of the container registry. @see https://cloud.ibm.com/docs/Registry?topic=Registry-containerregcli */
export const registryCommands: readonly Command[] = [
  {
    words: 'cr|container-registry region-set',
    args: 1,
    flags: [],
    run: ({ options, session }) => {
      const [region = ''] = options.args;
      const host = HOSTS[region];
      if (host === undefined) throw new Failure(`The region '${region}' is not a region of the registry.`);
      session.registryRegion = region;
      return `The region is set to '${region}', the registry is '${host}'.\nOK\n`;
    },
  },
  {
    words: 'cr|container-registry region',
    flags: [],
    run: ({ session }) =>
      `You are targeting region '${regionOf(session)}', the registry is '${HOSTS[regionOf(session)]}'.\nOK\n`,
  },
  {
    words: 'cr|container-registry namespace-add',
    args: 1,
    flags: [text('g', 'resource-group')],
    run: (shell) => {
      const [name = ''] = shell.options.args;
      const { accountId } = login(shell);
      if (!/^[a-z0-9](?:[-_a-z0-9]{2,28})[a-z0-9]$/.test(name))
        throw new Failure(`The namespace '${name}' is not valid: 4 to 30 of a-z, 0-9, '-' and '_'.`);
      const owner = [...shell.registry].find((one) => one.endsWith(`/${name}`));
      if (owner !== undefined && owner !== `${accountId}/${name}`)
        throw new Failure(`The namespace '${name}' is in use by another account.`);
      shell.registry.add(`${accountId}/${name}`);
      return owner === undefined
        ? `Adding namespace '${name}'...\n\nSuccessfully added namespace '${name}'\nOK\n`
        : `Adding namespace '${name}'...\n\nYou already own namespace '${name}'\nOK\n`;
    },
  },
  {
    words: 'cr|container-registry namespace-list',
    flags: [flag('quiet', 'q')],
    run: (shell: Shell) => {
      const { accountId } = login(shell);
      const own = [...shell.registry].filter((one) => one.startsWith(`${accountId}/`));
      return `${table(
        ['Namespace'],
        own.map((one) => [one.slice(accountId.length + 1)]),
      )}\nOK\n`;
    },
  },
];

const regionOf = ({ registryRegion, region }: Shell['session']): string =>
  registryRegion ?? region ?? 'global';

/** Of an image in IBM's registry. */
export const namespaceOf = (image: string): string | undefined =>
  /^(?:private\.)?(?:[a-z0-9]+\.)?icr\.io\/([^/]+)\//.exec(image)?.[1];
