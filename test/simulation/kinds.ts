import type { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { CELLS, type Cell, isHappening, ROWS, type Row } from './grid.ts';
import { ALL_INVARIANTS, type Violation } from './invariants.ts';
import { HAPPENINGS, type HappeningName } from './outside.ts';
import { OLD_KEY, type SmallWorld, smallWorld } from './small-world.ts';

/** What differs between the kinds of bindings that a small world may have. */
interface KindTraits {
  readonly file: (world: SmallWorld) => WorldFile;
  /** Makes a second rotation due within two days of the end of the first, safety times unchanged. */
  readonly dueAgain: (config: string) => string;
  /** Whether the first rotation has ended, by the world alone. */
  readonly isRotated: (world: World) => boolean;
  readonly phases: readonly Row[];
  /** What others do to it. */
  readonly happenings: readonly HappeningName[];
  /** Those about making, storing and retiring keys are for those who do that. */
  readonly invariants: readonly Violation['invariant'][];
}

export const KINDS = {
  keeper: {
    file: smallWorld,
    dueAgain: (config) =>
      config.replace('managedBy: keeper', 'managedBy: keeper\n    rotation: { maxAge: 5d }'),
    isRotated: (world) => world.iam.liveKeyByValue(world.keyValue(OLD_KEY)) === undefined,
    phases: ROWS,
    happenings: Object.keys(HAPPENINGS) as HappeningName[],
    invariants: ALL_INVARIANTS,
  },
} as const satisfies Record<string, KindTraits>;
export type Kind = keyof typeof KINDS;

export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** The cells of phase and fault that can be hit in a world of this kind. */
export function cellsOf(of: Kind): readonly Cell[] {
  const { phases, happenings }: KindTraits = KINDS[of];
  return CELLS.filter(
    ({ phase, kind }) => phases.includes(phase) && (!isHappening(kind) || happenings.includes(kind)),
  );
}
