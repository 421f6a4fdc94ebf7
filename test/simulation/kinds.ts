import type { WorldFile } from '../../infra/local/world-file.ts';
import { ALL_INVARIANTS, type Violation } from './invariants.ts';
import { HAPPENINGS, type HappeningName } from './outside.ts';
import { type SmallWorld, smallWorld } from './small-world.ts';

/** What differs between the kinds of bindings that a small world may have. */
interface KindTraits {
  readonly file: (world: SmallWorld) => WorldFile;
  /** Makes a second rotation due within two days of the end of the first, safety times unchanged. */
  readonly dueAgain: (config: string) => string;
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
    happenings: Object.keys(HAPPENINGS) as HappeningName[],
    invariants: ALL_INVARIANTS,
  },
} as const satisfies Record<string, KindTraits>;
export type Kind = keyof typeof KINDS;
