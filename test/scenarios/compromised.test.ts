import { expect, test } from 'vitest';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { readRecord } from '../../shared/sweeps/records.ts';
import { arbitrary, aWorld, storeNewKey, withKeysOfOthers } from '../support/managed.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/** Somebody else has a key. The sections of docs/runbook.md have the same names. */
const SECRET = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
/** It was made by hand, without our stamp, and nothing adopts it. */
const KEY = 'ApiKey-f90bf1c7-057e-4812-8a1b-969f7a58cfbf';
const OWNER = 'iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f';

const recordOf = async ({ ledger }: VirtualKeeper) =>
  (await readRecord(ledger, 'edge-logs', { id: SECRET })).record;
const keyOf = ({ world }: VirtualKeeper, id = KEY) => world.iam.keys().find((key) => key.id === id);
const lost = ({ world }: VirtualKeeper): number =>
  world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0);
const carrying = ({ world }: VirtualKeeper, id = KEY): number =>
  [...world.cis.jobs()].filter(({ destination }) => world.iam.keyIdOf(destination.apiKey) === id).length;

const cut = (keeper: VirtualKeeper, how: string, ...more: readonly string[]) =>
  keeper.cli('rotate-keys', '--compromised', KEY, '--cut', how, ...more);
const reportOf = ({ out }: { readonly out: string }): RunReport => JSON.parse(out) as RunReport;

function adopted(file: WorldFile): void {
  const [secret] = file.secretsManagers[0]?.secrets ?? [];
  if (secret?.type !== 'arbitrary' || secret.binding === undefined) throw new Error('the world has changed');
  secret.binding.adopt = 'disable';
}

async function untilOver(keeper: VirtualKeeper) {
  for (const endsAt = keeper.clock.now() + days(9); keeper.clock.now() < endsAt; ) {
    await keeper.runEvery(minutes(15), 'rotate-keys', hours(1));
    const record = await recordOf(keeper);
    if (record.current === undefined) return record;
  }
  throw new Error('the rotation does not end');
}

test('Who uses it: told without --yes', async () => {
  const keeper = virtualKeeper();
  const { code, out } = await cut(keeper, 'now');
  expect(code).toBe(2);
  expect(out).toContain(`Key ${KEY} belongs to ${OWNER}`);
  expect(out).toContain('Binding edge-logs: its secret holds it.');
  expect(out).toMatch(/Jobs that carry it: .*700101 \(http_requests of shop\.example\)/);
  expect(out).toContain('Nothing was changed.');
  expect(keyOf(keeper)).toMatchObject({ disabled: false });
  expect(await keeper.ledger.list('rotations/')).toEqual([]);
  expect(keeper.world.calls.every(({ method }) => method === 'GET' || method === 'POST')).toBe(true);
});

test('Who uses it: jobs whose key CIS hides', async () => {
  const keeper = virtualKeeper({
    change: (file) => {
      file.settings.cis.keysOnRead = 'masked';
    },
  });
  const { out } = await cut(keeper, 'now');
  expect(out).toContain('No job shows this key.');
  expect(out).toMatch(/Jobs that may carry it, for CIS hides their keys: .*700101/);
});

test('Cut after the move: all jobs move at once, then the key is disabled, and nothing else waits for a drain', async () => {
  const keeper = virtualKeeper();
  const { findings, actions } = reportOf(await cut(keeper, 'after-move', '--yes', '--json'));
  expect(carrying(keeper)).toBe(0);
  expect(keyOf(keeper)).toMatchObject({ disabled: true, deleted: false });
  const kinds = actions.filter(({ outcome }) => outcome === 'applied').map(({ kind }) => kind);
  expect(kinds.lastIndexOf('move-job')).toBeLessThan(kinds.indexOf('cut-key'));
  expect(findings).toContainEqual(expect.objectContaining({ code: 'key-cut', subject: `key ${KEY}` }));
  expect(findings.find(({ code }) => code === 'key-cut')?.detail).toMatch(/may work until 2026-03-01T0\d:/);
  const record = await untilOver(keeper);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', reason: 'compromised' });
  // It is not ours to delete.
  expect(keyOf(keeper)).toMatchObject({ disabled: true, deleted: false });
});

test('Cut now: the key is disabled first, and all jobs get another at once', async () => {
  const keeper = virtualKeeper();
  const { actions } = reportOf(await cut(keeper, 'now', '--yes', '--json'));
  const kinds = actions.filter(({ outcome }) => outcome === 'applied').map(({ kind }) => kind);
  expect(kinds[0]).toBe('cut-key');
  expect(carrying(keeper)).toBe(0);
  const record = await untilOver(keeper);
  expect(record.history.at(-1)).toMatchObject({ outcome: 'complete', reason: 'key-disabled' });
  expect(keyOf(keeper)).toMatchObject({ disabled: true, deleted: false });
  // What it costs is what CIS pushes with the old key until it has taken the new one over.
  expect(lost(keeper)).toBeLessThan(20 * 20);
});

test.each([
  ['after-move', 'draining'],
  ['after-move', 'proving'],
  ['after-move', 'disabling'],
  ['now', 'draining'],
  ['now', 'proving'],
])('Cut now: %s while its rotation is %s, which does not wait', async (how, wanted) => {
  // Adopted: only then does a rotation come to disabling.
  const keeper = virtualKeeper({ change: adopted });
  for (let phase: string | undefined; phase !== wanted; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper)).current?.phase;
  }
  await cut(keeper, how, '--yes');
  expect(keyOf(keeper)).toMatchObject({ disabled: true });
  const record = await untilOver(keeper);
  expect(record.history).toHaveLength(1);
  expect(keyOf(keeper)).toMatchObject({ disabled: true });
});

test('Cut now: a key that the jobs are being moved to is cut now, or not at all', async () => {
  const keeper = virtualKeeper();
  for (let phase: string | undefined; phase !== 'confirming'; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper)).current?.phase;
  }
  const made = (await recordOf(keeper)).current?.newKeyId ?? '';
  const refused = reportOf(
    await keeper.cli('rotate-keys', '--compromised', made, '--cut', 'after-move', '--yes', '--json'),
  );
  expect(refused.findings).toContainEqual(expect.objectContaining({ code: 'compromised-new-key' }));
  expect(keyOf(keeper, made)).toMatchObject({ disabled: false });
  await keeper.cli('rotate-keys', '--compromised', made, '--cut', 'now', '--yes');
  expect(keyOf(keeper, made)).toMatchObject({ disabled: true });
  expect(carrying(keeper, made)).toBe(0);
  expect((await untilOver(keeper)).history.map(({ outcome }) => outcome)).toEqual(['key-died', 'complete']);
});

test('Cut after the move: a key that failing jobs need stays off', async () => {
  const keeper = virtualKeeper();
  await cut(keeper, 'after-move', '--yes');
  const [job] = keeper.world.cis.jobs();
  if (job === undefined) throw new Error('no job');
  const value = keeper.world.keyValue('edge-logs-key');
  const { instanceCrn, zoneId, id: jobId } = job;
  keeper.world.cis.setDestinationKey({ instanceCrn, zoneId, jobId }, value);
  await keeper.runEvery(minutes(15), 'rotate-keys', days(3));
  expect(keyOf(keeper)).toMatchObject({ disabled: true });
});

test.each([
  [['--compromised', KEY], '--cut'],
  [['--cut', 'now'], '--compromised KEY_ID goes with'],
  [['--compromised', KEY, '--cut', 'soon'], '--cut after-move or --cut now'],
  [['--compromised', 'not-an-id', '--cut', 'now'], 'never the key itself'],
  [['--compromised', KEY, '--cut', 'now', '--force', 'edge-logs'], 'neither'],
])('Who uses it: %j is refused', async (args, why) => {
  const keeper = virtualKeeper();
  const { code, err } = await keeper.cli('rotate-keys', ...args);
  expect([code, err]).toEqual([1, expect.stringContaining(why)]);
  expect(keeper.world.calls).toEqual([]);
});

test('Who uses it: nobody knows the key', async () => {
  const keeper = virtualKeeper();
  const { code, out } = await keeper.cli(
    'rotate-keys',
    '--compromised',
    'ApiKey-none',
    '--cut',
    'now',
    '--yes',
  );
  expect([code, out]).toEqual([1, expect.stringContaining('No account of the configuration shows key')]);
});

test('Cut after the move: jobs that carry the key although the secret holds a newer one are moved first', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  await storeNewKey(keeper);
  const { actions } = reportOf(await cut(keeper, 'after-move', '--yes', '--json'));
  const kinds = actions.filter(({ outcome }) => outcome === 'applied').map(({ kind }) => kind);
  expect(kinds.lastIndexOf('move-job')).toBeLessThan(kinds.indexOf('cut-key'));
  expect([carrying(keeper), keyOf(keeper)?.disabled]).toEqual([0, true]);
});

test('Cut after the move: a key that no rotation takes from its jobs is left to a person', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  await storeNewKey(keeper);
  await untilOver(keeper);
  const [job] = keeper.world.cis.jobs();
  if (job === undefined) throw new Error('no job');
  const { instanceCrn, zoneId, id: jobId } = job;
  keeper.world.cis.setDestinationKey({ instanceCrn, zoneId, jobId }, keeper.world.keyValue('edge-logs-key'));
  const { findings } = reportOf(await cut(keeper, 'after-move', '--yes', '--json'));
  expect(findings).toContainEqual(expect.objectContaining({ code: 'compromised-in-use' }));
  expect(keyOf(keeper)).toMatchObject({ disabled: false });
});

test('Cut after the move: what was said stands until the jobs can be given another key', async () => {
  const keeper = withKeysOfOthers();
  await cut(keeper, 'after-move', '--yes');
  const [report] = await keeper.runEvery(minutes(15), 'rotate-keys', minutes(15));
  expect(report?.findings).toContainEqual(
    expect.objectContaining({ code: 'key-compromised', severity: 'critical', subject: `key ${KEY}` }),
  );
  expect([carrying(keeper) > 0, keyOf(keeper)?.disabled]).toEqual([true, false]);
  await storeNewKey(keeper);
  await keeper.run('rotate-keys');
  expect([carrying(keeper), keyOf(keeper)?.disabled]).toEqual([0, true]);
  const [after] = await keeper.runEvery(minutes(15), 'rotate-keys', minutes(15));
  expect(after?.findings.map(({ code }) => code)).not.toContain('key-compromised');
});

/** Others make the keys, and a hold keeps one of the jobs for two days. */
const withHeldJob = (): VirtualKeeper =>
  virtualKeeper({
    file: aWorld(arbitrary(), 'edge-logs-key'),
    changeConfig: (text) =>
      `${text}holds:\n  - { job: 700101, reason: frozen, until: '2026-03-03T00:00:00Z' }\n`,
  });

test('Cut after the move: a job on hold keeps the key alive, also where others make the keys', async () => {
  const keeper = withHeldJob();
  await keeper.run('rotate-keys');
  await storeNewKey(keeper);
  await keeper.run('rotate-keys');
  await cut(keeper, 'after-move', '--yes');
  await keeper.runEvery(minutes(15), 'rotate-keys', days(1));
  expect([carrying(keeper), keyOf(keeper)?.disabled]).toEqual([1, false]);
  await keeper.runEvery(minutes(15), 'rotate-keys', days(1));
  expect([carrying(keeper), keyOf(keeper)?.disabled]).toEqual([0, true]);
});

test('Cut after the move: said while a rotation goes on without a held job, it waits for that job', async () => {
  const keeper = withHeldJob();
  await keeper.run('rotate-keys');
  await storeNewKey(keeper);
  for (let phase: string | undefined; phase !== 'proving'; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper)).current?.phase;
  }
  await cut(keeper, 'after-move', '--yes');
  expect([carrying(keeper), keyOf(keeper)?.disabled]).toEqual([1, false]);
  await keeper.runEvery(minutes(15), 'rotate-keys', days(3));
  expect([carrying(keeper), keyOf(keeper)?.disabled]).toEqual([0, true]);
});

test.each(['disabled', 'deleted'])(
  'Cut after the move: a key that a person has %s meanwhile is forgotten, and its binding goes on',
  async (how) => {
    const keeper = withKeysOfOthers();
    await cut(keeper, 'after-move', '--yes');
    const key = keeper.world.iam.liveKey(KEY);
    if (key === undefined) throw new Error('the world has changed');
    if (how === 'disabled') key.disabled = true;
    else key.deletedAt = keeper.world.now();
    await storeNewKey(keeper);
    const report = await keeper.run('rotate-keys');
    expect(report.findings.map(({ code }) => code)).not.toContain('key-compromised');
    expect(carrying(keeper)).toBe(0);
    expect(await recordOf(keeper)).not.toHaveProperty('compromisedKeyId');
  },
);
