import { expect, test } from 'vitest';
import { LEASE_MARGIN_MS, LEASE_MS } from '../../../shared/domain/lease.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { LedgerConflictError, LedgerUnavailableError } from '../../../shared/errors.ts';
import type { LedgerStore } from '../../../shared/ports.ts';
import { SecretLease } from '../../../shared/sweeps/lease.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';

/** A store with a clock of its own, and processes whose clocks are off by any amount. */
function aStore() {
  const store = fakeClock();
  const memory = createMemoryLedger();
  const ledger: LedgerStore = { ...memory, now: () => ({ atLeast: store.now() - 999, atMost: store.now() }) };
  const look = (runId: string, aheadMs = 0) => {
    const clock = { now: () => store.now() + aheadMs, sleep: (ms: number) => store.sleep(ms) };
    return SecretLease.look({ ledger, random: fixedRandom, clock }, runId, 'secret');
  };
  return { pass: (ms: number) => store.sleep(ms), look, ledger, store };
}

test('one run holds it, another is told until when', async () => {
  const { look } = aStore();
  const first = await look('a');
  expect(first.heldUntil()).toBeUndefined();
  await first.take();
  expect(first.isHeld).toBe(true);

  const second = await look('b');
  expect(second.heldUntil()).toBeGreaterThan(0);
  await expect(second.take()).rejects.toThrow(LedgerConflictError);
});

test('who looked before another took it, or had it and gave it back, does not get it', async () => {
  const { look } = aStore();
  const [first, second, third] = [await look('a'), await look('b'), await look('c')];
  await first.take();
  await expect(second.take()).rejects.toThrow(LedgerConflictError);
  await first.release();
  await expect(third.take()).rejects.toThrow(LedgerConflictError);
  await expect((await look('d')).take()).resolves.toBeUndefined();
});

test.each([minutes(-10), 0, minutes(10)])(
  'with a clock that is %i ms ahead, a dead holder is waited for as long as its lease lasts, and no longer',
  async (aheadMs) => {
    const { look, pass } = aStore();
    await (await look('dead', minutes(-5))).take();
    await pass(LEASE_MS - 1);
    expect((await look('early', aheadMs)).heldUntil()).toBeDefined();
    await pass(seconds(2));
    const next = await look('next', aheadMs);
    expect(next.heldUntil()).toBeUndefined();
    await next.take();
  },
);

test.each([minutes(-10), 0, minutes(10)])(
  'with a clock that is %i ms ahead, a request has ended before anybody else may take the lease',
  async (aheadMs) => {
    const { look, pass, store } = aStore();
    const lease = await look('a', aheadMs);
    await lease.take();
    for (let passed = 0; passed < minutes(20); passed += seconds(50)) {
      const endsBy = (await lease.guard()) - aheadMs;
      expect(endsBy - store.now()).toBeGreaterThanOrEqual(seconds(60));
      const other = await look('b');
      const free = (other.heldUntil() ?? 0) - store.now();
      expect(endsBy + LEASE_MARGIN_MS).toBeLessThanOrEqual(store.now() + free);
      await pass(seconds(50));
    }
  },
);

test('requests side by side prolong it once', async () => {
  const { look, pass } = aStore();
  const lease = await look('a');
  await lease.take();
  await pass(minutes(3));
  await Promise.all([lease.guard(), lease.guard(), lease.guard()]);
});

test('a lease that ended and that nobody took is prolonged; one that somebody took is lost', async () => {
  const { look, pass } = aStore();
  const lease = await look('a');
  await lease.take();
  await pass(minutes(30));
  await lease.guard();
  await pass(minutes(30));
  await (await look('b')).take();
  await expect(lease.guard()).rejects.toThrow(LedgerConflictError);
  // Nor does it take anything from the new holder when it ends.
  await lease.release();
  expect((await look('c')).heldUntil()).toBeDefined();
});

test('without the lease nothing is let through', async () => {
  const { look } = aStore();
  await expect((await look('a')).guard()).rejects.toThrow(LedgerConflictError);
});

test('what is no lease of this version is not written over', async () => {
  const { look, ledger } = aStore();
  await ledger.write('leases/secret.json', '{"schema":2}', undefined);
  await expect(look('a')).rejects.toThrow(LedgerUnavailableError);
});
