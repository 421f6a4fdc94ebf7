import { expect, test } from 'vitest';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { FOREIGN_KEY_ID, OLD_KEY } from '../simulation/small-world.ts';
import { rotating } from '../support/rotating.ts';

/**
 * People, Terraform and IBM Cloud itself change things while a rotation is under way. Each situation is a section of
 * docs/runbook.md, under the same words.
 */

const ELSEWHERE = '11111111-2222-4333-8444-555555555555';

/** The rotation ended, nothing was lost, no invariant broke. */
async function endsWell(rotation: ReturnType<typeof rotating>): Promise<void> {
  await rotation.untilOver();
  expect(rotation.invariants.violations).toEqual([]);
  expect(rotation.lostMinutes()).toBe(0);
  expect((await rotation.record())?.history.at(-1)?.outcome).toBe('complete');
}

/** A person lets a job push to another Cloud Logs instance, with the named key. */
function sendElsewhere(rotation: ReturnType<typeof rotating>, jobId: number, keyName: string): void {
  const { world } = rotation;
  const accountId = world.file.accounts[0]?.id ?? '';
  world.cloudLogs.addInstance({ guid: ELSEWHERE, region: 'us-east', accountId });
  const apiKey = world.keyValue(keyName);
  world.cis.setDestination(rotation.ref(jobId), { instanceId: ELSEWHERE, region: 'us-east', apiKey });
}

test('A person disables a job', async () => {
  const rotation = rotating({ jobs: 4 });
  await rotation.untilPhase('confirming');
  rotation.invariants.disabledByHand.add(1);
  rotation.world.cis.setEnabled(rotation.ref(1), false);
  await endsWell(rotation);
  const newKeyId = (await rotation.record())?.history.at(-1)?.newKeyId;
  expect([1, 2, 3, 4].map((job) => rotation.keyIn(job))).toEqual(Array(4).fill(newKeyId));
  expect((await rotation.record())?.history.at(-1)?.jobs).toEqual({ proven: 2, 'moved-while-disabled': 2 });
});

test('A person enables a job', async () => {
  const rotation = rotating({ jobs: 3 });
  await rotation.untilPhase('draining');
  rotation.invariants.disabledByHand.delete(3);
  rotation.world.cis.setEnabled(rotation.ref(3), true);
  await endsWell(rotation);
  expect((await rotation.record())?.history.at(-1)?.jobs).toEqual({ proven: 3 });
});

test('A person edits a job', async () => {
  const rotation = rotating();
  await rotation.untilPhase('draining');
  const job = [...rotation.world.cis.jobs()].find(({ id }) => id === 1);
  sendElsewhere(rotation, 1, 'foreign-key');
  await endsWell(rotation);
  expect(job?.destination.region).toBe('us-east');
  expect(rotation.keyIn(1)).toBe(FOREIGN_KEY_ID);
  expect((await rotation.record())?.history.at(-1)?.jobs).toEqual({ gone: 1, proven: 1 });
});

test('A person edits a job: it takes the old key along to another destination', async () => {
  const rotation = rotating();
  await rotation.untilPhase('draining');
  sendElsewhere(rotation, 1, OLD_KEY);
  await rotation.untilFinding('old-key-still-used');
  rotation.pass(days(8));
  await rotation.tick();
  // It logs in every hour; the old key stays alive for as long as it does.
  expect(rotation.oldKey()).toMatchObject({ disabled: false, deleted: false });
  rotation.world.cis.setDestinationKey(rotation.ref(1), rotation.world.keyValue('foreign-key'));
  await endsWell(rotation);
});

test('A person deletes a job', async () => {
  const rotation = rotating();
  await rotation.untilPhase('confirming');
  rotation.world.cis.deleteJob(rotation.ref(1));
  await endsWell(rotation);
  const rotation2 = rotating();
  await rotation2.untilPhase('proving');
  rotation2.world.cis.deleteJob(rotation2.ref(2));
  await endsWell(rotation2);
});

test('Terraform puts the old key back', async () => {
  const rotation = rotating();
  await rotation.untilPhase('disabling');
  rotation.world.cis.setDestinationKey(rotation.ref(1), rotation.world.keyValue(OLD_KEY));
  await rotation.untilFinding('old-key-still-used');
  expect(rotation.oldKey()?.disabled).toBe(false);
  // Its use ends when Terraform reads the secret; then the rotation goes on by itself.
  const newKey = (await rotation.record())?.current?.newKeyId;
  const value = rotation.world.iam.liveKey(newKey ?? '')?.value ?? '';
  rotation.world.cis.setDestinationKey(rotation.ref(1), value);
  await endsWell(rotation);
});

test('Terraform puts the old key back: just before it is disabled, and IAM does not show it yet', async () => {
  const rotation = rotating();
  await rotation.untilPhase('disabling');
  rotation.pass(hours(25) - minutes(15));
  rotation.world.cis.setDestinationKey(rotation.ref(1), rotation.world.keyValue(OLD_KEY));
  await rotation.untilFinding('job-key-reverted');
  expect(rotation.oldKey()?.disabled).toBe(false);
  await endsWell(rotation);
  expect(rotation.keyIn(1)).toBe((await rotation.record())?.history.at(-1)?.newKeyId);
});

test('Somebody rotates the secret between two rotations', async () => {
  const rotation = rotating();
  await endsWell(rotation);
  const ours = rotation.keyIn(1);
  expect(
    await rotation.person('POST', '/versions', { payload: rotation.world.keyValue('foreign-key') }),
  ).toBe(201);
  const told = await rotation.tick();
  expect(told.findings.map(({ code }) => code)).toContain('secret-rotated-elsewhere');
  expect(told.actions).toEqual([]);
  // The key in the jobs is rotated in its time, although the secret no longer holds it, and ends up retired.
  rotation.pass(days(81));
  await rotation.until((record) => record?.history.length === 2 && record.suspects.length === 0);
  expect(rotation.keyIn(1)).not.toBe(ours);
  expect(rotation.invariants.violations).toEqual([]);
  expect(rotation.lostMinutes()).toBe(0);
  await rotation.until(() => rotation.world.iam.keys().find((key) => key.id === ours)?.deleted === true);
  expect(rotation.invariants.violations).toEqual([]);
});

test('Somebody rotates the secret during a rotation', async () => {
  const rotation = rotating();
  await rotation.untilPhase('confirming');
  // The guard lock refuses it; who has the right can remove the lock.
  const payload = { payload: rotation.world.keyValue('foreign-key') };
  expect(await rotation.person('POST', '/versions', payload)).toBe(412);
  expect(await rotation.person('DELETE', '/versions/previous/locks_bulk?name=logpush-keeper-guard')).toBe(
    200,
  );
  expect(await rotation.person('POST', '/versions', payload)).toBe(201);
  await rotation.untilOver();
  expect(rotation.codes).toContain('secret-rotated-elsewhere');
  expect(rotation.invariants.violations).toEqual([]);
  expect(rotation.lostMinutes()).toBe(0);
  expect(rotation.keyIn(2)).toBe((await rotation.record())?.history.at(-1)?.newKeyId);
});

test('Somebody puts the old key back into the secret', async () => {
  const rotation = rotating();
  await rotation.untilPhase('draining');
  await rotation.person('DELETE', '/versions/previous/locks_bulk?name=logpush-keeper-guard');
  await rotation.person('POST', '/versions', { payload: rotation.world.keyValue(OLD_KEY) });
  await rotation.untilFinding('secret-rotated-elsewhere');
  rotation.pass(days(2));
  await rotation.tick();
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  expect(rotation.invariants.violations).toEqual([]);
});

test('Somebody locks the previous version', async () => {
  const rotation = rotating();
  await rotation.untilPhase('draining');
  const locks = { locks: [{ name: 'billing-app', description: 'runs on the old key' }] };
  expect(await rotation.person('POST', '/versions/previous/locks_bulk', locks)).toBe(201);
  const told = await rotation.untilFinding('previous-version-locked');
  expect(told.findings.map(({ detail }) => detail).join()).toContain('billing-app');
  rotation.pass(days(3));
  await rotation.tick();
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  await rotation.person('DELETE', '/versions/previous/locks_bulk?name=billing-app');
  await endsWell(rotation);
});

test('The key quota fills up', async () => {
  const rotation = rotating();
  const old = rotation.world.iam.liveKeyByValue(rotation.world.keyValue(OLD_KEY));
  const fillers = Array.from({ length: 18 }, (_, n) =>
    rotation.world.iam.addKey({
      id: `ApiKey-filler-${n}`,
      name: `filler ${n}`,
      iamId: old?.iamId ?? '',
      accountId: old?.accountId ?? '',
      value: `TRACER-filler-${n}`,
      createdAt: rotation.world.now(),
      locked: false,
      disabled: false,
    }),
  );
  const told = await rotation.tick();
  expect(told.findings.map(({ code }) => code)).toContain('key-quota-full');
  expect(rotation.world.calls.map(({ operation }) => operation)).not.toContain('createApiKey');
  const [filler] = fillers;
  if (filler !== undefined) filler.deletedAt = rotation.world.now();
  await endsWell(rotation);
});

test('The role Sender goes and comes', async () => {
  const rotation = rotating();
  const iamId = rotation.oldKey()?.iamId ?? '';
  await rotation.untilPhase('confirming');
  rotation.world.iam.removePolicy(iamId, 'logs');
  const told = await rotation.untilFinding('destination-outage');
  expect(told.findings.map(({ severity }) => severity)).toContain('critical');
  // Both keys are refused alike: nothing is moved, nothing goes back.
  const moves = () => rotation.world.calls.filter((call) => call.operation === 'updateLogpushJob').length;
  const before = moves();
  rotation.pass(hours(2));
  await rotation.tick();
  expect(moves()).toBe(before);
  rotation.world.iam.addPolicy({
    iamId,
    accountId: rotation.world.file.accounts[0]?.id ?? '',
    service: 'logs',
    roles: ['Sender'],
  });
  await rotation.untilOver();
  expect(rotation.invariants.violations).toEqual([]);
  expect((await rotation.record())?.history.at(-1)?.outcome).toBe('complete');
});

test('The role Sender goes and comes: before the rotation, no job is touched', async () => {
  const rotation = rotating();
  const iamId = rotation.oldKey()?.iamId ?? '';
  rotation.world.iam.removePolicy(iamId, 'logs');
  const old = rotation.keyIn(1);
  rotation.pass(minutes(15));
  const told = await rotation.tick();
  expect(told.findings.map(({ code }) => code)).toContain('qualification-unclear');
  expect([rotation.keyIn(1), rotation.keyIn(2)]).toEqual([old, old]);
});

test('The secret expires', async () => {
  const rotation = rotating();
  await rotation.untilPhase('draining');
  // A person sets an expiry and takes the locks off: then nothing holds the secret.
  const expiry = { expiration_date: '2026-03-01T12:00:00Z' };
  expect(await rotation.person('PATCH', '/metadata', expiry)).toBe(200);
  await rotation.person('DELETE', '/versions/previous/locks_bulk');
  await rotation.person('DELETE', '/versions/current/locks_bulk');
  const told = await rotation.untilFinding('secret-unusable');
  expect(told.findings).toContainEqual(
    expect.objectContaining({ code: 'secret-unusable', severity: 'critical' }),
  );
  // The jobs push on with the new key, and the old one is not taken away without its successor at hand.
  rotation.pass(days(3));
  await rotation.tick();
  expect(rotation.lostMinutes()).toBe(0);
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  expect(rotation.invariants.violations).toEqual([]);
});

test('The secret is destroyed', async () => {
  const rotation = rotating();
  await rotation.untilPhase('draining');
  await rotation.person('DELETE', '/versions/previous/locks_bulk');
  await rotation.person('DELETE', '/versions/current/locks_bulk');
  expect(await rotation.person('DELETE', '')).toBe(204);
  await rotation.untilFinding('secret-unusable');
  expect(rotation.lostMinutes()).toBe(0);
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  expect(rotation.invariants.violations).toEqual([]);
});

test('Something unknown still uses the old key', async () => {
  const rotation = rotating();
  await rotation.untilPhase('disabling');
  const login = (): unknown =>
    rotation.world.iam.grantToken(rotation.world.keyValue(OLD_KEY), rotation.world.now());
  rotation.pass(hours(2));
  login();
  const told = await rotation.untilFinding('old-key-still-used');
  expect(told.findings.map(({ detail }) => detail).join()).toContain('last login 2026-03-01T');
  expect(rotation.oldKey()).toMatchObject({ disabled: false });
  // Unless it logs in again, it counts as gone after a week.
  const waits = told.waiting.find(({ subject }) => subject === 'binding edge-logs');
  expect((waits?.until ?? 0) - rotation.world.now()).toBeGreaterThan(days(5));
  await endsWell(rotation);
});

test('The configuration changes: a selector that comes is honoured, one that goes is not forgotten', async () => {
  const rotation = rotating({ jobs: 4 });
  await rotation.untilPhase('draining');
  // From now on only http_requests; the rotation still owns the other jobs that it was begun for.
  rotation.configure((text) =>
    text.replace(
      'jobs:\n      - destination:',
      'jobs:\n      - dataset: http_requests\n        destination:',
    ),
  );
  await endsWell(rotation);
  const newKeyId = (await rotation.record())?.history.at(-1)?.newKeyId;
  expect([1, 2, 3, 4].map((job) => rotation.keyIn(job))).toEqual(Array(4).fill(newKeyId));
});

test('The configuration loses the binding', async () => {
  const rotation = rotating();
  await rotation.untilPhase('confirming');
  rotation.configure((text) => text.replace(/bindings:[\s\S]*/, 'bindings: []\n'));
  const told = await rotation.untilFinding('binding-lost');
  expect(told.findings.map(({ todo }) => todo).join()).toContain('keeper rotation abandon');
  await endsWell(rotation);
  expect(rotation.oldKey()?.deleted).toBe(true);
});
