import { expect, test } from 'vitest';
import { LEASE_MS } from '../../shared/domain/lease.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { days, minutes, seconds } from '../../shared/domain/time.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import { SECRET_ID } from '../simulation/small-world.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { rotating } from '../support/rotating.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** Several keepers work at once. Each situation is a section of docs/runbook.md, under the same words. */

const EDGE = 'f344c42a-efb9-4ebd-8ad0-02caf39bbcef';
const WAITS = 'another run, which works on this secret';

/** Another keeper took the lease a moment ago, and works or has died. */
async function held() {
  const keeper = virtualKeeper();
  const until = keeper.clock.now() + LEASE_MS;
  const lease = { schema: 1, secretId: EDGE, generation: 1, holder: 'elsewhere', until };
  await keeper.ledger.write(`leases/${EDGE}.json`, JSON.stringify(lease), undefined);
  return { keeper, until };
}

test('A second keeper is at work', async () => {
  const { keeper, until } = await held();
  const { waiting, findings, actions } = await keeper.run('rotate-keys');
  expect(waiting[0]).toEqual({ subject: 'binding edge-logs', waitsFor: WAITS, until });
  // It is nothing to worry about, and concerns this secret alone.
  expect(findings).toEqual([]);
  expect(actions.map(({ subject }) => subject).join()).toContain('audit-logs');
  expect(keeper.world.calls.map(({ path }) => path).join()).not.toContain(EDGE);
});

test('A second keeper is at work: a plan looks all the same', async () => {
  const { keeper } = await held();
  const { actions } = await keeper.run('rotate-keys', { plan: true });
  expect(actions.map(({ subject }) => subject).join()).toContain('edge-logs');
});

test('A second keeper is at work: a rotation is not abandoned under its hands', async () => {
  const keeper = virtualKeeper();
  await keeper.run('rotate-keys');
  const key = `leases/${EDGE}.json`;
  const stored = await keeper.ledger.read(key);
  const lease = { ...JSON.parse(stored?.body ?? ''), until: keeper.clock.now() + LEASE_MS };
  await keeper.ledger.write(key, JSON.stringify(lease), stored?.tag);
  const { code, err } = await keeper.cli('rotation', 'abandon', 'edge-logs', '--yes');
  expect([code, err]).toEqual([1, expect.stringContaining('A run is at work on this rotation')]);
});

test('A second keeper is at work: it has died, and after four minutes the next run goes on', async () => {
  const { keeper } = await held();
  await keeper.run('rotate-keys');
  keeper.clock.advance(LEASE_MS + seconds(1));
  const { waiting, actions } = await keeper.run('rotate-keys');
  expect(waiting[0]?.waitsFor).not.toBe(WAITS);
  expect(actions.map(({ subject }) => subject).join()).toContain('edge-logs');
});

test('Another keeper has a ledger of its own', async () => {
  const ledgers = [createMemoryLedger(), createMemoryLedger()] as const;
  let turn: 0 | 1 = 0;
  const ledger: LedgerStore = {
    read: (key) => ledgers[turn].read(key),
    write: (key, body, tag) => ledgers[turn].write(key, body, tag),
    list: (prefix) => ledgers[turn].list(prefix),
  };
  const rotation = rotating({}, { ledger });
  const isOver = async () => {
    for (const each of ledgers) {
      const body = (await each.read(`rotations/${SECRET_ID}.json`))?.body;
      const { current, history } = JSON.parse(body ?? '{"history":[]}') as RotationRecord;
      if (current !== undefined || history.length === 0) return false;
    }
    return true;
  };
  for (const endsAt = rotation.world.now() + days(10); !(await isOver()); rotation.pass(minutes(7.5))) {
    if (rotation.world.now() > endsAt) throw new Error('it never ended');
    await rotation.tick();
    turn = turn === 0 ? 1 : 0;
  }
  expect(rotation.invariants.violations).toEqual([]);
  expect(rotation.lostMinutes()).toBe(0);
  expect(rotation.keyIn(1)).toBe(rotation.keyIn(2));
  expect(rotation.world.calls.filter(({ operation }) => operation === 'createApiKey')).toHaveLength(1);
});
