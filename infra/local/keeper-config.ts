import { stringify } from 'yaml';
import { cisCrn, keyOwners, type WorldFile, type WorldJob } from './world-file.ts';
import { bindingsOf, madeKey } from './world-secrets.ts';

/** Where the services of a local cloud are reached. */
export interface LocalEndpoints {
  readonly iam: string;
  readonly cis: string;
  readonly secretsManager: string;
  readonly cloudLogs: string;
  readonly cos: string;
  readonly cosConfig: string;
  readonly resourceController: string;
  readonly cbr: string;
  readonly codeEngine: string;
  /** Absent where the keeper shares the virtual clock. */
  readonly clock?: string;
}

/** The services of a world that is behind one address, without a clock. */
export const localEndpoints = (base: string): LocalEndpoints => ({
  iam: `${base}/iam`,
  cis: `${base}/cis`,
  secretsManager: `${base}/secrets-manager`,
  cloudLogs: `${base}/cloud-logs`,
  cos: `${base}/cos`,
  cosConfig: `${base}/cos-config`,
  resourceController: `${base}/resource-controller`,
  cbr: `${base}/cbr`,
  codeEngine: `${base}/code-engine`,
});

type Source = { readonly file: string } | { readonly env: string };

/**
 * The `keeper.yml` of a world: its accounts, CIS instances and bindings, in `act` mode.
 *
 * @param apiKey - how the configuration names an account's API key, `{file: …}` or `{env: …}`
 * @param ledger - for example `file:./.keeper`
 * @param notify - where the URLs of the world's own receiver are; absent = nobody is told
 */
export function keeperConfig(
  world: WorldFile,
  endpoints: LocalEndpoints,
  apiKey: (account: string) => Source,
  ledger: string,
  notify?: { readonly webhook: Source; readonly heartbeat: Source },
): string {
  const accountOf = new Map(world.accounts.map((account) => [account.name, account]));
  const accounts = world.accounts
    .filter((account) => account.keeper !== undefined)
    .map((account) => [account.name, { accountId: account.id, apiKey: apiKey(account.name) }] as const);
  const bindings = world.secretsManagers.flatMap((instance) =>
    instance.secrets.flatMap((secret) =>
      bindingsOf(secret).map(({ binding, apiKey: key, member }) => {
        const owner = keyOwner(world, key);
        const jobs = world.cis
          .flatMap((cis) => cis.zones.flatMap((zone) => zone.jobs))
          .filter((job) => job.apiKey === key);
        return {
          name: binding.name,
          managedBy: binding.managedBy,
          account: owner.account,
          iamId: owner.iamId,
          secret: {
            instance: instance.guid,
            region: instance.region,
            id: secret.id,
            account: instance.account,
            ...(member === undefined ? {} : { member }),
          },
          jobs: [
            ...world.cloudLogs
              .filter(({ name }) => jobs.some((job) => job.cloudLogs === name))
              .map(({ guid, region }) => ({ destination: { cloudLogs: { instance: guid, region } } })),
            ...world.buckets
              .filter(({ name }) => jobs.some((job) => job.cos?.bucket === name))
              .map(({ name, location, instance: owner }) => ({
                destination: { cos: { bucket: name, region: location, instance: owner, auth: 'key' } },
              })),
            ...keylessPaths(world, jobs),
          ],
          ...(binding.adopt === undefined ? {} : { adopt: { apiKeyId: owner.keyId, retire: binding.adopt } }),
        };
      }),
    ),
  );
  return stringify({
    version: 1,
    mode: 'act',
    ledger,
    endpoints,
    accounts: Object.fromEntries(accounts),
    instances: world.cis.map((cis) => ({
      crn: cisCrn(accountOf.get(cis.account)?.id ?? '', cis.guid),
      account: cis.account,
    })),
    bindings,
    ...(world.keeper.logpushJobs === undefined ? {} : { logpushJobs: world.keeper.logpushJobs }),
    ...(world.keeper.onFirstLook === undefined
      ? {}
      : { policies: { repair: { onFirstLook: world.keeper.onFirstLook } } }),
    ...(notify === undefined
      ? {}
      : { notify: { webhook: { url: notify.webhook }, heartbeatUrl: notify.heartbeat } }),
  });
}

/** Jobs without a key in the buckets of these jobs, and what the keeper is told of them. */
function keylessPaths(world: WorldFile, keyed: readonly WorldJob[]) {
  const all = world.cis.flatMap((cis) => cis.zones.flatMap((zone) => zone.jobs));
  return world.buckets.flatMap(({ name, location, instance }) =>
    all
      .filter(({ cos }) => cos?.ownership === 'legacy' && cos.bucket === name && cos.path !== '')
      .filter(() => keyed.some(({ cos }) => cos?.bucket === name))
      .map(({ cos }) => ({
        destination: {
          cos: { bucket: name, region: location, instance, path: cos?.path, auth: 'ownership' },
        },
      })),
  );
}

/** Whose a key is, as jobs name it, and its id where the world file knows it. */
function keyOwner(world: WorldFile, keyName: string) {
  const made = world.secretsManagers
    .flatMap(({ secrets }) => secrets)
    .find((secret) => secret.type === 'iam_credentials' && madeKey(secret.name) === keyName);
  const ownerName = made?.type === 'iam_credentials' ? made.serviceId : undefined;
  for (const account of world.accounts) {
    for (const { iamId, name, apiKeys } of keyOwners(account)) {
      const key = apiKeys.find((candidate) => candidate.name === keyName);
      if (key !== undefined || name === ownerName) return { account: account.name, iamId, keyId: key?.id };
    }
  }
  throw new Error(`the world file has no API key named "${keyName}"`);
}
