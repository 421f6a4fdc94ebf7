/** Whether a text may be shown: an IBM Cloud API key has 44 characters, so what is shorter than 41 is none. */
export const quotable = (text: string): boolean => /^[A-Za-z][\w-]{0,39}$/.test(text);

/** @returns a fix when one of the known words differs by a slip or two */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const near = known
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
    .at(0);
  if (near === undefined || near.distance > Math.min(2, Math.floor(near.candidate.length / 3)))
    return undefined;
  return `did you mean "${near.candidate}"?`;
}

/** Slips between two words: letters added, left out, changed, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const changed = cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(cell(i, j), cell(i - 2, j - 2) + 1);
    }
  }
  return cell(a.length, b.length);
}
