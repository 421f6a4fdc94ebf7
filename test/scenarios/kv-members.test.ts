import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { hours, minutes } from '../../shared/domain/time.ts';
import {
  aWorld,
  currentKeyId,
  keysOfJobs,
  keyValue,
  lost,
  payloadOf,
  person,
  recordOf,
  rotated,
} from '../support/managed.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** Two bindings, each with a member of one `kv` secret. Each situation is a section of docs/runbook.md, under the same words. */

const MEMBERS = {
  edge: { apiKey: 'edge-logs-key', binding: { name: 'edge-logs', managedBy: 'keeper', adopt: 'disable' } },
  audit: { apiKey: 'second-key', binding: { name: 'second', managedBy: 'keeper', adopt: 'disable' } },
  note: 'kept as it is',
} as const;

/** Both push to the same Cloud Logs instance: each binding takes one CIS instance. */
function apart(text: string): string {
  const config = parse(text) as { bindings: { jobs: object[] }[]; instances: { crn: string }[] };
  for (const [n, { jobs }] of config.bindings.entries())
    for (const selector of jobs) Object.assign(selector, { instance: config.instances[n]?.crn });
  return stringify(config);
}

function sharing(secondIsDue = true, ledger = createMemoryLedger()) {
  const file = aWorld(keyValue(MEMBERS), 'edge-logs-key');
  const logpush = file.accounts[0]?.serviceIds.find(({ name }) => name === 'logpush-edge');
  logpush?.apiKeys.push({
    name: 'second-key',
    id: 'ApiKey-00000000-0000-4000-8000-000000000002',
    createdDaysAgo: secondIsDue ? 85 : 5,
    disabled: false,
    locked: false,
  });
  for (const { zones } of file.cis.slice(1))
    for (const { jobs } of zones)
      for (const job of jobs) if (job.apiKey === 'edge-logs-key') job.apiKey = 'second-key';
  return virtualKeeper({ file, changeConfig: apart, ledger });
}

test('Two bindings are due at once', async () => {
  const keeper = sharing();
  const { waiting, findings } = await keeper.run('rotate-keys');
  expect(waiting[1]).toMatchObject({
    subject: 'binding second',
    waitsFor: 'the rotation of binding edge-logs, whose key is in the same secret',
  });
  expect(findings).toContainEqual(expect.objectContaining({ code: 'rotation-waits-for-neighbour' }));
  const first = (await rotated(keeper, 'edge')).history[0];
  const edge = currentKeyId(keeper, 'edge');
  const second = (await rotated(keeper, 'audit', 'second')).history[0];
  expect(second?.startedAt).toBeGreaterThanOrEqual(first?.endedAt ?? Number.POSITIVE_INFINITY);
  expect(currentKeyId(keeper, 'edge')).toBe(edge);
  expect(new Set(await keysOfJobs(keeper))).toEqual(new Set([edge, currentKeyId(keeper, 'audit')]));
  expect(payloadOf(keeper, 'note')).toBe('kept as it is');
  expect(lost(keeper)).toBe(0);
});

test('Somebody changes another member', async () => {
  const keeper = sharing(false);
  await rotated(keeper, 'edge');
  const data = { edge: payloadOf(keeper, 'edge'), audit: payloadOf(keeper, 'audit'), note: 'changed' };
  await person(keeper, 'POST', '/versions', { data });
  keeper.clock.advance(minutes(15));
  const { findings, actions } = await keeper.run('rotate-keys');
  expect([findings, actions]).toEqual([[], []]);
  // The next rotation repeats what is there by then.
  const before = currentKeyId(keeper, 'edge');
  await keeper.run('rotate-keys', { forced: ['edge-logs'] });
  await rotated(keeper, 'edge');
  expect(currentKeyId(keeper, 'edge')).not.toBe(before);
  expect(payloadOf(keeper, 'note')).toBe('changed');
  expect(payloadOf(keeper, 'audit')).toBe(data.audit);
});

test('The record of the other member cannot be read', async () => {
  const keeper = sharing();
  await keeper.run('rotate-keys');
  const key = `rotations/f344c42a-efb9-4ebd-8ad0-02caf39bbcef_edge.json`;
  const stored = await keeper.ledger.read(key);
  await keeper.ledger.write(
    key,
    JSON.stringify({ ...JSON.parse(stored?.body ?? ''), schema: 3 }),
    stored?.tag,
  );
  keeper.clock.advance(hours(1));
  keeper.world.calls.length = 0;
  const { findings, actions } = await keeper.run('rotate-keys');
  expect(findings.map(({ code, subject }) => [code, subject])).toEqual([
    ['binding-failed', 'binding edge-logs'],
    ['binding-failed', 'binding second'],
  ]);
  expect([actions, keeper.world.calls]).toEqual([[], []]);
});

/** Until the first binding's rotation is in this phase. */
async function untilPhase(keeper: ReturnType<typeof sharing>, wanted: string): Promise<void> {
  for (let phase: string | undefined; phase !== wanted; keeper.clock.advance(minutes(15))) {
    await keeper.run('rotate-keys');
    phase = (await recordOf(keeper, 'edge')).current?.phase;
  }
}

test('Two bindings are due at once: one whose rotation was abandoned is not waited for', async () => {
  const keeper = sharing();
  await untilPhase(keeper, 'draining');
  await keeper.cli('rotation', 'abandon', 'edge-logs', '--yes');
  expect((await rotated(keeper, 'audit', 'second')).history.at(-1)?.outcome).toBe('complete');
});

test('Two bindings are due at once: a way back that lost its ledger goes on before the other begins', async () => {
  const ledger = createMemoryLedger();
  const keeper = sharing(true, ledger);
  await untilPhase(keeper, 'confirming');
  const made = (await recordOf(keeper, 'edge')).current?.newKeyId ?? '';
  keeper.world.iam.refuseLogins(made);
  await untilPhase(keeper, 'restoring');
  ledger.clear();
  // The other one comes first, and alone.
  const config = parse(keeper.configText) as { bindings: object[] };
  const { waiting } = await keeper.run('rotate-keys', {
    text: stringify({ ...config, bindings: config.bindings.slice(1) }),
  });
  expect(waiting).toMatchObject([{ waitsFor: 'the way back of another member of the same secret' }]);
  await rotated(keeper, 'edge');
  expect(currentKeyId(keeper, 'edge')).not.toBe(made);
});
