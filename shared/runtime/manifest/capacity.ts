import { type ManifestOptions, readPart } from './manifest.ts';
import { Arrays, Capacity } from './schema.ts';
import { gigabytes } from './sizes.ts';

/** How large an action is. */
export interface Size {
  readonly name: string;
  readonly kind: 'job' | 'function';
  readonly cpu: number;
  readonly gb: number;
  /** The platform ends a run after so many seconds. */
  readonly timeout: number;
  /** So many instances share the work of one run. */
  readonly arraySize: number;
}

/**
 * How large the actions of a manifest are. Variables that say something else need not be set.
 *
 * @throws {ConfigError} with every problem of the manifest at once
 */
export function readSizes(options: ManifestOptions): readonly Size[] {
  const { packages } = readPart(
    options,
    Capacity,
    ([, , , key, , field]) => key === 'actions' && FIELDS.includes(field),
  ).project;
  return Object.values(packages).flatMap(({ actions }) =>
    Object.entries(actions).map(([name, { memory, arraySize = 1, ...size }]) => ({
      name,
      ...size,
      gb: gigabytes(memory),
      arraySize,
    })),
  );
}

/**
 * How many instances share the work of one run, by action. Variables that say something else need not be set.
 *
 * @throws {ConfigError} with every problem of the manifest at once
 */
export function readArraySizes(options: ManifestOptions): ReadonlyMap<string, number> {
  const { packages } = readPart(
    options,
    Arrays,
    ([, , , key, , field]) => key === 'actions' && field === 'arraySize',
  ).project;
  return new Map(
    Object.values(packages).flatMap(({ actions }) =>
      Object.entries(actions).map(([name, { arraySize = 1 }]) => [name, arraySize] as const),
    ),
  );
}

const FIELDS: readonly unknown[] = ['kind', 'cpu', 'memory', 'timeout', 'arraySize'];
