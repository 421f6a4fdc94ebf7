import { hours, minutes } from '../../shared/domain/time.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';
import { type CallFault, Gate, Killed, type Process } from './gate.ts';
import { Invariants, type Violation } from './invariants.ts';
import { BUCKET, OLD_KEY, type SmallWorld, smallWorld } from './small-world.ts';

/** What became of jobs that failures disabled and whose cause is gone, when the keeper dies at one of its calls. */
export interface Repair {
  readonly calls: readonly string[];
  readonly violations: readonly Violation[];
  /** Jobs that are enabled in the end. */
  readonly enabled: readonly number[];
  /** Requests that were to enable a job, by job. */
  readonly enablings: Readonly<Record<string, number>>;
  /** Findings of the last run. */
  readonly codes: readonly string[];
}

const RUNS = 12;

/** What the failures were for, and what ends it. */
export type Cause = 'role' | 'bucket';

/** The platform disables all jobs, the cause goes, and `reenable-logpush` runs an hour long on its schedule. */
export async function repair(
  world: SmallWorld,
  faults: ReadonlyMap<number, CallFault>,
  cause: Cause = 'role',
): Promise<Repair> {
  const file = smallWorld(world);
  for (const key of file.accounts.flatMap(({ serviceIds }) => serviceIds.flatMap(({ apiKeys }) => apiKeys)))
    if (key.name === OLD_KEY) key.createdDaysAgo = 10;
  const ledger = createMemoryLedger();
  let process: Process = { dead: false };
  let gate: Gate | undefined;
  const keeper = virtualKeeper({
    file,
    ledger,
    surround: (surroundings) =>
      gate === undefined
        ? surroundings
        : {
            ...surroundings,
            transport: gate.transport(process, surroundings.transport),
            ledger: gate.ledger(process, ledger),
          },
  });
  const { clock, world: cloud } = keeper;
  const invariants = new Invariants(cloud);
  const iamId = cloud.iam.liveKeyByValue(cloud.keyValue(OLD_KEY))?.iamId ?? '';
  const pass = (ms: number): void => {
    clock.advance(ms);
    cloud.catchUp();
  };
  pass(minutes(10));
  await keeper.run('check-logpush');
  if (cause === 'bucket') cloud.cos.change(BUCKET, (bucket) => (bucket.deleted = true));
  else cloud.iam.removePolicy(iamId, world.destination === 'cos' ? 'cloud-object-storage' : 'logs');
  pass(hours(26));
  await keeper.run('check-logpush');
  // It runs all the time, so it has seen the cause before that goes.
  await keeper.run('reenable-logpush');
  const grant = { iamId, accountId: file.accounts[0]?.id ?? '' };
  if (cause === 'bucket') cloud.cos.change(BUCKET, (bucket) => (bucket.deleted = false));
  else if (world.destination === 'cos')
    cloud.iam.addPolicy({ ...grant, service: 'cloud-object-storage', roles: ['Object Writer'] });
  else cloud.iam.addPolicy({ ...grant, service: 'logs', roles: ['Sender'] });
  const enablings: Record<string, number> = {};
  gate = new Gate(faults, clock, {
    beforeCall: (_, request) => {
      const { method, body } = request ?? {};
      if (request === undefined || method !== 'PUT' || typeof body !== 'string') return;
      if (!body.includes('"enabled":true')) return;
      const job = request.url.split('/').at(-1) ?? '';
      enablings[job] = (enablings[job] ?? 0) + 1;
    },
    afterCall: () => invariants.check(),
    loseLedger: () => ledger.clear(),
  });
  let codes: readonly string[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    process = { dead: false };
    invariants.startRun();
    try {
      const report = await keeper.run('reenable-logpush');
      codes = report.findings.map(({ code }) => code);
      invariants.checkText('the report', JSON.stringify(report));
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    pass(minutes(5) - (clock.now() % minutes(5)));
    invariants.check();
  }
  for (const key of await ledger.list(''))
    invariants.checkText('the ledger', (await ledger.read(key))?.body ?? '');
  for (const line of keeper.log) invariants.checkText('the log', line);
  const enabled = [...cloud.cis.jobs()].filter((job) => job.enabled).map(({ id }) => id);
  return { calls: gate.calls, violations: invariants.violations, enabled, enablings, codes };
}
