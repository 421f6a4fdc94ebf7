import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import { parseEvent } from '../../shared/runtime/trigger.ts';
import { readRecord } from '../../shared/sweeps/records.ts';
import { readRun } from '../../shared/sweeps/runs.ts';
import { secretCrn, secretEvent } from '../support/secret-event.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * Notifications of Secrets Manager start runs of rotate-keys. Each situation is a section of docs/runbook.md, under the same
 * words.
 */

/** Two bindings, both due: what was left alone shows that a run was narrowed. */
const EDGE = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
const AUDIT = 'baa46744-7811-4891-8893-aec55f7c178d';

function notified() {
  const keeper = virtualKeeper();
  const { world, clock, ledger } = keeper;
  const phaseOf = async (binding: string, secretId: string) =>
    (await readRecord(ledger, binding, { id: secretId })).record.current?.phase;
  return {
    keeper,
    world,
    clock,
    ledger,
    receive: (text: string) => keeper.run('rotate-keys', { trigger: { kind: 'event', ...parseEvent(text) } }),
    /** What rotations are under way. */
    phases: async () => [await phaseOf('edge-logs', EDGE), await phaseOf('audit-logs', AUDIT)],
    mints: () => world.calls.filter(({ operation }) => operation === 'createApiKey').length,
    kept: () => readRun(ledger, 'rotate-keys'),
  };
}

/** Nothing was called, done, or kept. */
async function leadsToNothing(fleet: ReturnType<typeof notified>, text: string) {
  fleet.world.calls.length = 0;
  const before = await fleet.ledger.list('');
  const report = await fleet.receive(text);
  expect(fleet.world.calls).toEqual([]);
  expect(report).toMatchObject({ actions: [], waiting: [], rotations: [], calls: {} });
  expect(await fleet.ledger.list('')).toEqual(before);
  return report;
}

test('A secret was rotated', async () => {
  const fleet = notified();
  const report = await fleet.receive(secretEvent({ type: 'secret_rotated', secretIds: [AUDIT] }));
  expect(report.trigger).toEqual({
    kind: 'event',
    id: '3b1d0c8e-aaaa-4bbb-8ccc-000000000001',
    type: 'secret_rotated',
    bindings: ['audit-logs'],
  });
  expect(report.waiting.map(({ subject }) => subject)).toEqual(['binding audit-logs']);
  expect(await fleet.phases()).toEqual([undefined, 'confirming']);
});

test('A secret was rotated: by ourselves, which leads to a look and to nothing else', async () => {
  const fleet = notified();
  await fleet.keeper.run('rotate-keys');
  const minted = fleet.mints();
  fleet.clock.advance(minutes(2));
  const report = await fleet.receive(secretEvent({ secretIds: [EDGE, AUDIT] }));
  expect(report.actions).toEqual([]);
  expect(fleet.mints()).toBe(minted);
});

test('A secret was rotated: a narrowed run is not kept as a run of the schedule', async () => {
  const fleet = notified();
  await fleet.receive(secretEvent({ secretIds: [AUDIT] }));
  expect(await fleet.kept()).toBeUndefined();
  await fleet.keeper.run('rotate-keys', { trigger: { kind: 'schedule' } });
  const kept = await fleet.kept();
  expect(kept).toMatchObject({ trigger: { kind: 'schedule' } });
  expect(Object.keys(kept?.keys ?? {})).toEqual(['edge-logs', 'audit-logs']);
  fleet.clock.advance(hours(1));
  await fleet.receive(secretEvent({ secretIds: [AUDIT] }));
  expect(await fleet.kept()).toEqual(kept);
});

test('A secret was rotated: its binding is lost from the configuration, and its rotation goes on', async () => {
  const fleet = notified();
  await fleet.keeper.run('rotate-keys');
  const text = fleet.keeper.configText.replace(/ {2}- name: audit-logs[\s\S]*/, '');
  const trigger = { kind: 'event', ...parseEvent(secretEvent({ secretIds: [AUDIT] })) } as const;
  fleet.clock.advance(hours(1));
  const report = await fleet.keeper.run('rotate-keys', { text, trigger });
  expect(report.trigger?.bindings).toEqual(['audit-logs']);
  expect(report.findings.map(({ code }) => code)).toContain('binding-lost');
  expect(await fleet.phases()).toEqual(['confirming', 'draining']);
});

test('A secret is about to expire', async () => {
  for (const subType of ['in_90_days', 'in_60_days', 'in_30_days', 'in_10_days', 'in_1_day', 'in_0_days']) {
    const fleet = notified();
    const text = secretEvent({ type: 'secret_about_to_expire', subType, secretIds: [EDGE] });
    const { trigger } = await fleet.receive(text);
    expect(trigger).toMatchObject({ type: `secret_about_to_expire:${subType}`, bindings: ['edge-logs'] });
    expect(await fleet.phases()).toEqual(['confirming', undefined]);
  }
});

test('A secret has expired', async () => {
  const fleet = notified();
  const report = await fleet.receive(secretEvent({ type: 'secret_expired', secretIds: [EDGE] }));
  expect(report.trigger?.bindings).toEqual(['edge-logs']);
  // What the event claims is not what Secrets Manager says: the key is due, and no more than that.
  expect(report.findings.map(({ code }) => code)).not.toContain('secret-unusable');
  expect(report.rotations.map(({ reason }) => reason)).toEqual(['expires-soon']);
});

test('A test event', async () => {
  const fleet = notified();
  const text = secretEvent({
    type: 'test_event',
    secretIds: [EDGE],
    data: { secret_type: 'test_secret_type' },
  });
  const report = await leadsToNothing(fleet, text);
  expect(report).toMatchObject({ outcome: 'ok', findings: [], trigger: { ignored: 'it is a test event' } });
});

test('The id of a secret is a UUID', async () => {
  const fleet = notified();
  const report = await fleet.receive(secretEvent({ secretIds: [EDGE.toUpperCase()] }));
  expect(report.trigger?.bindings).toEqual(['edge-logs']);
});

test('The id of a secret is a CRN', async () => {
  const fleet = notified();
  const report = await fleet.receive(secretEvent({ secretIds: [secretCrn(EDGE)] }));
  expect(report.trigger?.bindings).toEqual(['edge-logs']);
});

test('The event is lost', async () => {
  const fleet = notified();
  await fleet.keeper.run('rotate-keys', { trigger: { kind: 'schedule' } });
  expect(await fleet.phases()).toEqual(['confirming', 'confirming']);
});

test('The event comes twice', async () => {
  const fleet = notified();
  const text = secretEvent({ secretIds: [EDGE] });
  await fleet.receive(text);
  const again = await fleet.receive(text);
  expect(again.actions).toEqual([]);
  expect(fleet.mints()).toBe(1);
  expect(await fleet.phases()).toEqual(['confirming', undefined]);
});

test('Events come in another order', async () => {
  const fleet = notified();
  await fleet.receive(secretEvent({ type: 'secret_rotated', secretIds: [EDGE] }));
  const older = { time: '2026-01-01T00:00:00.000Z' };
  for (const type of ['secret_about_to_expire', 'secret_created', 'secret_rotation_failed', 'secret_deleted'])
    await fleet.receive(secretEvent({ type, secretIds: [EDGE], more: older }));
  expect(fleet.mints()).toBe(1);
  expect(await fleet.phases()).toEqual(['confirming', undefined]);
});

test('The event is forged: it names a secret that no binding has', async () => {
  const stranger = '0f7c6a52-0000-4000-8000-00000000dead';
  const report = await leadsToNothing(notified(), secretEvent({ secretIds: [stranger] }));
  expect(report).toMatchObject({
    outcome: 'ok',
    trigger: { kind: 'event', ignored: 'it names no secret of a binding' },
  });
  expect(JSON.stringify(report)).not.toContain(stranger);
});

test('The event is forged: the CRN of another account ends with an id of ours, and only ours is looked at', async () => {
  const fleet = notified();
  const crn = 'crn:v1:bluemix:public:secrets-manager:us-south:a/ffffffffffffffffffffffffffffffff:eeee';
  const report = await fleet.receive(
    secretEvent({ secretIds: [secretCrn(AUDIT, crn)], more: { source: crn, ibmensourceid: crn } }),
  );
  expect(report.trigger?.bindings).toEqual(['audit-logs']);
  expect(fleet.world.calls.map(({ path }) => path).join()).not.toMatch(/ffffffff|eeee/);
  expect(JSON.stringify(report)).not.toContain('ffffffff');
});

test('The event is forged: its urls and names reach neither a request nor the report', async () => {
  const fleet = notified();
  const evil = 'https://evil.example/api';
  const text = secretEvent({
    secretIds: [EDGE],
    id: '<script>alert(1)</script>',
    more: { ibmendefaultshort: evil, url: evil },
    data: {
      source_instance_api_public_url: evil,
      source_instance_api_private_url: evil,
      source_service: 'audit-logs',
      secrets: [{ secret_id: EDGE, secret_name: `${evil}\u001b[31m`, event_triggered_by: evil }],
    },
  });
  const report = await fleet.receive(text);
  expect(await fleet.phases()).toEqual(['confirming', undefined]);
  const all = JSON.stringify([report, fleet.world.calls, fleet.keeper.log]);
  expect(all).not.toMatch(/evil|script/);
});

test('The event is forged: names of a prototype pollute nothing', async () => {
  const fleet = notified();
  const text = secretEvent({ secretIds: [AUDIT] }).replace('{', '{"__proto__":{"mode":"act","scope":"all"},');
  const report = await fleet.receive(text);
  expect(report.trigger?.bindings).toEqual(['audit-logs']);
  expect({}).not.toHaveProperty('scope');
});

test('A hundred secrets', async () => {
  const fleet = notified();
  const strangers = Array.from(
    { length: 98 },
    (_, n) => `0f7c6a52-0000-4000-8000-${String(n).padStart(12, '0')}`,
  );
  const report = await fleet.receive(secretEvent({ secretIds: [AUDIT, ...strangers, EDGE] }));
  expect(report.trigger?.bindings).toEqual(['edge-logs', 'audit-logs']);
  expect(await fleet.phases()).toEqual(['confirming', 'confirming']);
});

test('The event cannot be read', async () => {
  const fleet = notified();
  const report = await leadsToNothing(fleet, '{"data":');
  expect(report).toMatchObject({
    outcome: 'findings',
    findings: [{ code: 'event-unreadable', severity: 'warning', detail: 'it is not JSON' }],
    trigger: { kind: 'event', ignored: 'it is not JSON' },
  });
});

test('The event is of another kind', async () => {
  const report = await leadsToNothing(
    notified(),
    secretEvent({ type: 'secret_task_created', secretIds: [EDGE] }),
  );
  expect(report).toMatchObject({
    outcome: 'ok',
    trigger: { type: 'secret_task_created', ignored: expect.stringContaining('no event of this type') },
  });
});

test('The event is of another kind: to the other functions any event is a hint to look at everything', async () => {
  const { keeper, ledger } = notified();
  const report = await keeper.run('check-logpush', { trigger: { kind: 'event', ...parseEvent('nonsense') } });
  expect(report).toMatchObject({ trigger: { kind: 'event' }, outcome: 'ok' });
  expect(report.jobs).toHaveLength(20);
  expect(await readRun(ledger, 'check-logpush')).toBeDefined();
});
