import { expect, test } from 'vitest';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import type { Case } from '../simulation/case.ts';
import { live } from '../simulation/life.ts';
import { ALONE } from '../simulation/runner.ts';
import type { SmallWorld } from '../simulation/small-world.ts';
import { rotating } from '../support/rotating.ts';

/**
 * Nothing names the key that jobs carry: its version says nothing of it, somebody has stored another one, and the ledger knows
 * of no rotation. It is young, so IAM may not show yet that anybody uses it.
 */
const YOUNG = { jobs: 2, keyAgeDays: 0.5, lags: true } as const satisfies SmallWorld;

const storedByHand = (world: SmallWorld): Case => ({
  name: JSON.stringify(world),
  seed: 75,
  world,
  faults: new Map(),
  aims: [{ phase: 'none', kind: 'person stores a version', nth: 0, after: 0 }],
  runners: [ALONE, { ...ALONE, name: 'B', offsetMs: minutes(8) }],
  rotations: 2,
});

test.each<SmallWorld>([
  { ...YOUNG, keysOnRead: 'masked' },
  { ...YOUNG, keysOnRead: 'clear' },
  // As many logins within the lag as the simulated IAM once kept.
  { jobs: 2, crowd: 48, keysOnRead: 'masked' },
])('a person stores a version before the first look, and no job loses its key: %j', async (world) => {
  const { violations, trace, record } = await live(storedByHand(world));
  expect(violations, trace.join('\n')).toEqual([]);
  expect(record?.suspects).toEqual([]);
});

test('while jobs that hide their keys may carry it, it stays; when all were given another, it goes', async () => {
  const rotation = rotating({ ...YOUNG, jobs: 3, keysOnRead: 'masked' });
  const { world } = rotation;
  expect(await rotation.person('POST', '/versions', { payload: world.keyValue('foreign-key') })).toBe(201);
  // Jobs push with it, so logins show in the end.
  await rotation.untilFinding('stray-key-kept');
  for (const until = world.now() + days(6); world.now() < until; rotation.pass(hours(3)))
    await rotation.tick();
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  // Then nobody does: the jobs are disabled, and carry it all the same.
  for (const job of [1, 2]) world.cis.setEnabled(rotation.ref(job), false);
  for (const until = world.now() + days(9); world.now() < until; rotation.pass(hours(12)))
    await rotation.tick();
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  expect((await rotation.record())?.suspects).toMatchObject([
    { kept: expect.stringMatching(/^job \d \(.*\) hides its key and has not pushed since/) },
  ]);
  rotation.configure((text) => text.replace(/(managedBy: keeper)/, '$1\n    rotation: { maxAge: 5d }'));
  await rotation.until((record) => (record?.history.length ?? 0) > 0 && record?.suspects.length === 0);
  expect(rotation.oldKey()).toMatchObject({ deleted: true });
  expect(rotation.invariants.violations).toEqual([]);
});
