import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import { TransportError } from '../../shared/ports.ts';
import {
  arbitrary,
  aWorld,
  currentKeyId,
  iamCredentials,
  keyById,
  keysOfJobs,
  lost,
  MADE,
  OWNER,
  operations,
  recordOf,
  rotated,
  storeNewKey,
  withKeysOfOthers,
  withMadeKeys,
} from '../support/managed.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * Secrets Manager or others make the keys, and the keeper carries them to the jobs. Each situation is a section of
 * docs/runbook.md, under the same words.
 */

test('Secrets Manager makes the next key', async () => {
  const keeper = withMadeKeys();
  const before = currentKeyId(keeper);
  // On the first look nothing is known of what was carried; CIS shows that every job has the secret's key.
  const record = await rotated(keeper);
  const after = currentKeyId(keeper);
  expect(after).not.toBe(before);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', oldKeyId: before, newKeyId: after });
  expect(record.carried?.keyId).toBe(after);
  expect(await keysOfJobs(keeper)).toEqual([after]);
  expect(lost(keeper)).toBe(0);
  for (const never of ['disableApiKey', 'deleteApiKey', 'unlockApiKey', 'createApiKey'])
    expect(operations(keeper)).not.toContain(never);
  expect(keyById(keeper.world, before)).toMatchObject({ disabled: false });
});

test('Secrets Manager rotates by its own schedule', async () => {
  const keeper = withMadeKeys({ createdDaysAgo: 29, rotateEveryDays: 30, ttlDays: 60 });
  const before = currentKeyId(keeper);
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({
    outcome: 'complete',
    reason: 'new-version',
    oldKeyId: before,
  });
  expect(await keysOfJobs(keeper)).toEqual([currentKeyId(keeper)]);
  expect(operations(keeper)).not.toContain('createSecretVersion');
  expect(lost(keeper)).toBe(0);
});

test('The answer of Secrets Manager is lost', async () => {
  let isLost = false;
  const keeper = virtualKeeper({
    file: aWorld(iamCredentials(), MADE),
    wrapTransport: (inner) => ({
      async send(request) {
        const answer = await inner.send(request);
        if (isLost || request.method !== 'POST' || !request.url.endsWith('/versions')) return answer;
        isLost = true;
        throw new TransportError('reset');
      },
    }),
  });
  const keys = () => keeper.world.iam.keys().filter(({ iamId, deleted }) => iamId === OWNER && !deleted);
  const before = keys().length;
  const record = await rotated(keeper);
  expect(isLost).toBe(true);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', attempt: 1 });
  expect(keys()).toHaveLength(before + 1);
});

test('The new key of others fails', async () => {
  const keeper = withMadeKeys();
  const before = currentKeyId(keeper);
  for (let made: string | undefined; made === undefined; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    const { current } = await recordOf(keeper);
    if (current?.phase === 'confirming') made = current.newKeyId;
    if (made !== undefined) keeper.world.iam.refuseLogins(made);
  }
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'rolled-back' });
  expect(record.notBefore).toBeGreaterThan(keeper.clock.now() - hours(1));
  expect(await keysOfJobs(keeper)).toEqual([before]);
  expect(operations(keeper)).not.toContain('disableApiKey');
});

test('Others store a new version', async () => {
  const keeper = withKeysOfOthers();
  const before = currentKeyId(keeper);
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({
    outcome: 'complete',
    reason: 'new-version',
    oldKeyId: before,
    newKeyId: made,
  });
  expect(await keysOfJobs(keeper)).toEqual([made]);
  expect(lost(keeper)).toBe(0);
  for (const never of ['createApiKey', 'disableApiKey', 'deleteApiKey', 'createSecretLocks'])
    expect(operations(keeper)).not.toContain(never);
});

test('The key of others is due', async () => {
  const keeper = withKeysOfOthers();
  const { findings, waiting, actions } = await keeper.run('rotate-keys');
  expect(findings).toMatchObject([
    { code: 'managed-key-due', severity: 'warning', detail: expect.stringContaining('it ends 2026-03-11') },
  ]);
  expect(waiting[0]?.waitsFor).toBe('whoever manages this key to store a new one');
  expect(actions).toEqual([]);
});

test('The key of others is dead', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const old = keeper.world.iam.liveKey(currentKeyId(keeper) ?? '');
  if (old === undefined) throw new Error('the key is gone');
  [old.disabled, old.disabledAt] = [true, keeper.clock.now()];
  expect((await keeper.run('rotate-keys')).findings).toMatchObject([{ code: 'managed-key-dead' }]);
  const made = await storeNewKey(keeper);
  keeper.clock.advance(minutes(15));
  await keeper.run('rotate-keys');
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('A newer version appears meanwhile', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  await storeNewKey(keeper);
  await keeper.runEvery(minutes(15), 'rotate-keys', hours(1));
  const latest = await storeNewKey(keeper);
  const record = await rotated(keeper);
  expect(record.history.map(({ outcome }) => outcome)).toEqual(['superseded', 'complete']);
  expect(await keysOfJobs(keeper)).toEqual([latest]);
  expect(lost(keeper)).toBe(0);
});

test('The keeper does not know which key the jobs carry', async () => {
  const shown = withKeysOfOthers();
  await shown.run('rotate-keys');
  expect(operations(shown)).not.toContain('updateLogpushJob');
  expect((await recordOf(shown)).carried?.keyId).toBe(currentKeyId(shown));
  const hidden = virtualKeeper({
    change: (world) => {
      world.settings.cis.keysOnRead = 'masked';
    },
    file: aWorld(arbitrary(), 'edge-logs-key'),
  });
  await rotated(hidden);
  expect((await recordOf(hidden)).carried?.keyId).toBe(currentKeyId(hidden));
});

test('Others store a new version: a key of a person', async () => {
  const file = aWorld(arbitrary(), 'edge-logs-key');
  const [account] = file.accounts;
  const logpush = account?.serviceIds.find(({ name }) => name === 'logpush-edge');
  if (account === undefined || logpush === undefined) throw new Error('the world has changed');
  account.users = [
    { name: 'ada', iamId: 'IBMid-50AB12CD34', policies: logpush.policies, apiKeys: logpush.apiKeys },
  ];
  logpush.apiKeys = [];
  const keeper = virtualKeeper({ file });
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await rotated(keeper);
  expect(await keysOfJobs(keeper, 'IBMid-50AB12CD34')).toEqual([made]);
});
