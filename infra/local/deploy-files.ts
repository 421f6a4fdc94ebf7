import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMap, parseDocument } from 'yaml';
import { keeperConfig, type LocalEndpoints } from './keeper-config.ts';
import type { World } from './world.ts';

/** What a person needs to deploy the keeper of a world to its own Code Engine. */
export interface DeployFiles {
  /** A `keeper.yml` whose ledger is in a bucket, and that names no file. */
  readonly config: string;
  /** The project's own manifest, with what that configuration takes from the environment. */
  readonly manifest: string;
  /** What `manifest.yml` and `npm run deploy` take from the environment, secrets among it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The image of the keeper, as the local cloud names it. */
export const LOCAL_IMAGE = 'local/logpush-keeper:1';

/** The variable of an account, as the command line of the deployer spells it. */
const variable = (prefix: string, account: string): string =>
  `${prefix}_${account.toUpperCase().replaceAll('-', '_')}`;

/** As the configuration names it. */
const keyVariable = (account: string): string => `${variable('KEEPER', account)}_APIKEY`;

/**
 * @param webhook - URL of the receiver of the world's messages
 * @returns undefined for a world that is not meant to be deployed
 * @throws {Error} when the world file names a bucket or a deployer that is not there
 */
export function deployFiles(
  world: World,
  endpoints: LocalEndpoints,
  webhook: string,
): DeployFiles | undefined {
  const { codeEngine, accounts, buckets } = world.file;
  if (codeEngine === undefined) return undefined;
  const rings = buckets.find(({ name }) => name === codeEngine.rings);
  if (rings === undefined) throw new Error(`the world file has no bucket "${codeEngine.rings}"`);
  const keys = accounts.flatMap(({ name, deployer }) =>
    deployer === undefined ? [] : [[name, world.keyValue(deployer.apiKey)] as const],
  );
  const own = keys.find(([name]) => name === codeEngine.account);
  if (own === undefined) throw new Error(`the world file has no deployer in account "${codeEngine.account}"`);
  const urls = {
    KEEPER_WEBHOOK_URL: `${webhook}${world.webhook.messagePath}`,
    KEEPER_HEARTBEAT_URL: `${webhook}${world.webhook.heartbeatPath}`,
  };
  return {
    manifest: manifestOf(codeEngine.account, Object.keys(urls)),
    config: keeperConfig(
      world.file,
      endpoints,
      (account) => ({ env: keyVariable(account) }),
      codeEngine.ledger,
      { webhook: { env: 'KEEPER_WEBHOOK_URL' }, heartbeat: { env: 'KEEPER_HEARTBEAT_URL' } },
    ),
    env: {
      IBMCLOUD_API_KEY: own[1],
      ...Object.fromEntries(keys.map(([name, key]) => [variable('IBMCLOUD_API_KEY', name), key])),
      // For the keeper by hand.
      ...Object.fromEntries(
        accounts.flatMap(({ name, keeper }) =>
          keeper === undefined ? [] : [[keyVariable(name), world.keyValue(keeper.apiKey)] as const],
        ),
      ),
      CE_REGION: codeEngine.region,
      KEEPER_IMAGE: LOCAL_IMAGE,
      KEEPER_RINGS_BUCKET: rings.name,
      KEEPER_RINGS_INSTANCE: rings.instance,
      ...urls,
    },
  };
}

/** Every job gets these variables in a secret. */
function manifestOf(account: string, variables: readonly string[]): string {
  const path = fileURLToPath(new URL('../../manifest.yml', import.meta.url));
  const document = parseDocument(readFileSync(path, 'utf8'));
  const keeper = ['project', 'packages', 'keeper'];
  const keys = Object.fromEntries(variables.map((name) => [name, `\${${name}}`]));
  document.setIn(['project', 'account'], account);
  document.setIn([...keeper, 'secrets'], document.createNode({ notify: { keys } }));
  const actions = document.getIn([...keeper, 'actions']);
  if (!isMap(actions)) throw new Error('manifest.yml has no actions');
  for (const { key, value } of actions.items)
    if (isMap(value) && value.get('kind') === 'job')
      document.setIn([...keeper, 'actions', String(key), 'envFrom'], document.createNode(['notify']));
  return document.toString();
}
