import { expect, test } from 'vitest';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import {
  aWorld,
  iamCredentials,
  keysOfJobs,
  MADE,
  recordOf,
  rotated,
  storeNewKey,
  withKeysOfOthers,
} from '../support/managed.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * What becomes of jobs that were given a key which others made. Each situation is a section of docs/runbook.md, under the same
 * words.
 */
const JOB = 700101;
const OLD = 'edge-logs-key';

/** Somebody turns a job back to the key of before. */
function turnBack({ world }: VirtualKeeper): void {
  const job = [...world.cis.jobs()].find(({ id }) => id === JOB);
  if (job === undefined) throw new Error('the world has changed');
  const { instanceCrn, zoneId } = job;
  world.cis.setDestinationKey({ instanceCrn, zoneId, jobId: JOB }, world.keyValue(OLD));
}

async function untilPhase(keeper: VirtualKeeper, wanted: string): Promise<void> {
  for (let phase: string | undefined; phase !== wanted; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper)).current?.phase;
  }
}

test('A job is turned back to the key before', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await rotated(keeper);
  turnBack(keeper);
  const record = await rotated(keeper);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', reason: 'job-without-key' });
  expect(record.history.at(-1)?.jobs).toMatchObject({ kept: 11, proven: 1 });
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('A job is turned back to the key before: while others are proven it does not pass for proven', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await untilPhase(keeper, 'draining');
  turnBack(keeper);
  await rotated(keeper);
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('A job comes later', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await rotated(keeper);
  const { world } = keeper;
  const like = [...world.cis.jobs()].find(({ id }) => id === JOB);
  if (like === undefined) throw new Error('the world has changed');
  const { instanceCrn, zoneId, dataset, frequency } = like;
  const { destination } = like;
  world.cis.addJob({ instanceCrn, zoneId, name: 'later', dataset, frequency, enabled: true, destination });
  const later = [...world.cis.jobs()].find(({ name }) => name === 'later');
  world.cis.setDestinationKey({ instanceCrn, zoneId, jobId: later?.id ?? 0 }, world.keyValue(OLD));
  await rotated(keeper);
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('A newer version appears meanwhile: it ends a way back as well', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const bad = await storeNewKey(keeper);
  await untilPhase(keeper, 'confirming');
  keeper.world.iam.refuseLogins(bad);
  let good: string | undefined;
  for (const endsAt = keeper.clock.now() + days(2); keeper.clock.now() < endsAt && good === undefined; ) {
    await keeper.runEvery(minutes(15), 'rotate-keys', minutes(15));
    const { current } = await recordOf(keeper);
    if (current?.phase === 'rolling-back' || current === undefined) good = await storeNewKey(keeper);
  }
  await keeper.runEvery(minutes(15), 'rotate-keys', days(2));
  expect(await keysOfJobs(keeper)).toEqual([good]);
});

test('Its rotation was abandoned', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const made = await storeNewKey(keeper);
  await untilPhase(keeper, 'confirming');
  await keeper.cli('rotation', 'abandon', 'edge-logs', '--yes');
  const [report] = await keeper.runEvery(days(1), 'rotate-keys', days(2));
  expect(report?.findings).toContainEqual(expect.objectContaining({ code: 'carry-abandoned' }));
  expect(await keysOfJobs(keeper)).toHaveLength(2);
  await keeper.run('rotate-keys', { forced: ['edge-logs'] });
  await rotated(keeper);
  expect(await keysOfJobs(keeper)).toEqual([made]);
});

test('A hold outlasts the key before', async () => {
  const keeper = virtualKeeper({
    file: aWorld(iamCredentials({ createdDaysAgo: 83 }), MADE),
    changeConfig: (text) => `${text}holds:\n  - { job: ${JOB}, reason: frozen }\n`,
  });
  const [first, ...later] = await keeper.runEvery(hours(6), 'rotate-keys', days(9));
  expect(first?.findings).toEqual([]);
  // From the move of the others on: neither the rotation's end nor the next daily look makes it pass.
  expect(later.length).toBeGreaterThan(30);
  for (const { findings } of later)
    expect(findings).toContainEqual(
      expect.objectContaining({
        code: 'job-without-key',
        severity: 'critical',
        subject: `job ${JOB} (http_requests of shop.example)`,
        detail: expect.stringContaining('a hold says so: frozen'),
      }),
    );
  expect(await recordOf(keeper)).toMatchObject({ history: [{ outcome: 'complete' }] });
});
