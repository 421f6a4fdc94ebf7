import type { VirtualClock } from '../../infra/local/clock.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import type { World } from '../../infra/local/world.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { days, formatInstant, minutes } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';
import { Aims } from './aims.ts';
import { bugged, buggedLedger, type Case, type Life } from './case.ts';
import { type CallFault, Gate, type GateCall } from './gate.ts';
import { Interruptions } from './interruptions.ts';
import { Invariants, SMALL } from './invariants.ts';
import { traitsOf } from './kinds.ts';
import { whyNotUnderLease } from './lease-watch.ts';
import type { Scene } from './outside.ts';
import { whyTooLong } from './phase-bounds.ts';
import { summary, unlessKilled, untilOf } from './run-report.ts';
import { ALONE, clockOf, newProcess, type RunnerSpec, type RunProcess } from './runner.ts';
import { SharedLedger } from './shared-ledger.ts';
import { OLD_KEY } from './small-world.ts';

const SCHEDULE_MS = minutes(15);
/** A rotation takes about 53 hours; a week more when a job is idle, and each death may cost it a day. */
const LONGEST_MS = days(20);
/** Whoever might still use an old key counts as gone after a week: then a rotation that waits for a person does. */
const PATIENCE_MS = days(8);
/** An outage that does not end is somebody's to end. */
const PERSONS_TURN = /^(a person|the destination, which refuses both keys)/;

/** A keeper that is started again and again. */
interface Runner {
  readonly spec: RunnerSpec;
  nextAt: number;
}

/**
 * Lets one key live from the first run until its rotations have ended and every key is accounted for.
 *
 * Every runner runs on its schedule. Ticks at which it has said that it only waits are skipped: nothing would happen.
 */
export const live = (of: Case): Promise<Life> => new LifeSimulation(of).live();

class LifeSimulation {
  readonly #of: Case;
  readonly #kind: ReturnType<typeof traitsOf>;
  readonly #secret: typeof SMALL;
  readonly #keeper: VirtualKeeper;
  readonly #clock: VirtualClock;
  readonly #world: World;
  readonly #ledger: SharedLedger;
  readonly #invariants: Invariants;
  readonly #gate: Gate<RunProcess>;
  readonly #aims: Aims;
  readonly #trace: string[] = [];
  readonly #codes = new Map<string, Set<string>>();
  readonly #interruptions: Interruptions;
  readonly #runners: readonly Runner[];
  readonly #startedAt: number;
  /** When something went wrong last. */
  #disturbedAt: number;
  /** When somebody came in last. */
  #wokenAt = 0;
  #lostUntil = 0;
  #isOver = false;
  #isHalted = false;
  #signal = Promise.withResolvers<void>();
  #logged = 0;
  #runs = 0;
  #atWork = 0;
  #injected = 0;

  constructor(of: Case) {
    this.#of = of;
    const kind = traitsOf(of.kind);
    this.#kind = kind;
    this.#secret = kind.member === undefined ? SMALL : { ...SMALL, member: kind.member };
    this.#keeper = virtualKeeper({ file: kind.file(of.world), seed: of.seed });
    this.#clock = this.#keeper.clock;
    this.#world = this.#keeper.world;
    this.#startedAt = this.#clock.now();
    this.#disturbedAt = this.#startedAt;
    this.#ledger = new SharedLedger(() => this.#clock.now());
    this.#invariants = new Invariants(this.#world, [this.#secret], kind.invariants);
    this.#aims = new Aims(of.aims ?? [], this.#ledger);
    this.#interruptions = new Interruptions([...kind.events(of.rotations ?? 1), ...(of.events ?? [])], {
      clock: this.#clock,
      scene: () => this.#scene(),
      run: (spec, name) => this.#run(spec, name),
      say: (text) => this.#say(text),
      wake: () => this.#wake(),
      loseTicksUntil: (at) => {
        this.#lostUntil = at;
        this.#disturb(at);
      },
    });
    const runners = of.runners ?? [ALONE];
    this.#runners = runners.map((spec) => ({ spec, nextAt: this.#startedAt + spec.offsetMs }));
    const random = new SeededRandom(of.seed).fork('life');
    this.#gate = new Gate<RunProcess>(new Map(), this.#clock, {
      beforeCall: (name, request) => of.bug?.beforeCall?.(this.#world, name, request),
      faultAt: (call) => this.#faultAt(call),
      atEffect: (call) => this.#atEffect(call),
      afterCall: () => this.#invariants.check(),
      between: (call) => this.#between(call),
      loseLedger: () => {
        this.#ledger.clear();
        // What the run has said that it waits for was by what is lost.
        this.#wake();
      },
      stallMs: () => minutes(1 + random.below(20)),
      // One process alone is not slowed down by others, and so a death after a call is the one before the next.
      latencyMs: () => (runners.length > 1 ? random.below(2_000) : 0),
    });
  }

  async live(): Promise<Life> {
    await this.#clock.run(Promise.all(this.#runners.map((runner) => this.#keep(runner))));
    await this.#clock.run(Promise.all(this.#gate.onTheirWay));
    for (const key of await this.#ledger.list(''))
      this.#invariants.checkText('the ledger', (await this.#ledger.read(key))?.body ?? '');
    const ended = this.#hasEnded();
    if (!this.#isHalted) this.#invariants.checkEnd(ended, this.#of.lossIsOutside !== true);
    return {
      calls: this.#gate.calls,
      settled: this.#gate.settled,
      violations: this.#invariants.violations,
      trace: this.#trace,
      record: this.#ledger.record,
      world: this.#world,
      hits: this.#aims.hits,
      codes: this.#codes,
      figures: {
        runs: this.#runs,
        calls: this.#gate.calls.length,
        'virtual days': (this.#clock.now() - this.#startedAt) / days(1),
        'rotations completed': this.#ledger.completed,
        '429s by us': this.#world.calls.filter(({ status }) => status === 429).length,
        '429s injected': this.#injected,
        "persons' turns": this.#isHalted ? 1 : 0,
      },
    };
  }

  async #keep(runner: Runner): Promise<void> {
    const endsAt = this.#startedAt + LONGEST_MS * (this.#of.rotations ?? 1);
    const stopsAt = this.#startedAt + (runner.spec.stopsAfterMs ?? Number.POSITIVE_INFINITY);
    for (;;) {
      await this.#sleep(runner);
      if (this.#clock.now() >= stopsAt) return;
      if (this.#isOver || this.#clock.now() >= endsAt) return this.#end();
      this.#lookAround();
      const startedAt = this.#clock.now();
      const report = await this.#run(runner.spec, 'rotate-keys');
      await this.#interruptions.besideEnded();
      const document = this.#ledger.record;
      if (document !== undefined) this.#invariants.checkText('the ledger', JSON.stringify(document));
      const waitsUntil = this.#wokenAt >= startedAt ? 0 : untilOf(report) - runner.spec.skewMs;
      runner.nextAt = Math.max(
        this.#nextTick(runner, this.#clock.now()),
        this.#nextTick(runner, waitsUntil - 1),
      );
      if (this.#isOver || this.#judge(report)) return this.#end();
    }
  }

  /** @returns whether the life has come to its end */
  #judge(report: RunReport | undefined): boolean {
    // A planted bug is caught once it is seen.
    if (this.#of.bug !== undefined && this.#invariants.violations.length > 0) return true;
    if (this.#interruptions.isUnderWay || this.#atWork > 0 || report === undefined) return false;
    if (this.#invariants.tampered.size > 0) {
      // After what others did it may be a person's turn. Without that it never is.
      const isPersonsTurn = report.waiting.some(({ waitsFor }) => PERSONS_TURN.test(waitsFor));
      const isPatient = this.#clock.now() - this.#disturbedAt < PATIENCE_MS;
      this.#isHalted = this.#ledger.record?.current?.halted !== undefined || (isPersonsTurn && !isPatient);
    }
    return this.#isHalted || this.#hasEnded();
  }

  /** All rotations have ended, their last key is the secret's, and no key is under suspicion. */
  #hasEnded(): boolean {
    const { record } = this.#ledger;
    if (this.#interruptions.isUnderWay || !this.#areRotated()) return false;
    if (record !== undefined && (record.current !== undefined || record.suspects.length > 0)) return false;
    return this.#invariants.leftKeys().length === 0;
  }

  /** One that ended while its ledger was lost is told by the world alone. */
  #areRotated(): boolean {
    if (this.#kind.isTheirs) return this.#areCarried();
    if (this.#of.rotations === 2) return this.#ledger.completed >= 2;
    return this.#world.iam.liveKeyByValue(this.#world.keyValue(OLD_KEY)) === undefined;
  }

  /** Whoever makes the keys has made them all, and the jobs have the last one. */
  #areCarried(): boolean {
    const { rotations = 1, kind } = this.#of;
    const isMade =
      kind === 'others' ? !this.#interruptions.isAwaiting('others store') : this.#versions() > rotations;
    return isMade && this.#isCarried();
  }

  /** How many versions the secret has had. */
  #versions(): number {
    return this.#world.secretsManager.truth()[0]?.versions.length ?? 0;
  }

  #hasFailed(): boolean {
    const last = this.#ledger.record?.history.at(-1);
    const isFailure = last?.outcome === 'rolled-back' || last?.outcome === 'qualification-refused';
    return isFailure && !this.#isCarried();
  }

  #isCarried(): boolean {
    const { instanceId, id, member } = this.#secret;
    const value = this.#world.secretsManager.currentPayload(instanceId, id, member);
    return this.#ledger.record?.carried?.keyId === this.#world.iam.keyIdOf(value ?? '');
  }

  #end(): void {
    this.#isOver = true;
    this.#signal.resolve();
  }

  async #sleep(runner: Runner): Promise<void> {
    while (!this.#isOver && this.#clock.now() < runner.nextAt)
      await Promise.race([this.#clock.sleep(runner.nextAt - this.#clock.now()), this.#signal.promise]);
  }

  #nextTick({ spec: { offsetMs } }: Runner, after: number): number {
    const from = Math.max(after, this.#lostUntil);
    return (Math.floor((from - offsetMs) / SCHEDULE_MS) + 1) * SCHEDULE_MS + offsetMs;
  }

  #disturb(until = this.#clock.now()): void {
    this.#disturbedAt = Math.max(this.#disturbedAt, until);
  }

  /** The keepers do not know of what others do: they are woken at the tick after it, as if they had not slept. */
  #wake(): void {
    this.#disturb();
    this.#wokenAt = this.#clock.now();
    for (const runner of this.#runners)
      runner.nextAt = Math.min(runner.nextAt, this.#nextTick(runner, this.#clock.now()));
    const before = this.#signal;
    this.#signal = Promise.withResolvers<void>();
    before.resolve();
  }

  #lookAround(): void {
    this.#world.catchUp();
    this.#invariants.check();
    // Others may hold it up, and so may who takes a keeper away.
    const isLeftAlone =
      this.#invariants.tampered.size === 0 &&
      this.#of.bug === undefined &&
      this.#runners.every(({ spec }) => spec.stopsAfterMs === undefined);
    const tooLong = isLeftAlone ? whyTooLong(this.#ledger, this.#disturbedAt, this.#clock.now()) : undefined;
    if (tooLong !== undefined) this.#invariants.violated(4, tooLong);
  }

  async #run(spec: RunnerSpec, name: FunctionName): Promise<RunReport | undefined> {
    const process = newProcess(spec, name);
    this.#runs += 1;
    this.#invariants.startRun();
    const { bug } = this.#of;
    const running = this.#keeper.start(name, {
      text: this.#configText(),
      surround: (surroundings) => ({
        ...surroundings,
        clock: clockOf(spec, this.#clock),
        transport: this.#gate.transport(process, bugged(surroundings.transport, bug)),
        ledger: this.#gate.ledger(process, buggedLedger(this.#ledger.view(process), bug, this.#world)),
      }),
    });
    this.#atWork += 1;
    const report = await unlessKilled(running);
    this.#atWork -= 1;
    const who = `${spec.name} ${name}`;
    this.#say(
      report === undefined ? `${who}: the process is dead` : `${who} ${report.outcome}: ${summary(report)}`,
    );
    this.#invariants.checkText('the report', JSON.stringify(report ?? {}));
    const { log } = this.#keeper;
    for (; this.#logged < log.length; this.#logged += 1)
      this.#invariants.checkText('the log', log[this.#logged] ?? '');
    const codes = this.#codes.get(spec.name) ?? new Set();
    this.#codes.set(spec.name, codes);
    for (const { code, detail } of report?.findings ?? []) codes.add(code).add(detail);
    return report;
  }

  /** The second rotation is due soon; a third one is not, when the second ends. */
  #configText(): string {
    const { configText } = this.#keeper;
    const { completed, record } = this.#ledger;
    const ending = record?.current?.phase === 'deleting' ? 1 : 0;
    const made = this.#kind.isTheirs ? this.#versions() - 1 : completed + ending;
    const isDueAgain = this.#of.rotations === 2 && made < 2;
    return isDueAgain ? this.#kind.dueAgain(configText) : configText;
  }

  #faultAt(call: GateCall<RunProcess>): CallFault | undefined {
    const { process, name, number } = call;
    process.calls += 1;
    this.#invariants.checkRun(process.calls);
    const fault = this.#aims.faultAt(call) ?? this.#of.faults.get(number);
    this.#say(`${process.runner.name} call ${number} ${name}${fault === undefined ? '' : `  << ${fault}`}`);
    if (fault === undefined) return undefined;
    if (fault.startsWith('status-429')) this.#injected += 1;
    this.#disturb();
    return fault;
  }

  #atEffect(call: GateCall<RunProcess>): void {
    const broken = whyNotUnderLease(call, this.#ledger, this.#clock.now());
    if (broken !== undefined) this.#invariants.violated(3, `${call.process.runner.name}: ${broken}`);
  }

  async #between(call: GateCall<RunProcess>): Promise<void> {
    await this.#interruptions.afterCall(call);
    if (call.number === this.#of.overtakenAt) await this.#interruptions.bring('overtaken', call);
    await this.#aims.between(call, async (kind) => {
      this.#disturb();
      return this.#interruptions.bring(kind, call);
    });
  }

  #scene(): Scene {
    const { rotation, completed } = this.#ledger;
    return {
      world: this.#world,
      invariants: this.#invariants,
      rotation,
      completed,
      isCarried: this.#isCarried(),
      hasFailed: this.#hasFailed(),
    };
  }

  #say(text: string): void {
    this.#trace.push(`${formatInstant(this.#clock.now())} ${text}`);
  }
}
