import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceAction } from '../../../shared/domain/rotation/advance-action.ts';
import { movesPerNote } from '../../../shared/domain/rotation/move-job.ts';
import type { Action } from '../../../shared/domain/rotation/steps.ts';
import { SecretLease } from '../../../shared/sweeps/lease.ts';
import { RotationBook } from '../../../shared/sweeps/rotation-book.ts';
import { aBinding, aJob, aRecord, aRotation, aView, aZone, START } from '../../support/builders.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';

/** The sizes of the records that are written while so many jobs move; the first is that of none. */
async function sizesOf(jobs: number): Promise<readonly number[]> {
  const memory = createMemoryLedger();
  const sizes: number[] = [];
  const binding = aBinding();
  const ledger = {
    ...memory,
    write: (key: string, body: string, tag: string | undefined) => {
      if (key.startsWith('rotations/')) sizes.push(body.length);
      return memory.write(key, body, tag);
    },
  };
  const log = { info: () => {}, warn: () => {} };
  const ports = { ledger, random: fixedRandom, clock: fakeClock(), log };
  const lease = await SecretLease.look(ports, 'run1', binding.secret.id);
  await lease.take();
  const context = { ports, mode: 'act', runId: 'run1', calls: () => ({}) } as const;
  const book = await RotationBook.open(context, lease, binding);
  await book.keep(aRecord({ current: aRotation({ fleetOpen: true }) }));
  const selected = Array.from({ length: jobs }, (_, n) => ({
    job: aJob({ jobId: 700_000 + n }),
    zone: aZone(),
  }));
  const facts = { jobs: { jobs: selected, unclear: [], others: [], complete: true } };
  for (const { job } of selected) {
    const view = aView({ record: book.record, facts });
    const action: Action = {
      kind: 'move-job',
      job: job.ref,
      label: `${job.ref.jobId} (http_requests of shop.example)`,
      destination: { kind: 'cloud-logs', instanceId: 'logs', region: 'eu-de' },
      enabled: true,
      role: 'fleet',
      keyId: 'ApiKey-new',
    };
    await book.keep(advanceAction(view, action, { at: START }).record, movesPerNote(view, action));
  }
  await book.settle();
  expect(Object.keys(book.record.current?.jobs ?? {})).toHaveLength(jobs);
  return sizes;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

test('up to 50 jobs each move is written, and of any number at most 50 writes: 26 times what the record holds at the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_200 }), async (jobs) => {
      const [empty = 0, ...sizes] = await sizesOf(jobs);
      const atTheEnd = sizes.at(-1) ?? 0;
      if (jobs <= 50) expect(sizes).toHaveLength(jobs);
      expect(sizes.length).toBeLessThanOrEqual(50);
      expect(sum(sizes)).toBeLessThanOrEqual(26 * (atTheEnd - empty) + 50 * empty);
    }),
    { numRuns: 25, examples: [[50], [51], [800]] },
  );
});
