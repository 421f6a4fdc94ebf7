import { SeededRandom } from '../../../infra/local/random.ts';
import type { World } from '../../../infra/local/world.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import { days, formatInstant, minutes } from '../../../shared/domain/time.ts';
import type { HttpRequest, HttpResponse, LedgerStore, Transport } from '../../../shared/ports.ts';
import type { FunctionName } from '../../../shared/runtime/invocation.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';
import { type VirtualKeeper, virtualKeeper } from '../../support/virtual-keeper.ts';
import { CALL_FAULTS, type CallFault, DEATHS, Gate, Killed, type Process } from '../gate.ts';
import { Invariants } from '../invariants.ts';
import { FleetChecks } from './fleet-checks.ts';
import { drawEvents, type FleetEvent, Troubles } from './fleet-events.ts';
import { drawWorld, type FleetWorld, SECRETS_MANAGER_ID } from './fleet-world.ts';

/** What one fleet went through, and what was wrong about it. */
export interface FleetLife {
  readonly violations: readonly string[];
  /** One line for each event and each run that did or found something new. */
  readonly trace: readonly string[];
  readonly runs: number;
  /** Runs that a fault hit. */
  readonly hits: number;
  readonly calls: number;
  readonly outages: number;
  readonly rotations: number;
  /** For each job that was enabled again, how long after its cause had ended, in milliseconds. */
  readonly delays: readonly number[];
}

/** A bug that the keeper might have. It acts at the border of its process. */
export interface FleetBug {
  readonly neverRuns?: FunctionName;
  readonly changeAnswer?: (request: HttpRequest, answer: HttpResponse) => HttpResponse;
  readonly changeDocument?: (key: string, body: string) => string;
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
/** One run in so many has a fault at one of its calls. */
const FAULT_IN = 40;
/** Nothing has changed for this long: the schedules are thinned until something does. */
const SETTLED_MS = minutes(40);
/** A run that takes longer than this is late for whatever follows. */
const LONG_MS = minutes(2);
const FAULTS: readonly CallFault[] = [...DEATHS, ...CALL_FAULTS.filter((fault) => fault !== 'ledger-lost')];

/** Thirty days of a fleet with all functions on their schedules, drawn from a seed. */
export const liveFleet = (seed: number, bug: FleetBug = {}): Promise<FleetLife> =>
  new FleetSimulation(seed, bug).live();

class FleetSimulation {
  readonly #fleet: FleetWorld;
  readonly #events: FleetEvent[];
  readonly #faults: SeededRandom;
  readonly #bug: FleetBug;
  readonly #ledger = createMemoryLedger();
  readonly #keeper: VirtualKeeper;
  readonly #invariants: Invariants;
  readonly #troubles = new Troubles();
  readonly #checks: FleetChecks;
  readonly #startedAt: number;
  readonly #trace: string[] = [];
  /** What each function said last. */
  readonly #told = new Map<FunctionName, string>();
  #process: Process = { dead: false };
  #gate: Gate | undefined;
  #runs = 0;
  #hits = 0;
  #calls = 0;
  #logged = 0;
  #state: string;
  #changedAt: number;
  /** When a rotation goes on. */
  #lookAt = 0;

  constructor(seed: number, bug: FleetBug) {
    const random = new SeededRandom(seed).fork('fleet');
    this.#bug = bug;
    this.#fleet = drawWorld(random);
    this.#events = [...drawEvents(random, this.#fleet)];
    this.#faults = random.fork('faults');
    this.#keeper = virtualKeeper({
      file: this.#fleet.file,
      seed,
      ledger: this.#ledger,
      changeConfig: (text) => `${text}policies:\n  repair: { maxChanges: ${this.#fleet.maxChanges} }\n`,
      surround: (surroundings) =>
        this.#gate === undefined
          ? surroundings
          : {
              ...surroundings,
              transport: this.#gate.transport(this.#process, bugged(surroundings.transport, bug)),
              ledger: this.#gate.ledger(this.#process, buggedLedger(this.#ledger, bug)),
            },
    });
    const { world, clock } = this.#keeper;
    const secrets = this.#fleet.groups.map(({ secretId: id }) => ({ instanceId: SECRETS_MANAGER_ID, id }));
    this.#invariants = new Invariants(world, secrets);
    this.#checks = new FleetChecks(world, this.#fleet, this.#troubles, this.#ledger);
    this.#startedAt = clock.now();
    this.#changedAt = clock.now();
    this.#state = stateOf(world);
  }

  async live(): Promise<FleetLife> {
    const { clock } = this.#keeper;
    const endsAt = this.#startedAt + days(DAYS);
    while (clock.now() < endsAt && !this.#isCaught()) {
      await this.#runAllDue();
      await this.#nextMinute();
    }
    await this.#end();
    const broken = this.#invariants.violations.map(
      ({ invariant, at, detail }) => `${formatInstant(at)} invariant ${invariant}: ${detail}`,
    );
    return {
      violations: [...broken, ...this.#checks.violations],
      trace: this.#trace,
      runs: this.#runs,
      hits: this.#hits,
      calls: this.#calls,
      outages: this.#checks.outages,
      rotations: await this.#rotations(),
      delays: this.#checks.delays,
    };
  }

  /** A planted bug is caught once it is seen. */
  #isCaught(): boolean {
    return Object.keys(this.#bug).length > 0 && this.#checks.violations.length > 0;
  }

  #say(text: string): void {
    this.#trace.push(`${formatInstant(this.#keeper.clock.now())} ${text}`);
  }

  async #runAllDue(): Promise<void> {
    if (this.#troubles.stopped) return;
    const now = this.#keeper.clock.now();
    const minute = Math.floor(now / minutes(1));
    const isSettled =
      now - this.#changedAt > SETTLED_MS && now < this.#lookAt && this.#checks.ready().size === 0;
    for (const { name, everyMinutes, atMinute, quietMinutes } of SCHEDULES) {
      const isDue = minute % everyMinutes === atMinute && (!isSettled || minute % quietMinutes === atMinute);
      if (isDue && this.#bug.neverRuns !== name) await this.#run(name);
    }
  }

  async #run(name: FunctionName): Promise<void> {
    const { clock, world } = this.#keeper;
    const from = clock.now();
    const fault = this.#drawFault();
    const plan = new Map<number, CallFault>(fault === undefined ? [] : [fault]);
    this.#process = { dead: false };
    const gate = new Gate(plan, clock, {
      beforeCall: (_, request) => this.#checks.beforeCall(request),
      afterCall: () => this.#invariants.check(),
      loseLedger: () => {},
    });
    this.#gate = gate;
    this.#invariants.startRun();
    this.#checks.before();
    const ready = this.#checks.ready();
    const report = await unlessKilled(this.#keeper.run(name));
    const isHit =
      (fault !== undefined && gate.calls.length > fault[0]) ||
      this.#troubles.hinders ||
      clock.now() - from > LONG_MS;
    this.#note(name, report, isHit ? (fault?.[1] ?? 'no answer') : undefined);
    if (name === 'rotate-keys')
      this.#lookAt = Math.min(...(report?.waiting ?? []).map(({ until }) => until ?? Infinity));
    world.catchUp();
    await this.#checks.track();
    if (name === 'rotate-keys') this.#checks.afterRotation(isHit);
    if (name === 'check-logpush') this.#checks.afterHealth(report, isHit);
    if (name === 'reenable-logpush') this.#checks.afterRepair(ready, report, isHit);
    this.#checks.afterRun(isHit);
  }

  /** The number of a call, and what happens there. */
  #drawFault(): readonly [number, CallFault] | undefined {
    if (this.#keeper.clock.now() - this.#startedAt >= FAULTS_UNTIL_MS) return undefined;
    if (this.#faults.below(FAULT_IN) > 0) return undefined;
    return [this.#faults.below(30), this.#faults.pick(FAULTS)];
  }

  #note(name: FunctionName, report: RunReport | undefined, hitBy: string | undefined): void {
    const { world, clock, log } = this.#keeper;
    this.#runs += 1;
    this.#calls += world.calls.length;
    world.calls.length = 0;
    if (hitBy !== undefined) this.#hits += 1;
    const text = report === undefined ? 'the process is dead' : summary(report);
    if (this.#told.get(name) !== text || hitBy !== undefined) {
      this.#say(`${name}${hitBy === undefined ? '' : ` << ${hitBy}`}: ${text}`);
      this.#changedAt = clock.now();
    }
    this.#told.set(name, text);
    this.#invariants.checkText('the report', JSON.stringify(report ?? {}));
    for (; this.#logged < log.length; this.#logged += 1)
      this.#invariants.checkText('the log', log[this.#logged] ?? '');
  }

  /** Time goes on to the next whole minute: a run may have taken longer than to the one after it. */
  async #nextMinute(): Promise<void> {
    const { clock, world } = this.#keeper;
    const now = clock.now();
    const next = Math.max(Math.floor(now / minutes(1)) + 1, Math.ceil(now / minutes(1))) * minutes(1);
    clock.advance(next - now);
    world.catchUp();
    if (next % days(1) === 0) this.#expire(next - days(2));
    await this.#happen();
    this.#checks.checkWaiting();
    const state = stateOf(world);
    if (state === this.#state) return;
    this.#state = state;
    this.#changedAt = clock.now();
    await this.#checks.track();
  }

  /** A rule of each bucket, as people have it: a month of objects would only make listings slow. */
  #expire(before: number): void {
    for (const { destination, place } of this.#fleet.groups)
      if (destination === 'cos') this.#keeper.world.cos.empty(place, { before });
  }

  async #happen(): Promise<void> {
    const { clock, world } = this.#keeper;
    for (let event = this.#events[0]; event !== undefined; event = this.#events[0]) {
      if (this.#startedAt + event.afterMs > clock.now()) return;
      this.#events.shift();
      this.#say(`event: ${event.name}`);
      event.happen(world, this.#invariants, this.#troubles);
      this.#changedAt = clock.now();
      await this.#checks.track();
    }
  }

  async #end(): Promise<void> {
    this.#gate = undefined;
    this.#keeper.world.catchUp();
    this.#invariants.check();
    await this.#keeper.run('check-logpush');
    await this.#checks.checkLosses();
    for (const key of await this.#ledger.list(''))
      this.#invariants.checkText('the ledger', (await this.#ledger.read(key))?.body ?? '');
  }

  async #rotations(): Promise<number> {
    let complete = 0;
    for (const { secretId } of this.#fleet.groups) {
      const body = (await this.#ledger.read(`rotations/${secretId}.json`))?.body ?? '{}';
      const { history = [] } = JSON.parse(body) as { readonly history?: readonly { outcome: string }[] };
      complete += history.filter(({ outcome }) => outcome === 'complete').length;
    }
    return complete;
  }
}

async function unlessKilled(run: Promise<RunReport>): Promise<RunReport | undefined> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
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
