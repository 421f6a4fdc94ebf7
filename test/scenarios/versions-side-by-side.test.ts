import { expect, test } from 'vitest';
import type { FleetReport } from '../../shared/domain/fleet-report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { rotating } from '../support/rotating.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * Keepers of two versions share a ledger while one is exchanged for the other. The situation is a section of docs/runbook.md,
 * under the same words.
 */

const EDGE = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
const RECORD = `rotations/${EDGE}.json`;

const bodyOf = async ({ ledger }: VirtualKeeper, key: string) => (await ledger.read(key))?.body;

/** Another version of the keeper has written a document, and in it something that this one may not know. */
async function rewritten({ ledger }: VirtualKeeper, key: string, schema: number): Promise<string> {
  const stored = await ledger.read(key);
  const body = JSON.stringify({ ...JSON.parse(stored?.body ?? '{}'), schema, more: true });
  await ledger.write(key, body, stored?.tag);
  return body;
}

const saysToUpdate = (key: string) =>
  expect.stringMatching(
    new RegExp(
      `^ledger document ${key} was written by a newer version of the keeper \\(.*\\): update this one$`,
    ),
  );

/** One binding is left alone, and said to be; the other is rotated. */
async function leavesEdgeAlone(keeper: VirtualKeeper, key: string): Promise<void> {
  keeper.world.calls.length = 0;
  const report = await keeper.run('rotate-keys');
  expect(report.outcome).toBe('partial');
  expect(report.findings).toContainEqual(
    expect.objectContaining({
      code: 'binding-failed',
      subject: 'binding edge-logs',
      detail: saysToUpdate(key),
    }),
  );
  expect(keeper.world.calls.filter(({ path }) => path.includes(EDGE))).toEqual([]);
  expect(report.waiting.map(({ subject }) => subject)).toEqual(['binding audit-logs']);
  expect(report.actions).not.toEqual([]);
}

test('Keepers of two versions: a newer record of a rotation stops this one, and other bindings go on', async () => {
  const keeper = virtualKeeper();
  await keeper.run('rotate-keys');
  const body = await rewritten(keeper, RECORD, 3);
  keeper.clock.advance(hours(1));
  await leavesEdgeAlone(keeper, RECORD);
  expect(await bodyOf(keeper, RECORD)).toBe(body);
  const { code, err } = await keeper.cli('rotation', 'abandon', 'edge-logs', '--yes');
  expect([code, err]).toEqual([1, expect.stringContaining('update this one')]);
});

test('Keepers of two versions: a newer lease stops this one, and other bindings go on', async () => {
  const keeper = virtualKeeper();
  const key = `leases/${EDGE}.json`;
  const body = await rewritten(keeper, key, 2);
  await leavesEdgeAlone(keeper, key);
  expect(await bodyOf(keeper, key)).toBe(body);
  expect(await bodyOf(keeper, RECORD)).toBeUndefined();
});

test('Keepers of two versions: a newer record of a binding that this one has not is told, and all go on', async () => {
  const keeper = virtualKeeper();
  const key = 'rotations/0f7c6a52-0000-4000-8000-00000000beef.json';
  const body = await rewritten(keeper, key, 3);
  const { findings, waiting } = await keeper.run('rotate-keys');
  expect(findings).toContainEqual(
    expect.objectContaining({ code: 'binding-failed', detail: saysToUpdate(key) }),
  );
  expect(waiting.map(({ subject }) => subject)).toEqual(['binding edge-logs', 'binding audit-logs']);
  expect(await bodyOf(keeper, key)).toBe(body);
});

test('Keepers of two versions: an older record is taken over as it stands', async () => {
  const ledger = createMemoryLedger();
  // For the first two hours an older keeper has the rotation.
  let isOld = true;
  const rotation = rotating(
    {},
    {
      ledger: {
        ...ledger,
        write: (key, body, tag) =>
          ledger.write(
            key,
            isOld && key.startsWith('rotations/') ? body.replace('"schema": 2', '"schema": 1') : body,
            tag,
          ),
      },
    },
  );
  await rotation.untilPhase('draining');
  isOld = false;
  const before = await rotation.record();
  expect(before).toMatchObject({ schema: 1, current: { phase: 'draining' } });
  await rotation.untilOver();
  const after = await rotation.record();
  expect(after).toMatchObject({ schema: 2, history: [{ outcome: 'complete' }] });
  expect(after?.history[0]?.newKeyId).toBe(before?.current?.newKeyId);
  expect(rotation.invariants.violations).toEqual([]);
  expect(rotation.lostMinutes()).toBe(0);
});

const CIS = 'e62e2ea9-4d83-466f-8278-c975d967be57';
const INCIDENTS = `incidents/${CIS}.json`;
const OBSERVATION = `observations/${CIS}.json`;

test.each<[string, number, FunctionName]>([
  [OBSERVATION, 3, 'check-logpush'],
  [OBSERVATION, 3, 'reenable-logpush'],
  [INCIDENTS, 2, 'check-logpush'],
  [INCIDENTS, 2, 'reenable-logpush'],
])('Keepers of two versions: a newer %s, schema %i, stops %s', async (key, schema, name) => {
  const keeper = virtualKeeper();
  await keeper.run('check-logpush');
  const body = await rewritten(keeper, key, schema);
  keeper.clock.advance(minutes(10));
  const { findings, actions } = await keeper.run(name);
  expect(findings).toContainEqual(expect.objectContaining({ detail: saysToUpdate(key) }));
  expect(actions).toEqual([]);
  expect(await bodyOf(keeper, key)).toBe(body);
});

// The first saves calls, the second is a report and decides nothing; who does not know the budget takes a small share of it.
test.each<[string, number, FunctionName]>([
  [OBSERVATION, 3, 'rotate-keys'],
  ['runs/check-logpush.json', 2, 'check-logpush'],
  ['budgets/iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28.json', 2, 'check-logpush'],
])('Keepers of two versions: beside a newer %s, schema %i, %s goes on', async (key, schema, name) => {
  const keeper = virtualKeeper();
  await keeper.run('check-logpush');
  expect(await bodyOf(keeper, key)).toBeDefined();
  const body = await rewritten(keeper, key, schema);
  keeper.clock.advance(minutes(10));
  const { findings, calls } = await keeper.run(name);
  expect(findings.filter(({ severity }) => severity === 'critical')).toEqual([]);
  expect(calls['cis listLogpushJobs']).toBeGreaterThan(0);
  expect(await bodyOf(keeper, key)).toBe(body);
});

test('Keepers of two versions: status and report tell all but the record that a newer one wrote', async () => {
  const keeper = virtualKeeper();
  await keeper.run('check-logpush');
  await keeper.run('rotate-keys');
  await rewritten(keeper, RECORD, 3);
  const status = await keeper.cli('status');
  expect(status.code).toBe(2);
  expect(status.out).toContain('binding audit-logs');
  expect(status.out).not.toContain('binding edge-logs');
  expect(status.out).toContain(
    `could not be read\n  ledger document ${RECORD} was written by a newer version`,
  );
  const report = JSON.parse((await keeper.cli('report', '--json')).out) as FleetReport;
  expect(report.rotations.map(({ binding }) => binding)).toEqual(['audit-logs']);
  expect(report.keys.map(({ binding }) => binding)).toEqual(['audit-logs']);
  expect(report.unreadable).toEqual([saysToUpdate(RECORD)]);
  const [crn = ''] = report.instances.map((instance) => instance.crn);
  await rewritten(keeper, `observations/${crn.split(':').at(7)}.json`, 9);
  const again = JSON.parse((await keeper.cli('report', '--json')).out) as FleetReport;
  expect(again.instances.map(({ zones }) => zones.length > 0)).toEqual([false, true]);
  expect(again.unreadable).toHaveLength(2);
});
