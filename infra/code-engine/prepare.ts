import { ConfigError, type ConfigProblem, LedgerUnavailableError } from '../../shared/errors.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import { lookContext } from '../../shared/runtime/look-context.ts';
import { observeFacts } from '../../shared/sweeps/doctor/facts.ts';
import type { Inputs } from './desired/inputs.ts';
import { UnclearError } from './errors.ts';
import type { Gathered } from './gather.ts';
import type { DeployPorts } from './ports.ts';
import { type RoleBook, rightsOf, servicesOf } from './rights.ts';
import { openSession, type Session } from './session.ts';

export function sessionOf(ports: DeployPorts, gathered: Gathered): Session {
  const { keeper, accounts, account, codeEngineUrl, keyOf } = gathered;
  return openSession(ports, { endpoints: keeper.config.endpoints, accounts, account, codeEngineUrl, keyOf });
}

/** @throws {ConfigError} when a key belongs to another account than `keeper.yml` says */
export async function checkAccounts({ accounts }: Gathered, session: Session): Promise<void> {
  const problems: ConfigProblem[] = [];
  for (const [name, { accountId }] of Object.entries(accounts)) {
    const own = await session.ownAccountId(name);
    if (own === undefined || own === accountId) continue;
    const message = `the API key for account "${name}" belongs to account ${own}, and keeper.yml says ${accountId}`;
    const fix = 'give each account a key of its own, IBMCLOUD_API_KEY_<ACCOUNT>';
    problems.push({ source: 'environment', line: 0, column: 0, message, fix });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What can be told without a call; no rights are among it. */
export const inputsWithoutRights = (gathered: Gathered): Inputs => ({
  manifest: gathered.manifest,
  account: gathered.account,
  accounts: gathered.accounts,
  keeperYml: gathered.keeper.text,
  schedules: gathered.schedules,
  code: gathered.code,
  policies: [],
  instances: gathered.keeper.config.instances,
  ringsUrl: gathered.ringsUrl,
  ...(gathered.iamUrl === undefined ? {} : { iamUrl: gathered.iamUrl }),
});

/** Asks everything that the desired state depends on. @throws {UnclearError} when some of it cannot be told */
export async function inputsOf(ports: DeployPorts, gathered: Gathered, session: Session): Promise<Inputs> {
  await checkRuntimes(gathered, session);
  const { manifest, account, runs } = gathered;
  const { fleet, unseen } = await look(ports, gathered, session);
  if (unseen.length > 0)
    throw new UnclearError(
      `which rights the functions need cannot be told:\n${unseen.map((why) => `  ${why}`).join('\n')}\n  fix: give the deploying identity the right to read this, or mend it; keeper doctor tells more`,
    );
  const rings = await checkRings(gathered, session);
  const withRings =
    rings === undefined
      ? fleet
      : { ...fleet, rings: { account, bucket: rings.bucket, instanceId: rings.instance } };
  const { policies, unresolved } = rightsOf(
    withRings,
    runs,
    manifest.project.roles,
    await readRoles(session, servicesOf(withRings, runs)),
  );
  const hasRings = manifest.packages.some(({ rules }) =>
    rules.some(({ trigger }) => trigger.kind === 'rings'),
  );
  const notifier =
    rings === undefined || !hasRings
      ? undefined
      : (await session.policies(account).roles('cloud-object-storage', 'codeengine')).get(NOTIFIER);
  const missing = [
    ...unresolved,
    ...(rings !== undefined && hasRings && notifier === undefined
      ? [`role ${NOTIFIER} of Code Engine on cloud-object-storage in account ${account}`]
      : []),
  ];
  if (missing.length > 0)
    throw new UnclearError(
      `the ids of these roles are not told, and none is guessed:\n${missing.map((role) => `  ${role}`).join('\n')}\n  fix: give the deploying identity Viewer on iam-access-management, so that it may list roles`,
    );
  return {
    ...inputsWithoutRights(gathered),
    policies,
    ...(rings === undefined || notifier === undefined
      ? {}
      : { authorization: { instance: rings.instance, role: notifier } }),
  };
}

const NOTIFIER = 'Notifications Manager';

/**
 * The bucket that rings: Code Engine is told of objects in buckets of its own region only, and no other kind.
 *
 * @throws {ConfigError} when it cannot be that bucket; what cannot be seen of it is left to the subscription to tell
 */
async function checkRings({ manifest, account }: Gathered, { services }: Session) {
  const all = manifest.packages.flatMap(({ rings }) => rings ?? []);
  const [rings] = all;
  if (rings === undefined) return undefined;
  const { region } = manifest.project;
  const seen = await services.buckets(account).head({ name: rings.bucket, location: region });
  const why =
    all.length > 1
      ? 'several packages have rings, and a project has one bucket for them'
      : seen.verdict === 'no' && seen.status === 404
        ? `there is no bucket ${rings.bucket} in region ${region}`
        : undefined;
  if (why === undefined) return rings;
  const fix = `write in one package the name of a bucket that is regional, in ${region}, and the GUID of its instance`;
  throw new ConfigError([{ source: 'manifest', line: 0, column: 0, message: why, fix }]);
}

/** What is deprecated stops working on a day that is known. @throws {ConfigError} */
async function checkRuntimes({ manifest }: Gathered, { codeEngine }: Session): Promise<void> {
  const functions = manifest.packages.flatMap(({ actions }) =>
    actions.filter(({ kind }) => kind === 'function'),
  );
  if (functions.length === 0) return;
  const runtimes = await codeEngine.runtimes();
  const good = runtimes.flatMap(({ id, deprecated }) => (deprecated === true ? [] : [id]));
  const problems = functions.flatMap(({ name, runtime }): readonly ConfigProblem[] => {
    if (good.includes(runtime)) return [];
    const known = runtimes.some(({ id }) => id === runtime);
    const message = `runtime ${runtime} of function ${name} ${known ? 'is deprecated: functions stop working at its end of life' : 'is none of Code Engine here'}`;
    const fix = `write one of ${good.join(', ')}`;
    return [{ source: 'manifest', line: 0, column: 0, message, fix }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** The fleet, with the credentials of whoever deploys. */
async function look(
  { clock, random }: DeployPorts,
  { keeper, accounts }: Gathered,
  { services, counts }: Session,
) {
  const { config } = keeper;
  const { ledger } = config;
  if (ledger.kind === 'file') throw new Error('a ledger in a folder passed the checks');
  const place = { account: ledger.account, bucket: ledger.bucket, prefix: ledger.prefix };
  return observeFacts(
    lookContext(config, {
      ports: { clock, random, services, ledger: NO_LEDGER, log: { info: () => {}, warn: () => {} } },
      runId: 'deploy',
      calls: counts,
      schedules: [],
    }),
    accounts,
    place,
  );
}

const noLedger = (): Promise<never> =>
  Promise.reject(new LedgerUnavailableError('a deployment does not read the ledger'));
const NO_LEDGER: LedgerStore = { read: noLedger, write: noLedger, list: noLedger };

async function readRoles(session: Session, services: ReturnType<typeof servicesOf>): Promise<RoleBook> {
  const known = new Map<string, ReadonlyMap<string, string>>();
  for (const { account, service } of services)
    known.set(`${account} ${service}`, await session.policies(account).roles(service));
  return (account, service) => known.get(`${account} ${service}`) ?? new Map<string, string>();
}
