import { SeededRandom } from '../../../infra/local/random.ts';
import type { World } from '../../../infra/local/world.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import { days, formatInstant, minutes } from '../../../shared/domain/time.ts';
import type { HttpRequest, HttpResponse, LedgerStore, Transport } from '../../../shared/ports.ts';
import type { FunctionName } from '../../../shared/runtime/invocation.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';
import { virtualKeeper } from '../../support/virtual-keeper.ts';
import { CALL_FAULTS, type CallFault, DEATHS, Gate, Killed, type Process } from '../gate.ts';
import { Invariants } from '../invariants.ts';
import { FleetChecks } from './fleet-checks.ts';
import { drawEvents, Troubles } from './fleet-events.ts';
import { drawWorld, SECRETS_MANAGER_ID } from './fleet-world.ts';

/** What one fleet went through, and what was wrong about it. */
export interface FleetLife {
  readonly violations: readonly string[];
  /** One line for each event and each run that did or found something new. */
  readonly trace: readonly string[];
  readonly runs: number;
  readonly hits: number;
  readonly calls: number;
  readonly outages: number;
  readonly rotations: number;
  /** Jobs that were enabled again, and how long after their cause had ended, in milliseconds. */
  readonly delays: readonly number[];
}

interface Scheduled {
  readonly name: FunctionName;
  readonly everyMinutes: number;
  readonly atMinute: number;
  /** How often it runs while nothing changes: what it would see it has seen. */
  readonly quietMinutes: number;
}

const SCHEDULES: readonly Scheduled[] = [
  { name: 'check-logpush', everyMinutes: 5, atMinute: 0, quietMinutes: 60 },
  { name: 'rotate-keys', everyMinutes: 15, atMinute: 0, quietMinutes: 360 },
  { name: 'reenable-logpush', everyMinutes: 5, atMinute: 2, quietMinutes: 360 },
  { name: 'verify-buckets', everyMinutes: 60, atMinute: 7, quietMinutes: 360 },
];

const DAYS = 30;
/** Faults of calls and deaths stop with the events. */
const FAULTS_UNTIL_MS = days(25);
/** Nothing has changed for this long: the schedules are thinned until something does. */
const SETTLED_MS = minutes(40);
const FAULTS: readonly CallFault[] = [...DEATHS, ...CALL_FAULTS.filter((fault) => fault !== 'ledger-lost')];

/** A bug that the keeper might have. It acts at the border of its process. */
export interface FleetBug {
  readonly neverRuns?: FunctionName;
  readonly changeAnswer?: (request: HttpRequest, answer: HttpResponse) => HttpResponse;
  readonly changeDocument?: (key: string, body: string) => string;
}

/** Thirty days of a fleet with all functions on their schedules, drawn from a seed. */
export async function liveFleet(seed: number, bug: FleetBug = {}): Promise<FleetLife> {
  const random = new SeededRandom(seed).fork('fleet');
  const fleet = drawWorld(random);
  const events = [...drawEvents(random, fleet)];
  const drawFault = random.fork('faults');
  const ledger = createMemoryLedger();
  const trace: string[] = [];
  let process: Process = { dead: false };
  let gate: Gate | undefined;
  const keeper = virtualKeeper({
    file: fleet.file,
    seed,
    ledger,
    changeConfig: (text) => `${text}policies:\n  repair: { maxChanges: ${fleet.maxChanges} }\n`,
    surround: (surroundings) =>
      gate === undefined
        ? surroundings
        : {
            ...surroundings,
            transport: gate.transport(process, bugged(surroundings.transport, bug)),
            ledger: gate.ledger(process, buggedLedger(ledger, bug)),
          },
  });
  const { world, clock } = keeper;
  const startedAt = clock.now();
  const secrets = fleet.groups.map(({ secretId }) => ({ instanceId: SECRETS_MANAGER_ID, id: secretId }));
  const invariants = new Invariants(world, secrets);
  const troubles = new Troubles();
  const checks = new FleetChecks(world, fleet, troubles, ledger);
  const say = (text: string): void => void trace.push(`${formatInstant(clock.now())} ${text}`);
  const told = new Map<FunctionName, string>();
  let [runs, hits, calls, logged] = [0, 0, 0, 0];
  let changedAt = clock.now();
  let lookAt = 0;
  let state = stateOf(world);

  const run = async (name: FunctionName): Promise<void> => {
    process = { dead: false };
    const mayFail = clock.now() - startedAt < FAULTS_UNTIL_MS && drawFault.below(40) === 0;
    const plan = new Map<number, CallFault>(mayFail ? [[drawFault.below(30), drawFault.pick(FAULTS)]] : []);
    const from = clock.now();
    gate = new Gate(plan, clock, {
      beforeCall: (_, request) => checks.beforeCall(request),
      afterCall: () => invariants.check(),
      loseLedger: () => {},
    });
    invariants.startRun();
    checks.before();
    const ready = checks.ready();
    let report: RunReport | undefined;
    try {
      report = await keeper.run(name);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    runs += 1;
    calls += world.calls.length;
    world.calls.length = 0;
    const [planned] = plan.keys();
    const isHit =
      (planned !== undefined && gate.calls.length > planned) ||
      troubles.silent.size > 0 ||
      clock.now() - from > minutes(2);
    if (isHit) hits += 1;
    const text = report === undefined ? 'the process is dead' : summary(report);
    if (told.get(name) !== text || isHit)
      say(`${name}${isHit ? ` << ${[...plan.values()].join('') || 'hit'}` : ''}: ${text}`);
    if (told.get(name) !== text) changedAt = clock.now();
    told.set(name, text);
    if (isHit) changedAt = clock.now();
    invariants.checkText('the report', JSON.stringify(report ?? {}));
    for (; logged < keeper.log.length; logged += 1) invariants.checkText('the log', keeper.log[logged] ?? '');
    if (name === 'rotate-keys')
      lookAt = Math.min(...(report?.waiting ?? []).map(({ until }) => until ?? Infinity));
    world.catchUp();
    await checks.track();
    if (name === 'check-logpush') checks.afterHealth(report, isHit);
    if (name === 'reenable-logpush') checks.afterRepair(ready, report, isHit);
    checks.afterRun(isHit);
  };

  const endsAt = startedAt + days(DAYS);
  // A planted bug is caught once it is seen.
  const isBugged = Object.keys(bug).length > 0;
  while (clock.now() < endsAt && !(isBugged && checks.violations.length > 0)) {
    const minute = Math.floor(clock.now() / minutes(1));
    const isSettled =
      clock.now() - changedAt > SETTLED_MS && clock.now() < lookAt && checks.ready().size === 0;
    for (const { name, everyMinutes, atMinute, quietMinutes } of SCHEDULES) {
      const isDue = minute % everyMinutes === atMinute && (!isSettled || minute % quietMinutes === atMinute);
      if (isDue && bug.neverRuns !== name) await run(name);
    }
    // A run may have taken longer than to the next minute.
    const next = Math.max((minute + 1) * minutes(1), Math.ceil(clock.now() / minutes(1)) * minutes(1));
    clock.advance(next - clock.now());
    world.catchUp();
    for (
      let event = events[0];
      event !== undefined && startedAt + event.afterMs <= clock.now();
      event = events[0]
    ) {
      events.shift();
      say(`event: ${event.name}`);
      event.happen(world, invariants, troubles);
      changedAt = clock.now();
      await checks.track();
    }
    checks.checkWaiting();
    const now = stateOf(world);
    if (now === state) continue;
    state = now;
    changedAt = clock.now();
    await checks.track();
  }
  gate = undefined;
  world.catchUp();
  invariants.check();
  await keeper.run('check-logpush');
  await checks.checkLosses();
  const records = await Promise.all(
    fleet.groups.map(({ secretId }) => ledger.read(`rotations/${secretId}.json`)),
  );
  const ended = records.map(
    (record) => JSON.parse(record?.body ?? '{}') as { history?: { outcome: string }[] },
  );
  for (const key of await ledger.list(''))
    invariants.checkText('the ledger', (await ledger.read(key))?.body ?? '');
  return {
    violations: [
      ...invariants.violations.map(
        ({ invariant, at, detail }) => `${formatInstant(at)} invariant ${invariant}: ${detail}`,
      ),
      ...checks.violations,
    ],
    trace,
    runs,
    hits,
    calls,
    outages: checks.outages,
    rotations: ended.flatMap(({ history = [] }) => history).filter(({ outcome }) => outcome === 'complete')
      .length,
    delays: checks.delays,
  };
}

const bugged = (inner: Transport, { changeAnswer }: FleetBug): Transport =>
  changeAnswer === undefined
    ? inner
    : { send: async (request) => changeAnswer(request, await inner.send(request)) };

const buggedLedger = (inner: LedgerStore, { changeDocument }: FleetBug): LedgerStore =>
  changeDocument === undefined
    ? inner
    : { ...inner, write: (key, body, tag) => inner.write(key, changeDocument(key, body), tag) };

/** What a keeper could see change. */
const stateOf = (world: World): string =>
  [...world.cis.jobs()]
    .map((job) => `${job.enabled}${job.lastErrorAt === undefined}${job.lastCompleteAt === undefined}`)
    .join(' ');

const summary = (report: RunReport): string =>
  [
    report.outcome,
    ...report.actions.map(({ kind, subject, outcome }) => `${kind} ${subject} ${outcome}`),
    ...report.findings.map(({ code, subject }) => `[${code} ${subject}]`),
    ...report.waiting.map(({ waitsFor }) => `waits for ${waitsFor}`),
  ].join(', ');
