import { PHASES, type Phase } from '../../shared/domain/rotation/record.ts';
import { CALL_FAULTS, type CallFault, DEATHS, LATE_FAULTS } from './gate.ts';
import { HAPPENINGS, type HappeningName } from './outside.ts';

/** What other runs do while one is at work, and what the schedule may do. */
const RUN_FAULTS = [
  /** Another keeper starts there, and runs to its end before this one goes on. */
  'overtaken',
  /** The tick comes twice: a second run starts there, and both go on side by side. */
  'tick doubled',
  /** Nobody runs for the next five hours. */
  'ticks lost',
  'reenable beside',
  'check beside',
] as const;
export type RunFault = (typeof RUN_FAULTS)[number];

export type FaultKind = CallFault | RunFault | HappeningName;
export type Row = Phase | 'none';

/** `none`: no rotation is under way. */
export const ROWS: readonly Row[] = ['none', ...PHASES];
export const FAULT_KINDS: readonly FaultKind[] = [
  ...DEATHS,
  ...CALL_FAULTS,
  ...LATE_FAULTS,
  ...RUN_FAULTS,
  ...(Object.keys(HAPPENINGS) as HappeningName[]),
];

/** A fault that is to hit a rotation in a phase, at the n-th call after that was entered, or the next that it can show at. */
export interface Aim {
  readonly phase: Row;
  readonly kind: FaultKind;
  readonly nth: number;
  /** How many rotations have completed before. */
  readonly after: 0 | 1;
}

export const isHappening = (kind: FaultKind): kind is HappeningName => Object.hasOwn(HAPPENINGS, kind);
export const isRunFault = (kind: FaultKind): kind is RunFault =>
  (RUN_FAULTS as readonly FaultKind[]).includes(kind);

/** Cells that cannot be, and why. */
const CANNOT: readonly {
  readonly rows: readonly Row[];
  readonly kinds: readonly FaultKind[];
  readonly why: string;
}[] = [
  {
    rows: ['none'],
    kinds: ['new key disabled', 'new key deleted'],
    why: 'no rotation, no new key',
  },
];

/** Why a fault cannot hit a phase; undefined when it can. */
export const whyNever = (row: Row, kind: FaultKind): string | undefined =>
  CANNOT.find(({ rows, kinds }) => rows.includes(row) && kinds.includes(kind))?.why;

/** What must have gone wrong before, for a fault to be able to show. */
const BEFORE: readonly {
  readonly rows: readonly Row[];
  readonly kinds: readonly FaultKind[];
  readonly first: (row: Row) => Cell;
}[] = [
  {
    // A run that makes a key reads nothing twice: who takes up what a dead one left does.
    rows: ['minting', 'qualifying', 'publishing'],
    kinds: ['stale-read'],
    first: (phase) => ({ phase, kind: 'die-before' }),
  },
  {
    // The keeper has disabled its own; one that somebody else stored is not its to disable.
    rows: ['deleting'],
    kinds: ['old key disabled'],
    first: () => ({ phase: 'none', kind: 'person stores a version' }),
  },
];

export const firstFor = ({ phase, kind }: Cell): Cell | undefined =>
  BEFORE.find(({ rows, kinds }) => rows.includes(phase) && kinds.includes(kind))?.first(phase);

export interface Cell {
  readonly phase: Row;
  readonly kind: FaultKind;
}

/** Every cell that can be hit. */
export const CELLS: readonly Cell[] = ROWS.flatMap((phase) =>
  FAULT_KINDS.filter((kind) => whyNever(phase, kind) === undefined).map((kind) => ({ phase, kind })),
);
