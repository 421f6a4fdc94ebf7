import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../infra/local/random.ts';
import { jobKey } from '../../../shared/domain/logpush.ts';
import { isIn, shardsOf, WHOLE } from '../../../shared/domain/shard.ts';
import { minutes } from '../../../shared/domain/time.ts';
import {
  mergeParts,
  readBefore,
  readObservation,
  splitByAge,
} from '../../../shared/sweeps/observation-parts.ts';
import { NOTHING_SEEN, observe, writePart } from '../../../shared/sweeps/observations.ts';
import { aJob, INSTANCE_CRN, START } from '../../support/builders.ts';
import { createMemoryLedger } from '../../support/memory-ledger.ts';
import { isFresh } from '../../support/sharded.ts';

const ZONES = Array.from({ length: 12 }, (_, n) => ({
  id: (n * 7_919).toString(16).padStart(32, '0'),
  name: `zone-${n}.example`,
  status: 'active',
  paused: false,
}));

/** One look of one shard at its zones; a zone may have lost its job by then. */
const looks = fc.array(
  fc.record({
    of: fc.integer({ min: 1, max: 4 }),
    index: fc.nat({ max: 3 }),
    afterMs: fc.integer({ min: 1, max: minutes(4) }),
    without: fc.nat({ max: ZONES.length - 1 }),
  }),
  { minLength: 1, maxLength: 25 },
);

test('of each zone the newest look tells, its memory survives every other number of shards, and none that waits passes for fresh', async () => {
  const shown = ({ id }: (typeof ZONES)[number]) =>
    aJob({ ref: { instanceCrn: INSTANCE_CRN, zoneId: id, jobId: 1 } });
  await fc.assert(
    fc.asyncProperty(looks, fc.boolean(), async (drawn, isSlow) => {
      const ports = { ledger: createMemoryLedger(), random: new SeededRandom(1) };
      const model = new Map<string, { readonly firstAt?: number; readonly lookedAt: number }>();
      let now = START;
      for (const { of, index, afterMs, without } of drawn) {
        // What a shard has seen itself a moment ago is memory enough; later the newest is, whoever has seen it.
        now += afterMs + (isSlow ? minutes(7) : 0);
        const shard = { index: index % of, of };
        const before = await readBefore(ports.ledger, INSTANCE_CRN, shard, now);
        const jobs = ZONES.filter(({ id }, n) => isIn(shard, id) && n !== without).map((zone) => {
          const job = shown(zone);
          const firstSeenAt = before.jobs[jobKey(job.ref)]?.firstSeenAt ?? now;
          const memory = { firstSeenAt, enabled: true, failing: false, outages: [], cleanAt: now };
          return [jobKey(job.ref), observe(job, zone, { health: 'healthy', reason: 'x' }, memory)] as const;
        });
        const seen = { ...NOTHING_SEEN, jobs: Object.fromEntries(jobs), seenAt: now, endedAt: now };
        await writePart(ports, INSTANCE_CRN, shard, { ...seen, revision: before.revision, tag: before.tag });
        for (const [n, { id }] of ZONES.entries())
          if (isIn(shard, id)) {
            const firstAt = model.get(id)?.firstAt ?? now;
            model.set(id, { lookedAt: now, ...(n === without ? {} : { firstAt }) });
          }
      }
      const merged = await readObservation(ports.ledger, INSTANCE_CRN);
      const known = new Map(
        Object.values(merged.jobs).map(({ zone, firstSeenAt, cleanAt }) => [
          zone.id,
          [cleanAt, ...(isSlow ? [firstSeenAt] : [])],
        ]),
      );
      const expected = [...model].flatMap(([id, { firstAt, lookedAt }]) =>
        firstAt === undefined ? [] : [[id, [lookedAt, ...(isSlow ? [firstAt] : [])]] as const],
      );
      expect(known).toEqual(new Map(expected));
      const isSeen = ZONES.every(({ id }) => now - (model.get(id)?.lookedAt ?? 0) <= minutes(6));
      if (isFresh(merged, now)) expect(isSeen).toBe(true);
      // What may stand for a look, and what has to be looked at, are all there is.
      const { fresh = NOTHING_SEEN, behind } = splitByAge(merged, now);
      const isBehind = (id: string): boolean => behind.some((shard) => isIn(shard, id));
      const standing = Object.values(fresh.jobs).map(({ zone }) => zone.id);
      expect(standing.toSorted()).toEqual([...known.keys()].filter((id) => !isBehind(id)).toSorted());
      for (const { id } of ZONES)
        if (!isBehind(id)) expect(now - (model.get(id)?.lookedAt ?? 0)).toBeLessThanOrEqual(minutes(6));
    }),
    { numRuns: 150 },
  );
});

test('all shards of one number make a whole look, whatever others left behind; without one of them it is none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 9 }), fc.nat(), async (of, lost) => {
      const old = { ...NOTHING_SEEN, shard: { index: 1, of: 3 }, seenAt: START, endedAt: START };
      const parts = shardsOf(of).map((shard) => ({
        ...NOTHING_SEEN,
        shard,
        seenAt: START + minutes(30),
        endedAt: START + minutes(31) + shard.index,
      }));
      const now = START + minutes(32);
      expect(isFresh(mergeParts([...parts, old]), now)).toBe(true);
      const without = parts.filter(({ shard }) => shard.index !== lost % of);
      expect(isFresh(mergeParts([...without, old]), now)).toBe(false);
      expect(splitByAge(mergeParts(without), now).behind).toEqual([{ index: lost % of, of }]);
      const whole = { ...old, shard: WHOLE, endedAt: START + minutes(29) };
      expect(isFresh(mergeParts([...without, whole]), now)).toBe(true);
    }),
  );
});
