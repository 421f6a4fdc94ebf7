import { expect, test } from 'vitest';
import { DEATHS } from '../simulation/gate.ts';
import { repair } from '../simulation/repair.ts';

const byNumber = (a: number, b: number): number => a - b;

test.each([
  [1, [1]],
  [4, [1, 2, 4]],
] as const)(
  '%i job(s) to enable again: whatever call it dies at, each is, and none that a person disabled',
  async (jobs, wanted) => {
    const { calls } = await repair({ jobs }, new Map());
    let cases = 0;
    // What comes after the repair itself repeats every five minutes.
    for (const number of calls.slice(0, 90).keys()) {
      for (const death of DEATHS) {
        const name = `${death} at call ${number} (${calls[number]})`;
        const { violations, enabled, enablings } = await repair({ jobs }, new Map([[number, death]]));
        expect(violations, name).toEqual([]);
        expect(enabled.toSorted(byNumber), name).toEqual(wanted);
        for (const count of Object.values(enablings)) expect(count, name).toBeLessThanOrEqual(3);
        cases += 1;
      }
    }
    process.stdout.write(
      `${jobs} job(s) to enable again, every call × 3 deaths: ${cases} cases, 0 violations\n`,
    );
  },
);

test('a ledger that is lost at any call: nothing is enabled that was not seen enabled, and that is said', async () => {
  const { calls } = await repair({ jobs: 2 }, new Map());
  for (const number of calls.slice(0, 40).keys()) {
    const { violations, enabled, codes } = await repair({ jobs: 2 }, new Map([[number, 'ledger-lost']]));
    expect(violations).toEqual([]);
    if (enabled.length < 2) expect(codes, String(number)).toContain('job-disabled-at-first-look');
  }
});
