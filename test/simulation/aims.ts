import type { CallFault, GateCall } from './gate.ts';
import { type Aim, type Cell, isHappening, isRunFault, type RunFault } from './grid.ts';
import type { HappeningName } from './outside.ts';
import type { RunProcess } from './runner.ts';
import type { SharedLedger } from './shared-ledger.ts';

/** What comes between two calls rather than over one. */
export type Brought = RunFault | HappeningName;

interface Armed {
  readonly aim: Aim;
  seen: number;
  isSpent: boolean;
}

/** The faults that are to hit a rotation in given phases, and those that have. */
export class Aims {
  readonly hits: Cell[] = [];
  readonly #ledger: SharedLedger;
  readonly #armed: readonly Armed[];

  constructor(aims: readonly Aim[], ledger: SharedLedger) {
    this.#ledger = ledger;
    this.#armed = aims.map((aim) => ({ aim, seen: 0, isSpent: false }));
  }

  faultAt(call: GateCall<RunProcess>): CallFault | undefined {
    if (call.process.function !== 'rotate-keys') return undefined;
    for (const armed of this.#due()) {
      armed.seen += 1;
      const { kind, nth } = armed.aim;
      if (isHappening(kind) || isRunFault(kind) || armed.seen <= nth || !call.can(kind)) continue;
      armed.isSpent = true;
      this.hits.push({ phase: this.#ledger.phase, kind });
      return kind;
    }
    return undefined;
  }

  /** @param bring - says whether it could */
  async between(call: GateCall<RunProcess>, bring: (kind: Brought) => Promise<boolean>): Promise<void> {
    if (call.process.function !== 'rotate-keys') return;
    for (const armed of this.#due()) {
      const { kind, nth } = armed.aim;
      if ((!isHappening(kind) && !isRunFault(kind)) || armed.seen <= nth) continue;
      const { phase } = this.#ledger;
      armed.isSpent = true;
      armed.isSpent = await bring(kind);
      if (armed.isSpent) this.hits.push({ phase, kind });
    }
  }

  #due(): readonly Armed[] {
    const { phase, completed } = this.#ledger;
    return this.#armed.filter(
      ({ aim, isSpent }) => !isSpent && aim.phase === phase && completed >= aim.after,
    );
  }
}
