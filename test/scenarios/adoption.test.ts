import { expect, test } from 'vitest';
import type { FindingCode, Severity } from '../../shared/domain/finding.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import {
  arbitrary,
  aWorld,
  currentKeyId,
  keyById,
  keysOfJobs,
  lost,
  operations,
  rotated,
} from '../support/managed.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * The first rotation replaces a key that the keeper has not made. What becomes of it is a section of docs/runbook.md for each
 * setting, under the same words.
 */

/** The first rotation of a binding, from its beginning to its end and a month further. */
async function firstRotation(adopt?: 'disable' | 'never') {
  const binding = { managedBy: 'keeper', ...(adopt === undefined ? {} : { adopt }) } as const;
  const keeper = virtualKeeper({ file: aWorld(arbitrary(binding), 'edge-logs-key') });
  const oldKeyId = currentKeyId(keeper);
  const record = await rotated(keeper);
  expect(record.history).toMatchObject([{ outcome: 'complete', oldKeyId }]);
  expect(await keysOfJobs(keeper)).toEqual([currentKeyId(keeper)]);
  expect(lost(keeper)).toBe(0);
  keeper.clock.advance(minutes(15));
  const after = await keeper.run('rotate-keys');
  return {
    keeper,
    oldKeyId,
    oldKey: () => keyById(keeper.world, oldKeyId),
    told: after.findings.filter(({ subject }) => subject === `key ${oldKeyId}`),
  };
}

test('It is adopted to be disabled', async () => {
  const { keeper, oldKey, told } = await firstRotation('disable');
  expect(oldKey()).toMatchObject({ disabled: true, deleted: false });
  expect(told).toEqual([]);
  await keeper.runEvery(hours(6), 'rotate-keys', days(30));
  expect(oldKey()).toMatchObject({ disabled: true, deleted: false });
  expect(operations(keeper)).not.toContain('deleteApiKey');
});

test('It is adopted to be disabled: a job that still needs it brings it back', async () => {
  const keeper = virtualKeeper({
    file: aWorld(arbitrary({ managedBy: 'keeper', adopt: 'disable' }), 'edge-logs-key'),
  });
  const oldKeyId = currentKeyId(keeper);
  const oldKey = () => keyById(keeper.world, oldKeyId);
  for (const endsAt = keeper.clock.now() + days(5); oldKey()?.disabled !== true; ) {
    if (keeper.clock.now() > endsAt) throw new Error('it was never disabled');
    await keeper.runEvery(minutes(15), 'rotate-keys', minutes(15));
  }
  const [job] = keeper.world.cis.jobs();
  if (job === undefined) throw new Error('there is no job');
  const ref = { instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId: job.id };
  keeper.world.cis.setDestinationKey(ref, keeper.world.keyValue('edge-logs-key'));
  const reports = await keeper.runEvery(minutes(15), 'rotate-keys', hours(2));
  expect(reports.at(-1)?.findings).toContainEqual(expect.objectContaining({ code: 'old-key-needed' }));
  expect(oldKey()).toMatchObject({ disabled: false });
});

/** Nothing is done to the old key, and it is said for as long as it can log in. */
async function isLeft(adopt: 'never' | undefined, code: FindingCode, severity: Severity) {
  const { keeper, oldKeyId, oldKey, told } = await firstRotation(adopt);
  expect(oldKey()).toMatchObject({ disabled: false, deleted: false });
  expect(told).toMatchObject([{ code, severity, detail: expect.stringContaining('still accepts logins') }]);
  for (const never of ['disableApiKey', 'deleteApiKey', 'unlockApiKey'])
    expect(operations(keeper)).not.toContain(never);
  const old = keeper.world.iam.liveKey(oldKeyId ?? '');
  if (old !== undefined) [old.disabled, old.disabledAt] = [true, keeper.clock.now()];
  keeper.clock.advance(minutes(15));
  expect((await keeper.run('rotate-keys')).findings).toEqual([]);
}

test('It is adopted and left as it is', () => isLeft('never', 'predecessor-kept', 'info'));

test('It is not adopted', () => isLeft(undefined, 'predecessor-unstamped', 'warning'));
