import { Failure, flag, list, required, text } from './options.ts';
import { type Command, login, type Shell } from './shell.ts';

const REGION = text('region');
const OUTPUT = [text('output'), flag('quiet', 'q')];

/** `cos`, where it makes buckets. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-cli-plugin-ic-cos-cli */
export const cosCommands: readonly Command[] = [
  {
    words: 'cos config crn',
    flags: [text('crn'), flag('force')],
    run: ({ options, session }) => {
      const crn = options.text('crn');
      if (crn !== undefined) session.cosInstance = crn;
      return `Saving Service Instance ID...\nOK\n${session.cosInstance ?? ''}\n`;
    },
  },
  {
    words: 'cos config region',
    flags: [required('region')],
    run: ({ options, session }) => {
      session.region = options.required('region');
      return 'OK\nSuccessfully updated region.\n';
    },
  },
  {
    words: 'cos bucket-create',
    flags: [required('bucket'), text('ibm-service-instance-id'), text('class'), REGION, ...OUTPUT],
    run: async (shell) => {
      const { options, session } = shell;
      const [bucket, region] = [options.required('bucket'), regionOf(shell)];
      const instance = options.text('ibm-service-instance-id') ?? session.cosInstance;
      if (instance === undefined)
        throw new Failure("Service Instance ID is not set. Use '--ibm-service-instance-id'.");
      const status = await put(shell, `/cos/${region}/${bucket}`, { 'ibm-service-instance-id': instance });
      if (status === 409) throw new Failure('The requested bucket name is not available. (409)');
      if (status !== 200) throw new Failure(`The bucket could not be created. (${status})`);
      return `OK\nDetails about bucket ${bucket}:\nRegion: ${region}\nClass: Standard\n`;
    },
  },
  {
    words: 'cos bucket-lifecycle-configuration-put',
    flags: [required('bucket'), required('lifecycle-configuration'), REGION, ...OUTPUT],
    run: (shell) => {
      const name = shell.options.required('bucket');
      const bucket = shell.world.cos.configured(name);
      if (bucket === undefined || bucket.location !== regionOf(shell))
        throw new Failure('The specified bucket does not exist. (404)');
      const { accountId, iamId } = login(shell);
      const target = {
        service: 'cloud-object-storage',
        accountId,
        instanceId: bucket.instanceId,
        resource: { type: 'bucket', name } as const,
      };
      if (
        !shell.world.iam.allows(iamId, 'cloud-object-storage.bucket.put_lifecycle', target, shell.world.now())
      )
        throw new Failure('Access Denied (403)');
      bucket.lifecycle = rulesIn(shell);
      return `OK\nSuccessfully set the lifecycle configuration on bucket ${name}\n`;
    },
  },
  {
    words: 'cos buckets',
    flags: [text('ibm-service-instance-id'), list('region'), ...OUTPUT],
    run: (shell) => {
      const { accountId } = login(shell);
      const instance = (
        shell.options.text('ibm-service-instance-id') ??
        shell.session.cosInstance ??
        ''
      ).split(':');
      const id = instance.at(7) ?? instance.at(0) ?? '';
      const caller = {
        principal: login(shell),
        origin: { address: shell.world.settings.cos.callerAddress, network: 'public' as const },
      };
      const found = shell.world.cos.buckets(caller, id);
      if ('status' in found) throw new Failure(`Access Denied (${found.status})`);
      const own = found.filter((bucket) => bucket.accountId === accountId);
      return `OK\n${own.map(({ name }) => name).join('\n')}\n`;
    },
  },
];

const regionOf = ({ options, session }: Shell): string =>
  options.text('region') ?? session.region ?? 'us-south';

async function put(shell: Shell, path: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const authorization = login(shell).bearer;
  const init = { method: 'PUT', headers: { authorization, ...headers } };
  return (await shell.world.app.request(path, init)).status;
}

interface WireRule {
  readonly ID?: string;
  readonly Status?: string;
  readonly Filter?: { readonly Prefix?: string };
  readonly Expiration?: { readonly Days?: number };
}

/** The rules as JSON, or in a file (`file://PATH`). */
function rulesIn({ options, files }: Shell) {
  const given = options.required('lifecycle-configuration');
  const path = /^file:\/\/(.+)$/.exec(given)?.[1];
  const content = path === undefined ? given : files.read(path);
  try {
    const { Rules } = JSON.parse(content ?? '') as { readonly Rules: readonly WireRule[] };
    return Rules.map(({ ID = 'rule', Status, Filter, Expiration }) => ({
      id: ID,
      prefix: Filter?.Prefix ?? '',
      enabled: Status === 'Enabled',
      expireDays: Expiration?.Days,
    }));
  } catch {
    throw new Failure('The lifecycle configuration is not JSON with Rules.');
  }
}
