import type { World } from '../../infra/local/world.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { days, formatInstant, minutes } from '../../shared/domain/time.ts';
import type { HttpRequest, LedgerStore, Transport } from '../../shared/ports.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';
import { type CallFault, Gate, Killed, type Process } from './gate.ts';
import { Invariants, type Violation } from './invariants.ts';
import { SECRET_ID, type SmallWorld, smallWorld } from './small-world.ts';

/** Something that happens once outside the keeper: at an instant, or right after the first call that it waits for. */
export interface Event {
  readonly name: string;
  readonly when:
    | { readonly afterMs: number }
    | { readonly afterCall: (name: string, world: World) => boolean };
  readonly happen: (world: World, invariants: Invariants) => void;
  /** The life does not end before this has happened. */
  readonly isAwaited?: () => boolean;
}

type TimedEvent = Event & { readonly when: { readonly afterMs: number } };
const isTimed = (event: Event): event is TimedEvent => 'afterMs' in event.when;

/** One simulated life of one key: the world it lives in and what goes wrong. */
export interface Case {
  readonly name: string;
  readonly seed: number;
  readonly world: SmallWorld;
  /** Faults by the number of the external call. */
  readonly faults: ReadonlyMap<number, CallFault>;
  readonly events?: readonly Event[];
  /** Two processes start at every tick. */
  readonly twice?: boolean;
  /** A bug that the keeper might have: it may act on the world before a call goes out. */
  readonly bug?: Bug;
  /** Log minutes may be lost through no fault of the keeper. */
  readonly lossIsOutside?: boolean;
}

export interface Bug {
  readonly beforeCall?: (world: World, call: string, request: HttpRequest | undefined) => void;
  readonly changeRequest?: (request: HttpRequest) => HttpRequest | 'swallow';
  readonly changeDocument?: (body: string, world: World) => string;
  readonly repeat?: (request: HttpRequest) => number;
}

export interface Life {
  readonly calls: readonly string[];
  /** Calls after which a death is the same as one before the next call. */
  readonly settled: ReadonlySet<number>;
  readonly violations: readonly Violation[];
  /** One line for each run, call and event, for a person who replays a failure. */
  readonly trace: readonly string[];
  readonly record: RotationRecord | undefined;
  readonly world: World;
}

const SCHEDULE_MS = minutes(15);
/** A rotation takes about 53 hours; a week more when a job is idle, and each death may cost it a day. */
const LONGEST_MS = days(20);

/**
 * Lets one key live from the first run until its rotation has ended and every key is accounted for.
 *
 * The keeper runs on its schedule. Ticks at which it has said that it only waits are skipped: nothing would happen.
 */
export async function live(of: Case): Promise<Life> {
  const ledger = createMemoryLedger();
  const trace: string[] = [];
  let process: Process = { dead: false };
  let gate: Gate | undefined;
  const keeper = virtualKeeper({
    file: smallWorld(of.world),
    seed: of.seed,
    ledger,
    surround: (surroundings) => {
      if (gate === undefined) throw new Error('the gate is not there yet');
      return {
        ...surroundings,
        transport: gate.transport(process, bugged(surroundings.transport, of.bug)),
        ledger: gate.ledger(process, buggedLedger(ledger, of.bug, keeper.world)),
      };
    },
  });
  const { world, clock } = keeper;
  const invariants = new Invariants(world);
  const say = (text: string): void => void trace.push(`${formatInstant(clock.now())} ${text}`);
  let hasHappened = false;
  const pending = new Set((of.events ?? []).filter((event) => !isTimed(event)));
  gate = new Gate(of.faults, clock, {
    beforeCall: (name, request) => {
      of.bug?.beforeCall?.(world, name, request);
      const number = (gate?.calls.length ?? 1) - 1;
      const fault = of.faults.get(number);
      say(`call ${number} ${name}${fault === undefined ? '' : `  << ${fault}`}`);
    },
    afterCall: (name) => {
      invariants.check();
      for (const event of pending) {
        if (!('afterCall' in event.when) || !event.when.afterCall(name, world)) continue;
        pending.delete(event);
        hasHappened = true;
        say(`event: ${event.name}`);
        event.happen(world, invariants);
      }
    },
    loseLedger: () => ledger.clear(),
  });
  const startedAt = clock.now();
  const endsAt = startedAt + LONGEST_MS;
  const events = (of.events ?? []).filter(isTimed).toSorted((a, b) => a.when.afterMs - b.when.afterMs);
  let record: RotationRecord | undefined;
  let ended = false;
  let isHalted = false;
  for (let logged = 0; clock.now() < endsAt; ) {
    process = { dead: false };
    invariants.startRun();
    const report = of.twice === true ? await runBoth(keeper) : await runOnce(keeper.run('rotate-keys'));
    say(report === undefined ? 'the process is dead' : `run ${report.outcome}: ${summary(report)}`);
    invariants.checkText('the report', JSON.stringify(report ?? {}));
    for (; logged < keeper.log.length; logged += 1) invariants.checkText('the log', keeper.log[logged] ?? '');
    const document = (await ledger.read(`rotations/${SECRET_ID}.json`))?.body;
    invariants.checkText('the ledger', document ?? '');
    record = document === undefined ? undefined : (JSON.parse(document) as RotationRecord);
    const isAwaiting = [...pending].some((event) => event.isAwaited?.() === true);
    ended = report !== undefined && isOver(record, world) && events.length === 0 && !isAwaiting;
    // After what others did it may be a person's turn. Without that it never is.
    isHalted = record?.current?.halted !== undefined && invariants.tampered.size > 0;
    // A planted bug is caught once it is seen.
    if (ended || isHalted || (of.bug !== undefined && invariants.violations.length > 0)) break;
    const now = clock.now();
    const nextTick = now + SCHEDULE_MS - (now % SCHEDULE_MS);
    const isWaiting = !hasHappened && !isAwaiting;
    const wakeAt = isWaiting ? Math.max(nextTick, ceilTick(untilOf(report))) : nextTick;
    hasHappened = false;
    // The keeper does not know of events: it is woken at the tick after one, as if it had not slept.
    let until = wakeAt;
    for (let next = events[0]; next !== undefined; next = events[0]) {
      const at = startedAt + next.when.afterMs;
      if (at > until) break;
      events.shift();
      until = Math.min(until, ceilTick(Math.max(at, nextTick)));
      clock.advance(Math.max(0, at - clock.now()));
      world.catchUp();
      say(`event: ${next.name}`);
      next.happen(world, invariants);
    }
    clock.advance(Math.max(0, until - clock.now()));
    world.catchUp();
    invariants.check();
  }
  if (!isHalted) invariants.checkEnd(ended, of.lossIsOutside !== true);
  return {
    calls: gate.calls,
    settled: gate.settled,
    violations: invariants.violations,
    trace,
    record,
    world,
  };
}

const ceilTick = (at: number): number => Math.ceil(at / SCHEDULE_MS) * SCHEDULE_MS;

async function runOnce(run: Promise<RunReport>): Promise<RunReport | undefined> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
}

/** Of two that ran at once, the one that was not told that the other was faster. */
async function runBoth(keeper: VirtualKeeper): Promise<RunReport | undefined> {
  const reports = (await keeper.runTwice('rotate-keys')).flatMap((settled) => {
    if (settled.status === 'fulfilled') return [settled.value];
    if (settled.reason instanceof Killed) return [];
    throw settled.reason;
  });
  return reports.find((report) => report.outcome !== 'failed') ?? reports[0];
}

/** The rotation has ended, its key is the secret's, and no key is under suspicion. */
function isOver(record: RotationRecord | undefined, world: World): boolean {
  if (record !== undefined && (record.current !== undefined || record.suspects.length > 0)) return false;
  const old = world.iam.keyIdOf(world.keyValue('old-key'));
  return world.iam.keys().some((key) => key.id === old && key.deleted);
}

/** When the report says that a next look makes sense; at the next tick if it does not say. */
const untilOf = (report: RunReport | undefined): number =>
  report === undefined || report.waiting.length === 0 || report.outcome === 'partial'
    ? 0
    : Math.min(...report.waiting.map((item) => item.until ?? 0));

const summary = (report: RunReport): string =>
  [
    ...report.actions.map((action) => `${action.kind} ${action.outcome}`),
    ...report.findings.map((item) => `[${item.code}: ${item.detail}]`),
    ...report.waiting.map((item) => `waits for ${item.waitsFor}`),
  ].join(', ');

/** The keeper's transport as a keeper with a bug would use it. */
function bugged(inner: Transport, bug: Bug | undefined): Transport {
  if (bug === undefined) return inner;
  return {
    send: async (request) => {
      const changed = bug.changeRequest?.(request) ?? request;
      if (changed === 'swallow') return { status: 204, headers: {}, body: '' };
      for (let extra = bug.repeat?.(request) ?? 0; extra > 0; extra -= 1) await inner.send(changed);
      return inner.send(changed);
    },
  };
}

function buggedLedger(inner: LedgerStore, bug: Bug | undefined, world: World): LedgerStore {
  const change = bug?.changeDocument;
  if (change === undefined) return inner;
  return { ...inner, write: (key, body, tag) => inner.write(key, change(body, world), tag) };
}
