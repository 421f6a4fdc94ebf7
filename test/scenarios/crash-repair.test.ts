import { expect, test } from 'vitest';
import { DEATHS } from '../simulation/gate.ts';
import { type Cause, repair } from '../simulation/repair.ts';
import { KEYLESS_JOB, type SmallWorld, SPLUNK_JOB } from '../simulation/small-world.ts';

const byNumber = (a: number, b: number): number => a - b;

/** All enabled jobs failed for a day, then the cause went: the keeper dies in each way at each of its calls. */
async function everyDeathOf(
  about: string,
  wanted: readonly number[],
  world: SmallWorld,
  cause: Cause,
): Promise<void> {
  const { calls } = await repair(world, new Map(), cause);
  let cases = 0;
  // What comes after the repair itself repeats every five minutes, and only reads.
  const repairing = calls.slice(0, 90);
  expect(calls.slice(90).filter((call) => call.startsWith('PUT '))).toEqual([]);
  for (const number of repairing.keys()) {
    for (const death of DEATHS) {
      const name = `${death} at call ${number} (${calls[number]})`;
      const { violations, enabled, enablings } = await repair(world, new Map([[number, death]]), cause);
      expect(violations, name).toEqual([]);
      expect(enabled.toSorted(byNumber), name).toEqual(wanted);
      for (const count of Object.values(enablings)) expect(count, name).toBeLessThanOrEqual(3);
      cases += 1;
    }
  }
  process.stdout.write(`${about}, every call × 3 deaths: ${cases} cases, 0 violations\n`);
}

const FLEETS = [
  [1, [1]],
  // A person disabled the third before.
  [4, [1, 2, 4]],
] as const;

test.each(FLEETS)(
  '%i job(s) to enable again: whatever call it dies at, each is, and none that a person disabled',
  (jobs, wanted) => everyDeathOf(`${jobs} job(s) to enable again`, wanted, { jobs }, 'role'),
);

test.each(
  FLEETS.flatMap(([jobs, wanted]) =>
    (['role', 'bucket'] as const).map((cause) => [jobs, cause, wanted] as const),
  ),
)(
  '%i job(s) on COS to enable again after the %s came back: whatever call it dies at, each is',
  (jobs, cause, wanted) =>
    everyDeathOf(
      `${jobs} job(s) on COS to enable again, the ${cause} comes back`,
      // Of its neighbours the Splunk job never failed, and the one without a key only while the bucket was gone: what it
      // needs is not known then, so a person enables it.
      [...wanted, ...(cause === 'role' ? [KEYLESS_JOB] : []), SPLUNK_JOB],
      { jobs, destination: 'cos', neighbours: true },
      cause,
    ),
);

test('a ledger that is lost at any call: nothing is enabled that was not seen enabled, and that is said', async () => {
  const { calls } = await repair({ jobs: 2 }, new Map());
  for (const number of calls.slice(0, 40).keys()) {
    const { violations, enabled, codes } = await repair({ jobs: 2 }, new Map([[number, 'ledger-lost']]));
    expect(violations).toEqual([]);
    if (enabled.length < 2) expect(codes, String(number)).toContain('job-disabled-at-first-look');
  }
});
