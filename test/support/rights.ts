import type { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { Fleet } from '../../shared/domain/doctor/wants.ts';
import { attributesOf, type Grant, pathRuleOf } from '../../shared/domain/grants.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { days } from '../../shared/domain/time.ts';
import { type Config, loadConfig } from '../../shared/runtime/config/config.ts';
import type { Surroundings } from '../../shared/runtime/connect.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { createLedger } from '../../shared/runtime/ledger.ts';
import { type VirtualKeeper, virtualKeeper } from './virtual-keeper.ts';

/** A function in a world in which everything that it is for comes up. Times are since the world's start. */
export interface Scenario {
  readonly name: FunctionName;
  /** Which of several of one function. */
  readonly about?: string;
  readonly file: () => WorldFile;
  readonly changeConfig?: (text: string) => string;
  /** What is done in the world before anybody looks. */
  readonly prepare?: (world: World) => Promise<unknown>;
  /** When the jobs were checked by somebody with every right. */
  readonly checkedAt?: readonly number[];
  /** What happens, and when. */
  readonly meanwhile?: readonly { readonly at: number; readonly happens: (world: World) => void }[];
  readonly runsAt: readonly number[];
}

/** How it came out, as a person would notice it. */
export interface Outcome {
  /** Kinds of actions, and on what. */
  readonly done: readonly string[];
  /** Codes of findings, and what they are about. */
  readonly told: readonly string[];
  /** What findings and doubts say. */
  readonly said: readonly string[];
  /** Calls of the keeper that were refused for want of a right. */
  readonly refused: readonly string[];
  /** Actions that IAM was asked about and permitted, by service. */
  readonly used: ReadonlySet<string>;
}

const STORE = '33333333-1111-4222-8333-444444444444';
const LEDGER = { name: 'acme-keeper', location: 'eu-de', prefix: 'prod' };
const EVERYTHING = [
  { roles: ['Manager', 'Administrator'] },
  ...['iam-identity', 'iam-access-management', 'iam-groups', 'context-based-restrictions'].map((service) => ({
    service,
    roles: ['Administrator'],
  })),
];

/**
 * Runs a function as an identity that has these policies and no others.
 *
 * @param store - where the ledger is: in its bucket, or in memory, which is faster where no right on the bucket is at stake
 */
export async function live(
  scenario: Scenario,
  grants: (fleet: Fleet) => readonly Grant[],
  store: 'bucket' | 'memory',
): Promise<Outcome> {
  const file = withLedger(scenario.file());
  const identity = keeperOf(file);
  const keeper = virtualKeeper({
    file,
    changeConfig: (text) =>
      (scenario.changeConfig?.(text) ?? text).replace(
        'file:./ledger',
        `cos://${LEDGER.name}/${LEDGER.prefix}?region=${LEDGER.location}`,
      ),
    surround: (surroundings: Surroundings) =>
      store === 'memory' ? surroundings : { ...surroundings, ledger: createLedger(config, surroundings) },
  });
  const { world, clock } = keeper;
  const env = { APIKEY_EDGE: world.keyValue('keeper-key') };
  const config = loadConfig({ text: keeper.configText, source: 'keeper.yml', env });
  // What happens does so in its time, not when somebody looks next.
  const deeds = [...(scenario.meanwhile ?? [])];
  const reach = (at: number): void => {
    while (deeds[0] !== undefined && deeds[0].at <= at) {
      const [deed] = deeds.splice(0, 1);
      clock.advance(file.startsAt + (deed?.at ?? at) - clock.now());
      world.catchUp();
      deed?.happens(world);
    }
    clock.advance(file.startsAt + at - clock.now());
    world.catchUp();
  };
  await scenario.prepare?.(world);
  for (const at of scenario.checkedAt ?? []) {
    reach(at);
    const all = EVERYTHING.map((policy) => world.iam.policies.add({ ...policy, ...identity }));
    await keeper.run('check-logpush');
    for (const policy of all) world.iam.policies.remove(policy, 'IBM');
  }
  world.calls.length = 0;
  for (const grant of grants(fleetOf(file, config))) give(world, identity.iamId, grant);
  const used = watched(world, identity.iamId);
  const reports: RunReport[] = [];
  for (const at of scenario.runsAt) {
    reach(at);
    reports.push(await keeper.run(scenario.name));
  }
  return { ...outcomeOf(world, reports), used };
}

/** With a bucket for the ledger, and a keeper that may do nothing. */
function withLedger(file: WorldFile): WorldFile {
  const { name, location } = LEDGER;
  const bucket = { name, location, instance: STORE, account: 'edge', grantsLogpush: false } as const;
  file.buckets.push({ ...bucket, instanceState: 'active' });
  for (const serviceId of file.accounts[0]?.serviceIds ?? [])
    if (serviceId.name === 'keeper') serviceId.policies.splice(0);
  return file;
}

function keeperOf({ accounts: [account] }: WorldFile) {
  const identity = account?.serviceIds.find(({ name }) => name === 'keeper');
  if (account === undefined || identity === undefined) throw new Error('the small world has changed');
  return { accountId: account.id, iamId: `iam-${identity.id}` };
}

/** Gives what the deployer would give, as long ago as the world is old: no doubt is left by the age of a policy. */
export function give({ iam, file }: World, iamId: string, grant: Grant): void {
  const { accountId, service } = grant.place;
  const name = `Lpk${iam.roles.customOf(accountId).length}`;
  const custom =
    grant.custom.length === 0
      ? []
      : [iam.roles.create({ accountId, service, name, displayName: name, actions: grant.custom }).crn];
  const content = {
    type: 'access',
    subject: [{ key: 'iam_id', operator: 'stringEquals', value: iamId }],
    resource: attributesOf(grant.place),
    tags: [],
    roles: [...grant.roles.map((role) => iam.roles.crnOf(service, role)), ...custom],
    ...pathRuleOf(grant),
  } as const;
  iam.policies.create(accountId, content, 'IBM', file.startsAt - days(90));
}

/** Every action that the identity is let do from now on. */
function watched({ iam }: World, iamId: string): ReadonlySet<string> {
  const used = new Set<string>();
  const allows = iam.allows.bind(iam);
  iam.allows = (who, action, ...more) => {
    const isAllowed = allows(who, action, ...more);
    if (isAllowed && who === iamId) used.add(action);
    return isAllowed;
  };
  return used;
}

/** What rights are given for: the fleet as the configuration and its jobs show it. */
function fleetOf(file: WorldFile, { accounts, instances, bindings, logpushJobs }: Config): Fleet {
  const at = (bucket: string, path: string) =>
    file.buckets
      .filter(({ name }) => name === bucket)
      .map(({ account, instance: instanceId, location, name }) => {
        const accountId = accounts[account]?.accountId ?? '';
        return { account, accountId, instanceId, name, location, path };
      });
  const jobs = file.cis.flatMap(({ zones }) => zones.flatMap((zone) => zone.jobs));
  const secrets = file.secretsManagers.flatMap((manager) => manager.secrets);
  return {
    accounts,
    instances,
    bindings,
    buckets: jobs.flatMap(({ cos }) => (cos === undefined ? [] : at(cos.bucket, cos.path))),
    tokenBuckets: logpushJobs.flatMap(({ binding, destination }) =>
      binding === undefined && destination.kind === 'cos' ? at(destination.bucket, destination.path) : [],
    ),
    ledger: { account: 'edge', bucket: LEDGER.name, prefix: LEDGER.prefix, instanceId: STORE },
    groups: Object.fromEntries(secrets.map(({ id, group = 'default' }) => [id, group])),
  };
}

function outcomeOf({ calls }: VirtualKeeper['world'], reports: readonly RunReport[]): Omit<Outcome, 'used'> {
  const distinct = (lines: readonly string[]): readonly string[] => [...new Set(lines.map(plain))];
  const of = <T>(lines: (report: RunReport) => readonly T[]): readonly T[] => reports.flatMap(lines);
  return {
    done: distinct(
      of(({ actions }) =>
        actions.map(
          ({ kind, subject, outcome }) => `${kind} ${subject}${outcome === 'applied' ? '' : ` ${outcome}`}`,
        ),
      ),
    ),
    told: distinct(of(({ findings }) => findings.map(({ code, subject }) => `${code} ${subject}`))),
    said: distinct([
      ...of(({ findings }) => findings.flatMap(({ detail }) => detail.split('; '))),
      ...of(({ jobs }) =>
        jobs.flatMap(({ causes = [], doubts = [] }) => [
          ...causes,
          ...doubts.flatMap((doubt) => doubt.split('; ')),
        ]),
      ),
    ]),
    // What a key of a job is refused is nothing that the keeper is refused.
    refused: distinct(
      calls
        .filter(({ service, status }) => status === 403 && service !== 'cloud-logs')
        .map(({ service, operation }) => `${service} ${operation}`),
    ),
  };
}

/** Without what differs from run to run: ids that are drawn. */
const plain = (text: string): string =>
  text
    .replaceAll(/policy [0-9a-f-]{36}/g, 'policy')
    .replaceAll(/ApiKey-(?!0{8})[0-9a-f-]{36}/g, 'ApiKey-new')
    .replaceAll(/\b[0-9a-f]{32}\b/g, '…');
