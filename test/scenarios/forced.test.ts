import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import {
  arbitrary,
  aWorld,
  currentKeyId,
  keysOfJobs,
  operations,
  recordOf,
  rotated,
  withKeysOfOthers,
  withMadeKeys,
} from '../support/managed.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/** `--force`: a rotation now. Each situation is a section of docs/runbook.md, under the same words. */

const FORCED = { forced: ['edge-logs'] } as const;
const withOwnKeys = () =>
  virtualKeeper({ file: aWorld(arbitrary({ managedBy: 'keeper', adopt: 'disable' }), 'edge-logs-key') });

const count = (keeper: VirtualKeeper, operation: string) =>
  operations(keeper).filter((name) => name === operation).length;

test('The key is not due', async () => {
  const keeper = withOwnKeys();
  await rotated(keeper);
  const first = currentKeyId(keeper);
  expect((await keeper.run('rotate-keys')).actions).toEqual([]);
  await keeper.run('rotate-keys', FORCED);
  expect((await recordOf(keeper)).current).toMatchObject({ reason: 'forced', oldKeyId: first });
  const { history } = await rotated(keeper);
  expect(history.at(-1)).toMatchObject({ reason: 'forced', outcome: 'complete' });
  expect(await keysOfJobs(keeper)).toEqual([currentKeyId(keeper)]);
  expect(currentKeyId(keeper)).not.toBe(first);
});

test('The key is not due: Secrets Manager makes the next one', async () => {
  const keeper = withMadeKeys({ createdDaysAgo: 2 });
  const first = currentKeyId(keeper);
  expect((await keeper.run('rotate-keys')).actions).toEqual([]);
  await keeper.run('rotate-keys', FORCED);
  await rotated(keeper);
  expect(currentKeyId(keeper)).not.toBe(first);
  expect(await keysOfJobs(keeper)).toEqual([currentKeyId(keeper)]);
});

test('A rotation is under way', async () => {
  const keeper = withOwnKeys();
  await keeper.run('rotate-keys');
  const before = (await recordOf(keeper)).current?.runId;
  await keeper.run('rotate-keys', FORCED);
  expect((await recordOf(keeper)).current?.runId).toBe(before);
  expect(count(keeper, 'createApiKey')).toBe(1);
});

test('The last try failed', async () => {
  const keeper = withOwnKeys();
  keeper.world.faults.add({
    match: { operation: 'createApiKey' },
    after: 0,
    times: 1,
    respond: { kind: 'status', status: 403 },
  });
  await keeper.run('rotate-keys');
  expect((await recordOf(keeper)).notBefore).toBeGreaterThan(keeper.clock.now());
  expect((await keeper.run('rotate-keys')).actions).toEqual([]);
  await keeper.run('rotate-keys', FORCED);
  expect((await recordOf(keeper)).current).toMatchObject({ reason: 'forced', phase: 'confirming' });
});

test('Three keys were made within a day', async () => {
  const keeper = withOwnKeys();
  const tries = async () => {
    const report = await keeper.run('rotate-keys', FORCED);
    await keeper.cli('rotation', 'abandon', 'edge-logs', '--yes');
    keeper.clock.advance(minutes(15));
    return report;
  };
  for (let n = 0; n < 3; n += 1) await tries();
  expect(count(keeper, 'createApiKey')).toBe(3);
  const { findings, waiting } = await tries();
  expect(findings).toContainEqual(expect.objectContaining({ code: 'mint-limit' }));
  expect(waiting[0]?.waitsFor).toBe('the limit of keys per day');
  expect(count(keeper, 'createApiKey')).toBe(3);
  keeper.clock.advance(hours(24));
  await tries();
  expect(count(keeper, 'createApiKey')).toBe(4);
});

test('Three keys were made within a day: Secrets Manager is not asked for more either', async () => {
  const keeper = withMadeKeys();
  for (let n = 0; n < 3; n += 1) {
    await keeper.run('rotate-keys', FORCED);
    await rotated(keeper);
  }
  expect(count(keeper, 'createSecretVersion')).toBe(3);
  const { findings } = await keeper.run('rotate-keys', FORCED);
  expect(findings.map(({ code }) => code)).toEqual(['mint-limit']);
  expect(count(keeper, 'createSecretVersion')).toBe(3);
});

test('Others make the key', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const present = currentKeyId(keeper);
  const jobs = (await keysOfJobs(keeper)).length;
  expect(count(keeper, 'updateLogpushJob')).toBe(0);
  await keeper.run('rotate-keys', FORCED);
  const { history } = await rotated(keeper);
  expect(history.at(-1)).toMatchObject({ outcome: 'complete', newKeyId: present });
  expect(count(keeper, 'updateLogpushJob')).toBeGreaterThan(jobs);
  expect([currentKeyId(keeper), await keysOfJobs(keeper)]).toEqual([present, [present]]);
  for (const never of ['createApiKey', 'createSecretVersion', 'disableApiKey', 'deleteApiKey'])
    expect(operations(keeper)).not.toContain(never);
});
