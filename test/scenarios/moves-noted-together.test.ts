import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../shared/errors.ts';
import type { HttpRequest, LedgerStore } from '../../shared/ports.ts';
import { SECRET_ID, type SmallWorld, smallWorld } from '../simulation/small-world.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** The moves of a key with many jobs are noted several at a time; how a run ends makes no difference to what is noted. */

const RECORD = `rotations/${SECRET_ID}.json`;
const folder = mkdtempSync(join(tmpdir(), 'keeper-moves-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isMove = ({ method, url }: HttpRequest): boolean => method === 'PUT' && url.includes('/logpush/jobs/');

/** A key of so many jobs, whose canary has moved and is known to work: the next run moves all others. */
async function aboutToMove(jobs: number, world: Partial<SmallWorld> = {}) {
  const signals = new EventEmitter();
  const memory = createMemoryLedger();
  const written = { records: 0, isDown: false };
  const ledger: LedgerStore = {
    ...memory,
    write: (key, body, tag) => {
      if (written.isDown) throw new LedgerUnavailableError('it is down');
      if (key === RECORD) written.records += 1;
      return memory.write(key, body, tag);
    },
  };
  const asked = {
    moves: 0,
    at: (_nth: number): unknown => undefined,
    atProbe: async (): Promise<void> => {},
  };
  const keeper = virtualKeeper({
    file: smallWorld({ ...world, jobs: 4, crowd: jobs - 4 }),
    ledger,
    signals,
    wrapTransport: (inner) => ({
      send: async (request) => {
        if (isMove(request)) {
          asked.moves += 1;
          await asked.at(asked.moves);
        }
        if (request.url.includes('/logs/v1/singles')) await asked.atProbe();
        return inner.send(request);
      },
    }),
  });
  const record = async (): Promise<RotationRecord> =>
    JSON.parse((await memory.read(RECORD))?.body ?? '') as RotationRecord;
  await keeper.run('rotate-keys');
  keeper.clock.advance(minutes(30));
  keeper.world.catchUp();
  expect((await record()).current?.phase).toBe('confirming');
  [asked.moves, written.records] = [0, 0];
  /** The jobs that have the new key, and those that the ledger knows to have it. */
  const moved = async () => {
    const { current } = await record();
    const having = [...keeper.world.cis.jobs()].filter(
      ({ destination }) => keeper.world.iam.keyIdOf(destination.apiKey) === current?.newKeyId,
    );
    return { having: having.length, noted: Object.keys(current?.jobs ?? {}).length };
  };
  return { keeper, signals, asked, written, record, moved };
}

test.each([
  [50, 1],
  [51, 2],
  [101, 3],
])('%i jobs: a write for every %i moves', async (jobs, together) => {
  const { keeper, asked, written, moved, record } = await aboutToMove(jobs);
  await keeper.run('rotate-keys');
  expect(await moved()).toEqual({ having: jobs, noted: jobs });
  expect(asked.moves).toBe(jobs - 1);
  // Besides: the fleet is opened, the drain begins, and at its end the calls since then are counted.
  expect(written.records - Math.ceil((jobs - 1) / together)).toBeLessThanOrEqual(3);
  expect((await record()).current?.phase).toBe('draining');
});

/** What ends a run comes at this move after the canary: it and the one before are not written by then. */
const NTH = 47;

test('a run that is told to stop notes what it has moved', async () => {
  const { keeper, signals, asked, moved } = await aboutToMove(101);
  asked.at = (nth) => nth === NTH && signals.emit('SIGTERM');
  await keeper.entry('rotate-keys');
  expect(await moved()).toEqual({ having: NTH + 1, noted: NTH + 1 });
});

test('a run that comes to its deadline notes what it has moved', async () => {
  const { keeper, asked, moved } = await aboutToMove(101);
  asked.at = () => keeper.clock.sleep(seconds(2));
  await keeper.entry('rotate-keys', { KEEPER_TIMEOUT: '180' });
  const { having, noted } = await moved();
  expect(having).toBeGreaterThan(3);
  expect(having).toBeLessThan(101);
  expect(noted).toBe(having);
});

test('a run that may not go on in the middle notes what it has moved', async () => {
  const { keeper, asked, moved } = await aboutToMove(101);
  const path = join(folder, 'keeper.yml');
  writeFileSync(path, keeper.configText);
  asked.at = (nth) =>
    nth === NTH && writeFileSync(path, keeper.configText.replace('mode: act', 'mode: observe'));
  const { code } = await keeper.cli('rotate-keys', '--config', path);
  expect(code).toBe(2);
  const { having, noted } = await moved();
  expect([having, noted]).toEqual([NTH + 1, NTH + 1]);
});

test('a run that ends with an answer that cannot be read notes what it has moved before', async () => {
  const { keeper, moved } = await aboutToMove(101);
  keeper.world.faults.add({
    match: { service: 'cis', operation: 'updateLogpushJob' },
    after: NTH,
    times: 1,
    respond: { kind: 'nonsense' },
  });
  const { findings } = await keeper.run('rotate-keys');
  expect(findings.map(({ code }) => code)).toContain('binding-failed');
  expect((await moved()).noted).toBe(NTH + 1);
});

test('a job that a hold keeps in the middle, and one that CIS refuses, stop neither the others nor their notes', async () => {
  const { keeper, asked, moved } = await aboutToMove(101);
  const path = join(folder, 'held.yml');
  writeFileSync(path, keeper.configText);
  asked.at = (nth) =>
    nth === NTH &&
    writeFileSync(path, `${keeper.configText}\nholds:\n  - { job: 190, reason: "a change of theirs" }\n`);
  keeper.world.faults.add({
    match: { service: 'cis', operation: 'updateLogpushJob', target: '/150' },
    after: 0,
    times: 1,
    respond: { kind: 'status', status: 400 },
  });
  await keeper.cli('rotate-keys', '--config', path);
  expect(await moved()).toEqual({ having: 99, noted: 99 });
});

test('before anything else is done the moves are noted: here the old key is tried, because jobs fail', async () => {
  const { keeper, signals, asked, moved } = await aboutToMove(101, { probeOnUpdate: false });
  asked.at = (nth) => nth === NTH && signals.emit('SIGTERM');
  await keeper.entry('rotate-keys');
  const newKey = keeper.world.iam.keys().toSorted((a, b) => b.createdAt - a.createdAt)[0];
  keeper.world.iam.refuseLogins(newKey?.id ?? '');
  keeper.world.faults.add({
    match: { service: 'cis', operation: 'updateLogpushJob', target: '/150' },
    after: 0,
    times: 1,
    respond: { kind: 'status', status: 400 },
  });
  keeper.clock.advance(minutes(90));
  keeper.world.catchUp();
  const probes: Awaited<ReturnType<typeof moved>>[] = [];
  asked.atProbe = async () => void probes.push(await moved());
  await keeper.run('rotate-keys');
  expect(probes).toEqual([{ having: 100, noted: 100 }]);
});

test('a ledger that fails in the middle costs the notes of three moves: these are made once more', async () => {
  const { keeper, asked, written, moved } = await aboutToMove(101);
  asked.at = (nth) => {
    if (nth === NTH) written.isDown = true;
  };
  const { findings } = await keeper.run('rotate-keys');
  expect(findings.map(({ code }) => code)).toContain('binding-failed');
  const { having, noted } = await moved();
  expect(having - noted).toBeGreaterThan(0);
  expect(having - noted).toBeLessThanOrEqual(3);
  expect(keeper.log.filter((line) => line.includes('moves not noted'))).toHaveLength(1);
  written.isDown = false;
  // Until the lease of the run that could not give it back has ended.
  keeper.clock.advance(minutes(15));
  await keeper.run('rotate-keys');
  expect(await moved()).toEqual({ having: 101, noted: 101 });
  expect(asked.moves).toBe(100 + having - noted);
});
