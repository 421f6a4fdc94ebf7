import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import { OLD_KEY, OTHER_LOGS_ID } from '../simulation/small-world.ts';
import { rotating } from '../support/rotating.ts';

/** What goes wrong with the new key or its destination, and when a rotation goes back, waits, or goes on. */

/** It gets no token any more, though IAM shows it as good. */
const failNewKey = async ({ world, invariants, record }: ReturnType<typeof rotating>): Promise<void> => {
  invariants.tampered.add('login');
  world.iam.refuseLogins((await record())?.current?.newKeyId ?? '');
};

test('the first job fails and the old key delivers: the job goes back, the others were never touched', async () => {
  const rotation = rotating({ jobs: 4 });
  const old = rotation.keyIn(1);
  await rotation.untilPhase('confirming');
  await failNewKey(rotation);
  const untouched = [1, 2, 3, 4].filter((job) => rotation.keyIn(job) === old);
  expect(untouched).toHaveLength(3);
  const told = await rotation.until((record) => record?.history.at(-1)?.outcome === 'rolled-back');

  expect([1, 2, 3, 4].map((job) => rotation.keyIn(job))).toEqual(Array(4).fill(old));
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  const failed = (await rotation.record())?.history.at(-1);
  expect(rotation.world.iam.keys().find(({ id }) => id === failed?.newKeyId)).toMatchObject({
    disabled: true,
  });
  expect(failed?.detail).toMatch(
    /1 job\(s\) fail with key ApiKey-[\w-]+ and none works.*IAM refuses the API key/,
  );
  expect(told.findings.map(({ code }) => code)).toContain('rolled-back');
  // The secret holds the old key, under the guard lock, and the next attempt waits an hour.
  const [secret] = rotation.world.secretsManager.truth();
  const current = secret?.versions.find(({ alias }) => alias === 'current');
  expect(current?.locks).toEqual(['logpush-keeper-guard']);
  expect(current?.metadata).toMatchObject({ api_key_id: old });
  expect((await rotation.record())?.notBefore).toBe(rotation.world.now() + hours(1));
  await rotation.untilOver();
  expect((await rotation.record())?.history.at(-1)).toMatchObject({ outcome: 'complete', attempt: 2 });
  expect(rotation.invariants.violations).toEqual([]);
});

test('the previous key hides that the new one fails: what comes out an hour later goes back all the same', async () => {
  const rotation = rotating({ jobs: 2, previousKeyWindowMinutes: 60 });
  await rotation.untilPhase('confirming');
  await failNewKey(rotation);
  await rotation.untilPhase('draining');
  const movedAt = rotation.world.now();
  await rotation.until((record) => record?.history.at(-1)?.outcome === 'rolled-back');
  expect(rotation.world.now() - movedAt).toBeLessThanOrEqual(minutes(120));
  // From the end of the window to the look at minute 90, and the time that CIS takes to go back.
  expect(rotation.lostMinutes()).toBeLessThanOrEqual(2 * (30 + 15 + 10));
});

test('each failure doubles the wait, and a key that ends soon shortens it', async () => {
  const rotation = rotating({ jobs: 1 });
  const waits: number[] = [];
  for (let round = 1; round <= 3; round += 1) {
    await rotation.untilPhase('confirming');
    await failNewKey(rotation);
    await rotation.until((record) => record?.history.length === round && record.current === undefined);
    waits.push(((await rotation.record())?.notBefore ?? 0) - rotation.world.now());
  }
  expect(waits).toEqual([hours(1), hours(2), hours(4)]);
  expect(rotation.world.iam.keys().filter(({ name }) => name.startsWith('logpush-keeper.'))).toHaveLength(4);
  const told = await rotation.untilFinding('mint-limit');
  expect(told.findings.find(({ code }) => code === 'mint-limit')?.severity).toBe('critical');
});

test('one job fails while another works: it is reported alone, and nothing goes back', async () => {
  const rotation = rotating({ jobs: 2, twoDestinations: true });
  await rotation.untilPhase('draining');
  const newKeyId = (await rotation.record())?.current?.newKeyId;
  rotation.world.cloudLogs.refuse(OTHER_LOGS_ID, 403);
  const told = await rotation.untilFinding('job-failing-after-move');
  expect(told.findings.find(({ code }) => code === 'job-failing-after-move')?.subject).toBe(
    'job 2 (http_requests of pay.example)',
  );
  expect([rotation.keyIn(1), rotation.keyIn(2)]).toEqual([newKeyId, newKeyId]);
  rotation.world.cloudLogs.refuse(OTHER_LOGS_ID, undefined);
  await rotation.untilOver();
  expect((await rotation.record())?.history.at(-1)?.outcome).toBe('complete');
  expect(rotation.invariants.violations).toEqual([]);
});

test('a job that fails after the old key was disabled brings it back and halts; a person goes on', async () => {
  const rotation = rotating({ jobs: 2, keysOnRead: 'masked' });
  await rotation.until((record) => record?.current?.disabledAt !== undefined);
  // Hidden from the keeper: somebody gives a job the old key in the very quarter of an hour.
  rotation.invariants.tampered.add('job 1');
  rotation.world.cis.setDestinationKey(rotation.ref(1), rotation.world.keyValue(OLD_KEY));
  const told = await rotation.untilFinding('old-key-needed');
  expect(told.actions.map(({ kind }) => kind)).toContain('enable-old-key');
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  // It stays alive, and every run says why.
  rotation.pass(hours(30));
  expect((await rotation.tick()).findings.map(({ code }) => code)).toContain('old-key-needed');
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  expect((await rotation.cli('status')).out).toContain('halted: a person must decide');

  expect((await rotation.cli('rotation', 'abandon', 'edge-logs', '--yes')).code).toBe(0);
  expect((await rotation.cli('rotate-keys', '--force', 'edge-logs')).out).toContain('mint-key');
  await rotation.untilOver();
  expect((await rotation.record())?.history.map(({ outcome }) => outcome)).toEqual(['abandoned', 'complete']);
  expect(rotation.keyIn(1)).toBe(rotation.keyIn(2));
});

test('a new key that leaks is replaced in the run that sees it', async () => {
  const rotation = rotating({ jobs: 2 });
  await rotation.untilPhase('draining');
  const leaked = rotation.world.iam.liveKey((await rotation.record())?.current?.newKeyId ?? '');
  if (leaked === undefined) throw new Error('there is no new key');
  rotation.invariants.tampered.add(leaked.id);
  leaked.disabled = true;
  leaked.disabledAt = rotation.world.now();
  await rotation.tick();
  expect((await rotation.record())?.history.at(-1)?.outcome).toBe('key-died');
  expect([rotation.keyIn(1), rotation.keyIn(2)]).not.toContain(leaked.id);
  expect(rotation.keyIn(1)).toBe(rotation.keyIn(2));
  await rotation.untilOver();
  expect(rotation.invariants.violations).toEqual([]);
});

test('CIS refuses the new key wherever it is set: no job is touched, the secret goes back, few are asked', async () => {
  const rotation = rotating({ jobs: 4 });
  const old = rotation.keyIn(1);
  rotation.world.faults.add({
    match: { operation: 'updateLogpushJob' },
    after: 0,
    times: 4,
    respond: { kind: 'status', status: 400 },
  });
  await rotation.until((record) => record?.history.at(-1)?.outcome === 'rolled-back');
  rotation.world.faults.clear();
  expect([1, 2, 3, 4].map((job) => rotation.keyIn(job))).toEqual(Array(4).fill(old));
  const moves = rotation.world.calls.filter(({ operation }) => operation === 'updateLogpushJob');
  expect(moves.map(({ status }) => status)).toEqual([400, 400, 400]);
  await rotation.untilOver();
  expect(rotation.lostMinutes()).toBe(0);
  expect(rotation.invariants.violations).toEqual([]);
});
