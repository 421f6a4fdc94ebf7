import { expect, test } from 'vitest';
import { SharedBudget, type SharedBudgetOptions } from '../../../shared/clients/shared-budget.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../../shared/errors.ts';
import type { LedgerStore } from '../../../shared/ports.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';

const KEY = 'budgets/iam-ServiceId-1.json';

/** Processes of one identity on one clock and one ledger. */
function fleet({ ledger = createMemoryLedger() }: { readonly ledger?: LedgerStore } = {}) {
  const clock = fakeClock();
  const startAt = clock.now();
  const lines: unknown[] = [];
  let writes = 0;
  let processes = 0;
  const counted: LedgerStore = {
    ...ledger,
    write: async (key, body, tag) => {
      writes += 1;
      return ledger.write(key, body, tag);
    },
  };
  const process = (options: Partial<SharedBudgetOptions> & { readonly plan?: boolean } = {}) => {
    const { plan = false, ...others } = options;
    processes += 1;
    const name = `process-${processes}`;
    return new SharedBudget({
      clock,
      random: { ...fixedRandom, hex: (length) => (length === 12 ? name : fixedRandom.hex(length)) },
      callsPerMinute: 80,
      log: { info: () => {}, warn: (message, fields) => void lines.push({ message, ...fields }) },
      shared: { ledger: counted, writes: !plan, processes: 4, identity: async () => 'iam-ServiceId-1' },
      ...others,
    });
  };
  /** How many calls may start before time passes. */
  const atOnce = async (budget: SharedBudget): Promise<number> => {
    let calls = 0;
    while (await budget.take(clock.now())) calls += 1;
    return calls;
  };
  return { clock, ledger, lines, process, atOnce, startAt, writes: () => writes };
}

const unavailable: LedgerStore = {
  read: () => Promise.reject(new LedgerUnavailableError('no answer')),
  write: () => Promise.reject(new LedgerUnavailableError('no answer')),
  list: () => Promise.reject(new LedgerUnavailableError('no answer')),
};

test('a pass over 50 zones that is alone waits for nothing and writes four times', async () => {
  const { clock, process, startAt, writes } = fleet();
  const budget = process();
  for (let call = 0; call < 51; call += 1) expect(await budget.take(startAt)).toBe(true);
  expect(clock.now()).toBe(startAt);
  expect(writes()).toBe(4);
});

test('who is alone has the whole budget at once, and again a minute later', async () => {
  const { clock, process, atOnce } = fleet();
  const budget = process();
  expect(await atOnce(budget)).toBe(80);
  clock.advance(minutes(1) - 1);
  expect(await atOnce(budget)).toBe(0);
  clock.advance(1);
  expect(await atOnce(budget)).toBe(80);
});

test('what one process has, the others have not; a dead one wastes its block for a minute and a quarter', async () => {
  const { clock, process, atOnce } = fleet();
  const dead = process();
  expect(await dead.take(clock.now())).toBe(true);
  const other = process();
  expect(await atOnce(other)).toBe(75);
  clock.advance(seconds(75) - 1);
  expect(await atOnce(other)).toBe(75);
  clock.advance(1);
  expect(await atOnce(other)).toBe(5);
});

test('a call that would start too late does not wait, and reserves nothing', async () => {
  const { clock, process, atOnce, startAt, writes } = fleet();
  const budget = process();
  await atOnce(budget);
  const before = writes();
  expect(await budget.take(startAt + seconds(59))).toBe(false);
  expect([clock.now(), writes()]).toEqual([startAt, before]);
  expect(await budget.take(startAt + minutes(1))).toBe(true);
});

test('a refusal stops every process as long as CIS asks, and halves the pace', async () => {
  const { clock, process, atOnce, lines } = fleet();
  const [one, other] = [process(), process()];
  await one.take(clock.now());
  await one.refused(seconds(90));
  expect(await atOnce(other)).toBe(0);
  clock.advance(seconds(90) - 1);
  expect([await atOnce(one), await atOnce(other)]).toEqual([0, 0]);
  clock.advance(1);
  expect(await atOnce(other)).toBe(40);
  expect(lines).toEqual([
    { message: 'call refused for its rate', calls: 1, allowed: 80, isInside: true, stopSeconds: 90 },
  ]);
});

test('without a hint the stop is 60 s, and 300 s when that did not help', async () => {
  const { clock, process, atOnce } = fleet();
  const budget = process();
  await budget.refused(undefined);
  clock.advance(seconds(60));
  expect(await budget.take(clock.now())).toBe(true);
  await budget.refused(undefined);
  clock.advance(seconds(300) - 1);
  expect(await atOnce(process())).toBe(0);
  clock.advance(1);
  expect(await atOnce(process())).toBe(20);
});

test('calls that were under way together are refused as one, whoever made them', async () => {
  const { clock, process, atOnce, lines } = fleet();
  const processes = [process(), process(), process()];
  await Promise.all(processes.flatMap((one) => [one.refused(seconds(1)), one.refused(seconds(1))]));
  clock.advance(seconds(1));
  expect(await atOnce(process())).toBe(40);
  expect(lines.length).toBe(3);
});

test('the pace never falls below 10 a minute, and grows by 5 every ten minutes', async () => {
  const { clock, process, atOnce } = fleet();
  for (let refusal = 0; refusal < 6; refusal += 1) {
    await process().refused(seconds(1));
    clock.advance(minutes(1));
  }
  const paces: number[] = [];
  for (let step = 0; step < 15; step += 1) {
    paces.push(await atOnce(process()));
    clock.advance(minutes(10));
  }
  expect(paces).toEqual([10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80]);
});

/** What CIS says of 100 calls a minute. */
const left = (remaining: number, resetMs = seconds(1)) => ({
  remaining,
  resetMs,
  quota: 100,
  windowMs: minutes(1),
});

test('fewer than twenty of a hundred a minute left: nobody stops, and the pace is what others leave, less five', async () => {
  const { clock, process, atOnce, lines } = fleet();
  const budget = process();
  for (let call = 0; call < 30; call += 1) await budget.take(clock.now());
  await budget.answered(left(20));
  expect(await budget.take(clock.now())).toBe(true);
  // 31 of ours and 50 of others.
  await budget.answered(left(19));
  expect(await atOnce(budget)).toBe(45 - 31);
  clock.advance(seconds(75));
  expect(await atOnce(process())).toBe(45);
  expect(lines).toEqual([]);
});

test('of what another process has reserved it is not known how much was called: first the pace is the least, then what it was', async () => {
  const { clock, process, atOnce } = fleet();
  const [one, other] = [process(), process()];
  for (let call = 0; call < 12; call += 1) await one.take(clock.now());
  for (let call = 0; call < 12; call += 1) await other.take(clock.now());
  // Each has used a block of five, and seven of a block of ten: 24 of ours, 60 of others.
  await one.answered(left(16));
  expect([await atOnce(one), await atOnce(process())]).toEqual([0, 0]);
  await other.answered(left(16));
  expect(await atOnce(other)).toBe(24 + 16 - 5 - 24);
});

test('when the others are gone the pace comes back within a minute; for an hour after a refusal an answer is not believed', async () => {
  const { clock, process, atOnce } = fleet();
  const budget = process();
  for (let call = 0; call < 30; call += 1) await budget.take(clock.now());
  await budget.answered(left(15));
  clock.advance(minutes(1));
  expect(await atOnce(budget)).toBe(40);
  await budget.answered(left(60));
  expect(await atOnce(budget)).toBe(40);
  clock.advance(minutes(1));
  await budget.refused(seconds(1));
  clock.advance(minutes(1));
  // It tells of another limit than the one that refuses.
  await budget.answered(left(95));
  expect(await atOnce(budget)).toBe(40);
  clock.advance(minutes(59));
  await budget.answered(left(95));
  expect(await atOnce(budget)).toBe(80);
});

test('of few calls left of nobody knows how many: who is as slow as can be stands still for a refusal alone', async () => {
  const { clock, process, atOnce } = fleet();
  const budget = process();
  for (let answer = 0; answer < 3; answer += 1) {
    expect(await budget.take(clock.now())).toBe(true);
    await budget.answered({ remaining: 0, resetMs: seconds(1) });
    expect(await budget.take(clock.now())).toBe(false);
    clock.advance(minutes(1));
  }
  expect(await budget.take(clock.now())).toBe(true);
  await budget.answered({ remaining: 0, resetMs: seconds(1) });
  expect(await atOnce(budget)).toBe(9);
});

test('a limit on less than a minute is waited out, and slows nobody down', async () => {
  const { clock, process, atOnce, writes } = fleet();
  const budget = process();
  expect(await budget.take(clock.now())).toBe(true);
  const before = writes();
  await budget.answered({ remaining: 1, resetMs: minutes(9), quota: 10, windowMs: seconds(1) });
  expect([await budget.take(clock.now()), writes()]).toEqual([false, before]);
  expect(await budget.take(clock.now() + seconds(1))).toBe(true);
  expect(await atOnce(budget)).toBe(78);
});

test('nobody stops for longer than an hour, whatever CIS asks', async () => {
  const { clock, process } = fleet();
  const budget = process();
  await budget.refused(minutes(60 * 24));
  clock.advance(minutes(60));
  expect(await budget.take(clock.now())).toBe(true);
});

test('a login that fails after a call does not hide what came of it', async () => {
  const { clock, ledger, process } = fleet();
  let logins = 0;
  const identity = async (): Promise<string> => {
    logins += 1;
    if (logins > 1) throw new Error('no login');
    return 'iam-ServiceId-1';
  };
  const budget = process({ shared: { ledger, writes: true, processes: 4, identity } });
  expect(await budget.take(clock.now())).toBe(true);
  await budget.answered(left(3));
  expect((await ledger.read(KEY))?.body).toContain('"learnt"');
});

test('where the minute is counted from its beginning, calls before that do not count', async () => {
  const { clock, process, atOnce } = fleet();
  const budget = process();
  for (let call = 0; call < 60; call += 1) await budget.take(clock.now());
  clock.advance(seconds(40));
  for (let call = 0; call < 5; call += 1) await budget.take(clock.now());
  // The minute began ten seconds ago: 5 calls of ours, 80 of others.
  await budget.answered(left(15, seconds(50)));
  clock.advance(minutes(1));
  expect(await atOnce(process())).toBe(15);
});

test('who is alone without a ledger sets its own pace; who may not be alone stops for a minute', async () => {
  const { clock, process, atOnce } = fleet();
  const alone = new SharedBudget({ clock, random: fixedRandom, callsPerMinute: 80 });
  for (let call = 0; call < 31; call += 1) await alone.take(clock.now());
  await alone.answered(left(19));
  expect(await atOnce(alone)).toBe(45 - 31);
  const plan = process({ plan: true });
  expect(await plan.take(clock.now())).toBe(true);
  await plan.answered(left(19));
  clock.advance(minutes(1) - 1);
  expect(await atOnce(plan)).toBe(0);
});

test('fewer than twenty calls left, of nobody knows how many: everybody stops for a minute and goes on at half the pace', async () => {
  const { clock, process, atOnce, lines } = fleet();
  const budget = process();
  await budget.take(clock.now());
  await budget.answered({ remaining: 20, resetMs: seconds(5) });
  expect(await budget.take(clock.now())).toBe(true);
  await budget.answered({ remaining: 19, resetMs: seconds(5) });
  expect([await atOnce(budget), await atOnce(process())]).toEqual([0, 0]);
  clock.advance(minutes(1));
  expect(await atOnce(budget)).toBe(40);
  expect(lines).toEqual([]);
});

test('of a small quota a fifth is left', async () => {
  const { clock, process, atOnce } = fleet();
  const budget = process();
  await budget.answered({ remaining: 2, resetMs: seconds(1), quota: 10 });
  expect(await budget.take(clock.now())).toBe(true);
  await budget.answered({ remaining: 1, resetMs: seconds(1), quota: 10 });
  expect(await atOnce(budget)).toBe(0);
});

test('a plan keeps to its share and to what others have learnt, and writes nothing', async () => {
  const { clock, process, atOnce, writes } = fleet();
  expect(await atOnce(process({ plan: true }))).toBe(20);
  await process().refused(seconds(30));
  const before = writes();
  const plan = process({ plan: true });
  expect(await atOnce(plan)).toBe(0);
  clock.advance(seconds(30));
  expect(await atOnce(plan)).toBe(10);
  await plan.refused(seconds(1));
  expect(writes()).toBe(before);
});

test('without the ledger a process waits until nothing is reserved any more, then keeps to its share', async () => {
  const { clock, process, atOnce, startAt } = fleet({ ledger: unavailable });
  const budget = process();
  expect(await budget.take(startAt + minutes(2))).toBe(true);
  expect(clock.now() - startAt).toBeGreaterThanOrEqual(seconds(75));
  expect(await atOnce(budget)).toBe(19);
});

test('with a ledger too slow to be of use a process keeps to its share as well', async () => {
  const store = createMemoryLedger();
  const slow: LedgerStore = {
    ...store,
    write: async (key, body, tag) => {
      await clock.sleep(seconds(20));
      return store.write(key, body, tag);
    },
  };
  const { clock, process, atOnce, startAt } = fleet({ ledger: slow });
  const budget = process();
  expect(await budget.take(startAt + minutes(3))).toBe(true);
  expect(await atOnce(budget)).toBe(19);
});

test('a document of another version is not written over', async () => {
  const { clock, ledger, process } = fleet();
  await ledger.write(KEY, '{"schema":2}', undefined);
  expect(await process().take(clock.now() + minutes(2))).toBe(true);
  expect((await ledger.read(KEY))?.body).toBe('{"schema":2}');
});

test('a document from another time holds nobody up', async () => {
  const { clock, process, atOnce } = fleet();
  clock.advance(minutes(600));
  const later = process();
  await atOnce(later);
  await later.refused(minutes(30));
  clock.advance(-minutes(600));
  expect(await atOnce(process())).toBe(80);
});
