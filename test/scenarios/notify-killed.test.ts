import { expect, test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import { minutes } from '../../shared/domain/time.ts';
import { type CallFault, DEATHS, Gate, Killed, type Process } from '../simulation/gate.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';

/** Three runs of `check-logpush`, five minutes apart, the first of which may die. Texts as the webhook took them. */
async function life(faults: ReadonlyMap<number, CallFault>) {
  const ledger = createMemoryLedger();
  let process: Process = { dead: false };
  let gate: Gate | undefined;
  const keeper = virtualKeeper({
    file: loadWorld('demo'),
    notify: true,
    ledger,
    surround: (surroundings) =>
      gate === undefined
        ? surroundings
        : {
            ...surroundings,
            transport: gate.transport(process, surroundings.transport),
            ledger: gate.ledger(process, ledger),
          },
  });
  gate = new Gate(faults, keeper.clock, { afterCall: () => {}, loseLedger: () => ledger.clear() });
  let first = 0;
  for (let run = 0; run < 3; run += 1) {
    process = { dead: false };
    try {
      await keeper.run(CHECK);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    if (run === 0) first = gate.calls.length;
    keeper.clock.advance(minutes(5));
    keeper.world.catchUp();
  }
  const open = JSON.parse((await ledger.read('notifications/incidents.json'))?.body ?? '{}') as {
    readonly messages?: readonly unknown[];
    readonly claim?: unknown;
  };
  return {
    calls: gate.calls.slice(0, first),
    heads: keeper.world.webhook.messages.map(({ text }) => text.split('\n')[0] ?? ''),
    open,
  };
}

test('killed at any call of a run that tells: each message comes, four of them twice at most', async () => {
  const { calls, heads: whole } = await life(new Map());
  expect(whole).toHaveLength(4);
  const from = calls.findIndex((name) => name.includes('/webhook/')) - 2;
  const telling = calls.slice(from);
  // Read, decide and claim; four messages and a write after them; the kept run; the sign of life.
  expect(telling.filter((name) => name.includes('/webhook/'))).toHaveLength(5);
  expect(telling.length).toBeGreaterThan(8);
  let twice = 0;
  for (const [index, name] of telling.entries()) {
    for (const death of DEATHS) {
      const { heads, open } = await life(new Map([[from + index, death]]));
      const at = `${death} at ${name} (call ${from + index})`;
      expect(new Set(heads), at).toEqual(new Set(whole));
      expect(heads.length, at).toBeLessThanOrEqual(whole.length + 4);
      expect(open, at).toMatchObject({ messages: [] });
      expect(open, at).not.toHaveProperty('claim');
      twice += heads.length - whole.length;
    }
  }
  // Between a message and the write after it nothing can help: the more of them are out, the more come twice.
  expect(twice).toBeGreaterThanOrEqual(1 + 2 + 3 + 4);
});

test('killed before it tells, a run leaves all of it to the next', async () => {
  const { calls, heads: whole } = await life(new Map());
  const from = calls.findIndex((name) => name.includes('/webhook/')) - 2;
  for (let number = 0; number < from; number += 1) {
    const { heads } = await life(new Map([[number, 'die-before']]));
    expect(heads.toSorted(), `call ${number}`).toEqual(whole.toSorted());
  }
});
