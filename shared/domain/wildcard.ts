/** How many of the texts that begin with a prefix, and go on, a pattern matches. */
export type Coverage = 'all' | 'some' | 'none';

/**
 * Holds a pattern (`*` is any text, `?` any one character) against all texts that begin with a prefix and are longer.
 * Where it says `some` it may be that all are matched; `all` and `none` are certain.
 */
export function coverage(pattern: string, prefix: string): Coverage {
  let states = closure(pattern, [0]);
  for (const char of prefix) {
    const next = states.flatMap((at) => {
      if (pattern[at] === '*') return [at];
      return pattern[at] === '?' || pattern[at] === char ? [at + 1] : [];
    });
    states = closure(pattern, next);
  }
  const rests = states.map((at) => pattern.slice(at)).filter((rest) => rest !== '');
  if (rests.length === 0) return 'none';
  return rests.some((rest) => /^\**\??\**$/.test(rest) && rest.includes('*')) ? 'all' : 'some';
}

/** A star may stand for nothing. */
function closure(pattern: string, states: readonly number[]): readonly number[] {
  const all = new Set(states);
  for (const at of all) if (pattern[at] === '*') all.add(at + 1);
  return [...all];
}

/** Whether a pattern matches one text. */
export const matchesPattern = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  ).test(text);
