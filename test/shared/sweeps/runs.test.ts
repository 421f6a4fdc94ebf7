import { expect, test } from 'vitest';
import { SeededRandom } from '../../../infra/local/random.ts';
import { finding } from '../../../shared/domain/finding.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../../shared/errors.ts';
import { keepRun, readRun } from '../../../shared/sweeps/runs.ts';
import { aKeptRun, MADE_AT } from '../../support/fleet.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';
import { virtualKeeper } from '../../support/virtual-keeper.ts';

const KEY = 'runs/check-logpush.json';
const aRun = (fields: Partial<RunReport> = {}): RunReport => ({
  ...aKeptRun(),
  jobs: [],
  rotations: [],
  ...fields,
});

function keeping() {
  const ledger = createMemoryLedger();
  const random = new SeededRandom(1);
  return {
    ledger,
    keep: (fields?: Partial<RunReport>) => keepRun({ ledger, random }, aRun(fields)),
    tag: async () => (await ledger.read(KEY))?.tag,
  };
}

test('a run is kept without its jobs and rotations', async () => {
  const { ledger, keep } = keeping();
  await keep();
  expect(await readRun(ledger, 'check-logpush')).toEqual(aKeptRun());
  expect(JSON.parse((await ledger.read(KEY))?.body ?? '')).toMatchObject({
    schema: 1,
    revision: 1,
    nonce: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
});

test('what says the same again is not written before 15 minutes', async () => {
  const { keep, tag } = keeping();
  await keep();
  const first = await tag();
  await keep({ runId: 'run2', finishedAt: MADE_AT + minutes(12) });
  expect(await tag()).toBe(first);
  await keep({ runId: 'run3', finishedAt: MADE_AT + minutes(13) });
  expect(await tag()).not.toBe(first);
});

test('other findings, another outcome and other deeds are written at once; a plan of the same is not', async () => {
  const { keep, tag } = keeping();
  const planned = { kind: 'mint-key', subject: 's', detail: 'd', outcome: 'planned', at: MADE_AT } as const;
  const tags = [];
  for (const fields of [
    {},
    { findings: [finding('job-failing', 'job 1', 'x')] },
    { outcome: 'findings' },
    { actions: [planned] },
    { actions: [{ ...planned, at: MADE_AT + 1 }] },
    { actions: [{ ...planned, outcome: 'applied' }] },
  ] as const) {
    await keep(fields);
    tags.push(await tag());
  }
  expect(new Set(tags).size).toBe(5);
  expect(tags[4]).toBe(tags[3]);
});

test('a document of another kind is no run, and the next run writes over it', async () => {
  const { ledger, keep } = keeping();
  await ledger.write(KEY, '{"schema":1,"revi', undefined);
  await expect(readRun(ledger, 'check-logpush')).rejects.toBeInstanceOf(LedgerUnavailableError);
  await keep();
  expect(await readRun(ledger, 'check-logpush')).toBeDefined();
});

test('a run that cannot be kept is what it was, and the log says so', async () => {
  const ledger = createMemoryLedger();
  const keeper = virtualKeeper({
    ledger: {
      ...ledger,
      write: async (key, body, tag) => {
        if (key.startsWith('runs/')) throw new LedgerUnavailableError('planned: full');
        return ledger.write(key, body, tag);
      },
    },
  });
  const report = await keeper.run('check-logpush');
  expect(report.outcome).toBe('ok');
  expect(report.findings.map(({ code }) => code)).toEqual(['job-disabled-by-hand']);
  expect(keeper.log.join('\n')).toContain('run report not kept');
});

test('of a binding that is only observed, the kept keys are those that exist', async () => {
  const keeper = virtualKeeper();
  await keeper.run('rotate-keys', { text: keeper.configText.replace('mode: act', 'mode: observe') });
  const kept = await readRun(keeper.ledger, 'rotate-keys');
  const keys = Object.values(kept?.keys ?? {}).flat();
  const existing = new Set(keeper.world.iam.keys().map(({ id }) => id));
  expect(keys.map(({ role }) => role)).toEqual(['current', 'current']);
  for (const { keyId } of keys) expect(existing).toContain(keyId);
});
