import { array, assert, boolean, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { advanceOutages, type Outages, type PushState } from '../../../shared/domain/outage.ts';
import { minutes } from '../../../shared/domain/time.ts';
import { START } from '../../support/builders.ts';

const at = (n: number): number => START + minutes(n);

/** Looks at one job, each as [minute of the look, what it shows]. */
function looks(...seen: readonly (readonly [number, PushState])[]): Outages {
  let outages: Outages = { outages: [] };
  for (const [minute, state] of seen) outages = advanceOutages(outages, state, at(minute));
  return outages;
}
const pushes = (n: number): PushState => ({ state: 'pushes', at: at(n) });
const down =
  (state: 'fails' | 'disabled') =>
  (n: number, lastGood?: number): PushState => ({
    state,
    at: at(n),
    lastGoodAt: lastGood === undefined ? undefined : at(lastGood),
  });
const fails = down('fails');
const disabled = down('disabled');

test('a job that pushes has no outage', () => {
  expect(looks([0, pushes(0)], [5, pushes(5)])).toEqual({ outages: [] });
});

test('an outage lasts from the last push before it to the first that is seen after it', () => {
  const open = looks([0, pushes(0)], [11, fails(10, 5)], [16, fails(15, 5)]);
  expect(open.outage).toMatchObject({ from: at(5), seenAt: at(11), sureUntil: at(15) });
  const { outage, outages } = looks([0, pushes(0)], [11, fails(10, 5)], [16, fails(15, 5)], [26, pushes(25)]);
  expect(outage).toBeUndefined();
  expect(outages).toMatchObject([
    { from: at(5), seenAt: at(11), until: at(25), ended: 'pushed', lost: { min: 10, max: 20 } },
  ]);
});

test('while failures keep a job disabled, every look makes it longer for certain', () => {
  const { outages } = looks(
    [0, fails(0, -5)],
    [60, disabled(60, -5)],
    [65, disabled(65, -5)],
    [75, pushes(70)],
  );
  expect(outages[0]?.lost).toEqual({ min: 70, max: 75 });
});

test('a push between two looks that both see a failure ends one outage and begins another', () => {
  const { outage, outages } = looks([6, fails(5, 0)], [16, fails(15, 10)]);
  expect(outages).toMatchObject([{ from: at(0), until: at(10), lost: { min: 5, max: 10 } }]);
  expect(outage).toMatchObject({ from: at(10), sureUntil: at(15) });
});

test('a person who disables a failing job ends the outage; what is unclear ends nothing', () => {
  expect(looks([6, fails(5, 0)], [8, { state: 'unclear' }]).outage).toMatchObject({ sureUntil: at(5) });
  const { outages } = looks([6, fails(5, 0)], [8, { state: 'unwanted', at: at(8) }]);
  expect(outages).toMatchObject([{ ended: 'by-hand', lost: { min: 5, max: 8 } }]);
});

test('a job that was never seen to push has an outage, and nobody knows what it cost', () => {
  const { outages } = looks([6, fails(5)], [11, pushes(10)]);
  expect(outages[0]?.lost).toEqual({ min: 0 });
});

test('time in which nobody could tell who disabled the job is not certain', () => {
  const { outages } = looks(
    [6, fails(5, 0)],
    // It failed once more before it was disabled.
    [11, { state: 'unclear', failedAt: at(10) }],
    [16, { state: 'unclear', failedAt: at(10) }],
    // It is enabled again, and still shows its failure of before.
    [18, fails(10, 0)],
    [21, fails(20, 0)],
    [26, fails(25, 0)],
    [31, pushes(30)],
  );
  expect(outages[0]?.lost).toEqual({ min: 15, max: 30 });
});

test('a job that is enabled after its owner did not want it has lost nothing before', () => {
  const unwanted = (n: number): PushState => ({ state: 'unwanted', at: at(n) });
  const { outages } = looks(
    [6, fails(5, 0)],
    [11, unwanted(11)],
    [61, unwanted(61)],
    [66, fails(65, 0)],
    [81, pushes(80)],
  );
  expect(outages).toMatchObject([
    { ended: 'by-hand', lost: { min: 5, max: 11 } },
    { ended: 'pushed', from: at(61), lost: { min: 0, max: 19 } },
  ]);
});

test('an old push that is still shown after the job was enabled ends nothing', () => {
  expect(looks([6, disabled(5, 0)], [8, pushes(0)]).outage).toMatchObject({ from: at(0) });
});

test('at most twenty outages of a job are remembered, the newest', () => {
  const seen = Array.from({ length: 30 }, (_, n) => [
    [n * 10 + 6, fails(n * 10 + 5, n * 10)] as const,
    [n * 10 + 11, pushes(n * 10 + 10)] as const,
  ]).flat();
  const { outages } = looks(...seen);
  expect(outages).toHaveLength(20);
  expect(outages.at(-1)?.until).toBe(at(300));
});

test('whenever the looks come, what was lost lies between what is said at least and at most', () => {
  // One minute of a job: pushed, failed, or disabled by its failures; and whether somebody looks after it.
  const minute = record({ pushed: boolean(), look: boolean() });
  assert(
    property(array(minute, { minLength: 5, maxLength: 60 }), (life) => {
      let known: Outages = { outages: [] };
      let lastGood = 0;
      const lost: number[] = [];
      for (const [index, { pushed, look }] of life.entries()) {
        const n = index + 1;
        if (pushed) lastGood = n;
        else lost.push(n);
        if (look) known = advanceOutages(known, pushed ? pushes(n) : fails(n, lastGood), at(n));
      }
      for (const { from = 0, until, lost: said } of known.outages) {
        const truth = lost.filter((n) => at(n) > from && at(n) <= until).length;
        expect(said.min).toBeLessThanOrEqual(truth);
        expect(said.max).toBeGreaterThanOrEqual(truth);
      }
    }),
  );
});
