import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunReport } from '../../shared/domain/report.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import type { HttpRequest, Transport } from '../../shared/ports.ts';
import { smallWorld } from '../simulation/small-world.ts';
import { rotating } from '../support/rotating.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/** Jobs that a person wants left as they are while a rotation is under way, and runs that may not act any more. */

const holding =
  (...lines: readonly string[]) =>
  (text: string) =>
    `${text}\nholds:\n  - reason: the pay team is at it\n    ${lines.join('\n    ')}\n`;

test('a held job keeps its key until the hold ends; the rotation says so, and leaves the old key alone meanwhile', async () => {
  const changeConfig = holding('zone: pay.example', 'until: "2026-03-03T12:00:00Z"');
  const rotation = rotating({ jobs: 4 }, { changeConfig });
  const old = rotation.keyIn(2);
  const told = await rotation.untilFinding('rotation-held');
  expect(told.findings).toMatchObject([
    { code: 'rotation-held', severity: 'info', subject: 'job 2 (http_requests of pay.example)' },
    { code: 'rotation-held', severity: 'info', subject: 'job 3 (firewall_events of pay.example)' },
  ]);
  expect(told.waiting).toMatchObject([
    {
      waitsFor: 'the end of the hold on 2 jobs (the pay team is at it)',
      until: Date.parse('2026-03-03T12:00:00Z'),
    },
  ]);
  // Longer than a rotation without a hold takes.
  await rotation.until(() => rotation.world.now() >= Date.parse('2026-03-03T11:30:00Z'));
  expect((await rotation.record())?.current?.phase).toBe('moving');
  expect([rotation.keyIn(2), rotation.keyIn(3)]).toEqual([old, old]);
  expect(rotation.keyIn(1)).not.toBe(old);
  expect(rotation.oldKey()).toMatchObject({ disabled: false, deleted: false });

  await rotation.untilOver();
  expect((await rotation.record())?.history.at(-1)).toMatchObject({
    outcome: 'complete',
    jobs: { proven: 3, 'moved-while-disabled': 1 },
  });
  expect(rotation.oldKey()).toMatchObject({ deleted: true });
  expect(rotation.invariants.violations).toEqual([]);
  expect(rotation.lostMinutes()).toBe(0);
});

test('a held job whose old key dies stays as it is, loudly, and is moved when the hold is taken out', async () => {
  const changeConfig = holding('job: 2');
  const rotation = rotating({}, { changeConfig });
  const told = await rotation.untilFinding('rotation-held');
  expect(told.findings[0]).toMatchObject({
    severity: 'warning',
    detail: expect.stringContaining('has no end'),
  });
  rotation.pass(days(35));
  const late = await rotation.tick();
  expect(late.findings.find(({ code }) => code === 'rotation-held')).toMatchObject({ severity: 'critical' });
  expect(late.actions).toEqual([]);
  rotation.configure((text) => text.slice(0, text.indexOf('\nholds:')));
  const moved = await rotation.tick();
  expect(moved.actions.map(({ subject }) => subject)).toEqual(['job 2 (http_requests of pay.example)']);
});

test('a rotation that goes back does not stop at a hold', async () => {
  const rotation = rotating();
  await rotation.untilPhase('confirming');
  const current = (await rotation.record())?.current;
  const canary = [1, 2].find((id) => rotation.keyIn(id) === current?.newKeyId);
  rotation.configure(holding(`job: ${canary}`));
  rotation.world.iam.refuseLogins(current?.newKeyId ?? '');
  await rotation.until((seen) => seen?.history.at(-1)?.outcome === 'rolled-back');
  expect([1, 2].map(rotation.keyIn)).toEqual(Array(2).fill(current?.oldKeyId));
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-holds-'));
  path = join(folder, 'keeper.yml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isMove = ({ method, url }: HttpRequest): boolean => method === 'PUT' && url.includes('/logpush/jobs/');

const movesIn = ({ world }: VirtualKeeper): number =>
  world.calls.filter(({ operation }) => operation === 'updateLogpushJob').length;

/** Runs from a file that somebody changes right after the second job has moved. */
async function changedAfterTheSecondMove(change: (text: string) => string) {
  const wrapTransport = (inner: Transport): Transport => ({
    send: async (request) => {
      const answer = await inner.send(request);
      if (isMove(request) && moves() === 2) writeFileSync(path, change(keeper.configText));
      return answer;
    },
  });
  const keeper = virtualKeeper({ file: smallWorld({ jobs: 4 }), wrapTransport });
  const moves = () => movesIn(keeper);
  writeFileSync(path, keeper.configText);
  const tick = async () => {
    const { code, out } = await keeper.cli('rotate-keys', '--config', path, '--json');
    return { code, report: JSON.parse(out) as RunReport };
  };
  const pass = (ms: number): void => {
    keeper.clock.advance(ms);
    keeper.world.catchUp();
  };
  let last = await tick();
  for (let runs = 0; moves() < 2 && runs < 20; runs += 1) {
    pass(minutes(15));
    last = await tick();
  }
  return { ...last, keeper, tick, pass, moves };
}

test.each([
  ['that says observe', (text: string) => text.replace('mode: act', 'mode: observe'), 'says `mode: observe`'],
  [
    'that says observe for rotate-keys alone',
    (text: string) => `${text}\nfunctions:\n  rotate-keys: { mode: observe }\n`,
    'says `mode: observe`',
  ],
  ['that is broken', (text: string) => text.slice(0, 200), 'cannot be read any more'],
  ['that is empty', () => '', 'cannot be read any more'],
])('a configuration file %s after a move stops the run before the next one', async (_, change, why) => {
  const run = await changedAfterTheSecondMove(change);
  expect(run.code).toBe(2);
  expect(run.report.outcome).toBe('partial');
  expect(run.report.actions.map(({ kind, outcome }) => `${kind} ${outcome}`)).toEqual(['move-job applied']);
  expect(run.report.findings).toMatchObject([
    { code: 'mode-changed', severity: 'info', detail: expect.stringContaining(why) },
  ]);
  expect(run.moves()).toBe(2);

  writeFileSync(path, run.keeper.configText);
  await run.tick();
  expect(run.moves()).toBe(4);
});

test('a hold that is written into the file after a move keeps the jobs that have not moved', async () => {
  const run = await changedAfterTheSecondMove(holding());
  expect(run.moves()).toBe(2);
  expect(run.report.findings.map(({ code }) => code)).toEqual(['rotation-held', 'rotation-held']);
  run.pass(hours(1));
  const later = await run.tick();
  expect(later.report.actions).toEqual([]);
});

test.each([
  ['a hold that begins', ['from: "2026-03-01T01:00:00Z"']],
  ['a maintenance window that opens', ['weekly: { days: [sun], at: "01:00", for: 4h }']],
])('%s while a job is being moved keeps the next ones', async (_, lines) => {
  const slow = (inner: Transport): Transport => ({
    send: async (request) => {
      const answer = await inner.send(request);
      if (isMove(request) && movesIn(keeper) === 2) keeper.clock.advance(hours(1));
      return answer;
    },
  });
  const keeper = virtualKeeper({
    file: smallWorld({ jobs: 4 }),
    wrapTransport: slow,
    changeConfig: holding(...lines),
  });
  let report = await keeper.run('rotate-keys');
  for (let runs = 0; movesIn(keeper) < 2 && runs < 3; runs += 1) {
    keeper.clock.advance(minutes(15));
    keeper.world.catchUp();
    report = await keeper.run('rotate-keys');
  }
  expect(movesIn(keeper)).toBe(2);
  expect(report.findings.map(({ code }) => code)).toEqual(Array(2).fill('rotation-held'));
});

test('a plan tells what would be held', async () => {
  const keeper = virtualKeeper({ file: smallWorld({ jobs: 2 }), changeConfig: holding() });
  const report = await keeper.run('rotate-keys', { plan: true });
  expect(report.actions.map(({ kind }) => kind)).not.toContain('move-job');
  expect(report.findings.map(({ code }) => code)).toEqual(['rotation-held', 'rotation-held']);
});

test('a hold that begins while a request waits for its second try keeps the job', async () => {
  let refused: HttpRequest | undefined;
  const puts: number[] = [];
  const rotation = rotating(
    { jobs: 1 },
    {
      changeConfig: holding('job: 1', 'from: "2026-03-01T00:01:00Z"', 'until: "2026-03-01T02:00:00Z"'),
      wrapTransport: (inner) => ({
        async send(request) {
          if (request.method !== 'PUT' || !request.url.includes('/logpush/jobs/')) return inner.send(request);
          puts.push(rotation.world.now());
          if (refused !== undefined) return inner.send(request);
          refused = request;
          return { status: 429, headers: { 'retry-after': '90' }, body: '{}' };
        },
      }),
    },
  );
  await rotation.tick();
  expect(puts).toHaveLength(1);
  rotation.pass(minutes(15));
  await rotation.untilOver();
  expect(puts[1]).toBeGreaterThanOrEqual(Date.parse('2026-03-01T02:00:00Z'));
  expect(rotation.invariants.violations.filter(({ invariant }) => invariant !== 8)).toEqual([]);
});
