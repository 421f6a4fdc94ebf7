import type { JobState } from '../../infra/local/cis/state.ts';
import { minutes } from '../../shared/domain/time.ts';
import { type DeclaringOptions, declaringKeeper } from '../support/declared.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { type CallFault, Gate, Killed, type Process } from './gate.ts';
import { Invariants, type Violation } from './invariants.ts';

/** What became of declared jobs when the keeper dies, or is not answered, at one of its calls. */
export interface DeclaredLife {
  readonly calls: readonly string[];
  readonly violations: readonly Violation[];
  /** The most jobs that there ever were at once, and the fewest that were enabled. */
  readonly most: number;
  readonly fewestEnabled: number;
  /** Ids of all jobs that ever were there. */
  readonly ever: ReadonlySet<number>;
  readonly jobs: readonly JobState[];
  /** What the last run did, found and waited for. */
  readonly last: string;
  /** How many calls the first runs made, until nothing was left to do. */
  readonly busy: number;
}

/** Once it was lost at once, and then until nothing that CIS shows can be late. */
const PAUSES = [1, 20, 20, 20, 20, 20].map(minutes);

/** A run is suspended when it has made a call, and another one lives from its beginning to its end meanwhile. */
interface Overtaking {
  readonly atCall: number;
  /** How long it is suspended before the other one begins. */
  readonly afterMs: number;
}

/** `ensure-logpush` runs six times. */
export async function ensureLife(
  declarations: readonly object[],
  options: DeclaringOptions,
  faults: ReadonlyMap<number, CallFault>,
  overtaking?: Overtaking,
): Promise<DeclaredLife> {
  const ledger = createMemoryLedger();
  let process: Process = { dead: false };
  let gate: Gate | undefined;
  const { keeper, world, clock, jobs, pass } = declaringKeeper(declarations, {
    ...options,
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
  const invariants = new Invariants(world);
  const ever = new Set<number>();
  let [most, fewestEnabled] = [0, Number.POSITIVE_INFINITY];
  const count = (): void => {
    const all = jobs();
    for (const { id } of all) ever.add(id);
    most = Math.max(most, all.length);
    fewestEnabled = Math.min(fewestEnabled, all.filter(({ enabled }) => enabled).length);
  };
  const overtake = async (call: number): Promise<void> => {
    if (call !== overtaking?.atCall) return;
    await clock.sleep(overtaking.afterMs);
    await keeper.start('ensure-logpush', { surround: (own) => ({ ...own, ledger }) });
    count();
  };
  gate = new Gate(faults, clock, {
    afterCall: count,
    loseLedger: () => ledger.clear(),
    between: ({ number }) => overtake(number),
  });
  pass(minutes(10));
  let last = '';
  let busy = 0;
  for (const pauseMs of PAUSES) {
    process = { dead: false };
    try {
      const report = await keeper.run('ensure-logpush');
      const { outcome, findings, actions, waiting } = report;
      last = JSON.stringify([outcome, findings.map(({ code }) => code), actions, waiting]);
      if (actions.length > 0) busy = gate.calls.length;
      invariants.checkText('the report', JSON.stringify(report));
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    await clock.run(Promise.all(gate.onTheirWay));
    pass(pauseMs);
    count();
  }
  for (const key of await ledger.list(''))
    invariants.checkText('the ledger', (await ledger.read(key))?.body ?? '');
  for (const line of keeper.log) invariants.checkText('the log', line);
  return {
    calls: gate.calls,
    violations: invariants.violations,
    most,
    fewestEnabled,
    ever,
    jobs: jobs(),
    last,
    busy,
  };
}
