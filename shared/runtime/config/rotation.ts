import type { RotationPolicy } from '../../domain/binding.ts';
import { TIMING } from '../../domain/rotation/timing.ts';
import { days, formatDuration } from '../../domain/time.ts';
import type { ConfigProblem } from '../../errors.ts';
import type { ConfigDocument, Path } from './document.ts';
import { parseDuration } from './durations.ts';
import type { Binding } from './schema-bindings.ts';

interface RotationFields {
  readonly before?: string | undefined;
  readonly maxAge?: string | undefined;
  readonly keyLife?: string | undefined;
  readonly drain?: string | undefined;
}

const msOf = (text: string | undefined, otherwise = 0): number =>
  (text === undefined ? undefined : parseDuration(text)) ?? otherwise;

/** Durations as milliseconds; what is left out comes from `base`. */
export function rotationPolicy(fields: RotationFields, base?: RotationPolicy): RotationPolicy {
  return {
    beforeMs: msOf(fields.before, base?.beforeMs),
    maxAgeMs: msOf(fields.maxAge, base?.maxAgeMs),
    keyLifeMs: msOf(fields.keyLife, base?.keyLifeMs),
    drainMs: msOf(fields.drain, base?.drainMs),
  };
}

/** A key is due up to a day early, and its rotation takes up to two days until the old key is gone. */
const SHORTEST_MAX_AGE_MS = days(3);

/** Time for a refused attempt, a look by a person, and another attempt before the old key ends. */
const SHORTEST_BEFORE_MS = days(1);

/** Whether the thresholds of the policies, and those that a binding overrides, can all hold together. */
export function* checkRotation(
  document: ConfigDocument,
  policies: RotationPolicy | undefined,
  bindings: readonly { readonly path: Path; readonly value: Binding }[],
): Generator<ConfigProblem> {
  if (policies === undefined) return;
  const shared: Path = ['policies', 'rotation'];
  yield* contradictions(document, [shared], policies);
  if (policies.drainMs < TIMING.drainMs) {
    const message = 'drain must be at least 135m: so long may CIS still use the previous key';
    yield document.problem([...shared, 'drain'], message, 'write 135m or more, or leave it out');
  }
  for (const { path, value } of bindings) {
    if (value.rotation === undefined) continue;
    yield* contradictions(
      document,
      [[...path, 'rotation'], shared],
      rotationPolicy(value.rotation, policies),
    );
  }
}

/** @param places - where `before`, `maxAge` and `keyLife` may stand, nearest first */
function* contradictions(
  document: ConfigDocument,
  places: readonly Path[],
  { beforeMs, maxAgeMs, keyLifeMs }: RotationPolicy,
): Generator<ConfigProblem> {
  const at = (keys: readonly string[], message: string, fix: string): ConfigProblem => {
    const candidates = places.flatMap((place) => keys.map((key) => [...place, key]));
    const path = candidates.find((candidate) => document.has(candidate)) ?? [
      ...(places[0] ?? []),
      keys[0] ?? '',
    ];
    return document.problem(path, message, fix);
  };
  const [before, maxAge, keyLife] = [beforeMs, maxAgeMs, keyLifeMs].map(formatDuration);
  // Enough for all three rules, whichever is broken.
  const enough = `${Math.floor((maxAgeMs + beforeMs) / days(1)) + 1}d`;
  const lengthen =
    parseDuration(enough) === undefined ? '' : `write keyLife: ${enough} in rotation of policies, or `;
  if (beforeMs < SHORTEST_BEFORE_MS) {
    yield at(
      ['before'],
      'before must be at least 1d: a failed rotation needs time for another try',
      'write 30d',
    );
  }
  if (maxAgeMs < SHORTEST_MAX_AGE_MS) {
    yield at(['maxAge'], 'maxAge must be at least 3d: so long one rotation may take', 'write 80d');
  }
  if (beforeMs >= keyLifeMs) {
    const message = `before (${before}) is not less than keyLife (${keyLife}): every new key would be due at once`;
    yield at(['before', 'keyLife'], message, `${lengthen}shorten before`);
  } else if (maxAgeMs >= keyLifeMs) {
    const message = `maxAge (${maxAge}) is not less than keyLife (${keyLife}): a key ends before it is too old`;
    yield at(['maxAge', 'keyLife'], message, `${lengthen}shorten maxAge`);
  } else if (maxAgeMs + beforeMs >= keyLifeMs) {
    const message = `keyLife (${keyLife}) does not exceed maxAge (${maxAge}) and before (${before}) together: maxAge would never matter`;
    yield at(['keyLife', 'maxAge', 'before'], message, `${lengthen}shorten maxAge or before`);
  }
}
