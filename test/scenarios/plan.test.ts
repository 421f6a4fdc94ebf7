import { expect, test } from 'vitest';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/** Everything but reading: what a plan must never do. Token grants are POSTs and change nothing. */
const writes = ({ world }: VirtualKeeper): readonly string[] =>
  world.calls
    .filter((call) => call.method !== 'GET' && call.operation !== 'grantToken')
    .map((call) => `${call.service} ${call.operation}`);

/** What an action is, without the ids that only the real run can know. */
const shape = (report: Awaited<ReturnType<VirtualKeeper['run']>>): readonly string[] =>
  report.actions.map(({ kind, subject }) => `${kind} ${subject.startsWith('key ') ? 'key' : subject}`);

test('a plan writes nothing, anywhere, and says what the run then does, in the same order', async () => {
  const keeper = virtualKeeper();

  const planned = await keeper.run('rotate-keys', { plan: true });
  expect(writes(keeper)).toEqual([]);
  expect(await keeper.ledger.list('')).toEqual([]);
  expect(planned.actions.every((action) => action.outcome === 'planned')).toBe(true);

  const done = await keeper.run('rotate-keys');
  expect(shape(planned)).toEqual(shape(done));
  expect(shape(done)).toHaveLength(2 * 6);
  expect(done.actions.every((action) => action.outcome === 'applied')).toBe(true);
});

test('at every step of a rotation the plan says what the run then does', async () => {
  const keeper = virtualKeeper();
  const until = keeper.clock.now() + days(3);
  let acted = 0;
  while (keeper.clock.now() < until) {
    const before = writes(keeper).length;
    const planned = await keeper.run('rotate-keys', { plan: true });
    expect(writes(keeper)).toHaveLength(before);
    const done = await keeper.run('rotate-keys');
    expect(shape(planned)).toEqual(shape(done));
    acted += done.actions.length;
    keeper.clock.advance(minutes(15));
  }
  expect(acted).toBeGreaterThan(30);
});

test('observing reports what it would do and writes nothing on IBM Cloud', async () => {
  const keeper = virtualKeeper();
  const text = keeper.configText.replace('mode: act', 'mode: observe');

  const report = await keeper.run('rotate-keys', { text });

  expect(report.mode).toBe('observe');
  expect(report.actions.map((action) => action.outcome)).toEqual(report.actions.map(() => 'planned'));
  expect(report.actions.length).toBeGreaterThan(0);
  expect(writes(keeper)).toEqual([]);
});

test('check-logpush only reads, and a plan of it leaves nothing', async () => {
  const keeper = virtualKeeper();
  await keeper.run('check-logpush', { plan: true });
  expect(await keeper.ledger.list('')).toEqual([]);
  keeper.clock.advance(hours(1));
  const report = await keeper.run('check-logpush');
  expect(writes(keeper)).toEqual([]);
  expect(await keeper.ledger.list('observations/')).toHaveLength(2);
  expect(await keeper.ledger.list('runs/')).toEqual(['runs/check-logpush.json']);
  expect(report.jobs).toHaveLength(20);
});
