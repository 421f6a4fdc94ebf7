import { SPLIT } from '../../domain/shard.ts';
import type { Part, Path } from '../config/document.ts';
import type { ManifestAction } from './schema.ts';
import { gigabytes } from './sizes.ts';

export type Problem = (path: Path, message: string, fix: string, at?: 'value' | 'key') => void;

type Action = Part<ManifestAction>;

/** What is wrong with the array jobs of a manifest. */
export function checkArrays(actions: readonly Action[], problem: Problem): void {
  const arrays = actions.filter(({ value }) => value.kind === 'job' && value.arraySize !== undefined);
  for (const { path, value } of arrays)
    if (!SPLIT.has(functionOf(value)))
      problem(
        [...path, 'arraySize'],
        'the work of this function is not split: one instance would do all of it',
        `remove it: only ${[...SPLIT].join(' and ')} can have several instances`,
        'key',
      );
  checkProfiles(actions, problem);
  if (arrays.some(({ value }) => sizeOf(value) > 1)) checkRoom(actions, arrays, problem);
}

/** Which function of the keeper an action runs: its entry point says it. */
const functionOf = ({ function: entry }: ManifestAction): string => /([^/]+)\.ts$/.exec(entry)?.[1] ?? '';

const sizeOf = ({ arraySize = 1 }: ManifestAction): number => arraySize;

const nameOf = ({ path }: Action): string => String(path.at(-1));

/** What an instance of an action is called: its trusted profile, and what that may do. */
export const instanceName = (action: string, index: number): string =>
  index === 0 ? action : `${action}-${index}`;

/** A trusted profile is one instance's alone. */
function checkProfiles(actions: readonly Action[], problem: Problem): void {
  const taken = new Set(
    actions.flatMap((action) =>
      Array.from({ length: sizeOf(action.value) - 1 }, (_, i) => instanceName(nameOf(action), i + 1)),
    ),
  );
  for (const action of actions)
    if (taken.has(nameOf(action)))
      problem(
        action.path,
        'an instance of an array job has this name: the two would have one trusted profile',
        'choose another one',
        'key',
      );
}

/**
 * What runs at once in a project.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits
 */
const MOST_AT_ONCE = { instances: 250, vCPU: 128, 'GB of memory': 512 } as const;

/** Instances beyond it wait until others have ended, and the part of the fleet that is theirs with them. */
function checkRoom(actions: readonly Action[], arrays: readonly Action[], problem: Problem): void {
  const jobs = actions.flatMap(({ value }) => (value.kind === 'job' ? [value] : []));
  const sum = (of: (job: ManifestAction) => number): number =>
    jobs.reduce((all, job) => all + sizeOf(job) * of(job), 0);
  const wanted = {
    instances: sum(() => 1),
    vCPU: sum(({ cpu }) => cpu),
    'GB of memory': sum(({ memory }) => gigabytes(memory)),
  };
  const largest = arrays.toSorted((a, b) => sizeOf(b.value) - sizeOf(a.value))[0];
  for (const [what, most] of Object.entries(MOST_AT_ONCE)) {
    const all = wanted[what as keyof typeof wanted];
    if (largest !== undefined && all > most)
      problem(
        [...largest.path, 'arraySize'],
        `when all jobs run at once that is ${all} ${what}: Code Engine runs at most ${most} in a project`,
        'write fewer, or give jobs less cpu and memory',
      );
  }
}
