import type { World } from '../../infra/local/world.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import type { HttpRequest, LedgerStore, Transport } from '../../shared/ports.ts';
import type { CallFault } from './gate.ts';
import type { Aim, Cell } from './grid.ts';
import type { Violation } from './invariants.ts';
import type { Kind } from './kinds.ts';
import type { Event } from './outside.ts';
import type { RunnerSpec } from './runner.ts';
import type { SmallWorld } from './small-world.ts';

/** One simulated life of one key: the world it lives in, who keeps it, and what goes wrong. */
export interface Case {
  readonly name: string;
  readonly seed: number;
  readonly world: SmallWorld;
  readonly kind?: Kind;
  /** Faults by the number of the external call. */
  readonly faults: ReadonlyMap<number, CallFault>;
  readonly aims?: readonly Aim[];
  readonly events?: readonly Event[];
  /** One by default. */
  readonly runners?: readonly RunnerSpec[];
  /** After this call another keeper starts, and runs to its end before the process goes on. */
  readonly overtakenAt?: number;
  /** How many rotations are lived; the second is due soon after the first. */
  readonly rotations?: 1 | 2;
  /** A bug that the keeper might have: it acts at the border of its process. */
  readonly bug?: Bug;
  /** Log minutes may be lost through no fault of the keeper. */
  readonly lossIsOutside?: boolean;
}

export interface Bug {
  readonly beforeCall?: (world: World, call: string, request: HttpRequest | undefined) => void;
  readonly changeRequest?: (request: HttpRequest) => HttpRequest | 'swallow';
  readonly changeDocument?: (body: string, world: World) => string;
  readonly changeLedger?: (ledger: LedgerStore) => LedgerStore;
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
  /** What of the aims was hit, and in which phase. */
  readonly hits: readonly Cell[];
  readonly figures: Figures;
  /** What the runs found, by runner. */
  readonly codes: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a life came to; sums of many lives are told at the end of a simulation. */
interface Figures {
  readonly runs: number;
  readonly calls: number;
  readonly 'virtual days': number;
  readonly 'rotations completed': number;
  /** Answers of the simulated services to keepers that asked too often. */
  readonly '429s by us': number;
  readonly '429s injected': number;
  /** Lives that ended because it was a person's turn. */
  readonly "persons' turns": number;
}

/** The keeper's transport as a keeper with a bug would use it. */
export function bugged(inner: Transport, bug: Bug | undefined): Transport {
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

export function buggedLedger(inner: LedgerStore, bug: Bug | undefined, world: World): LedgerStore {
  const ledger = bug?.changeLedger?.(inner) ?? inner;
  const change = bug?.changeDocument;
  if (change === undefined) return ledger;
  return { ...ledger, write: (key, body, tag) => ledger.write(key, change(body, world), tag) };
}
