import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import { live } from '../simulation/life.ts';
import { ALONE, type RunnerSpec } from '../simulation/runner.ts';

/**
 * Two versions of the keeper run side by side while they are exchanged; the newer writes records that the older cannot read.
 * That the older changes nothing then is watched at every call.
 */

const OLDER = { ...ALONE, name: 'older' };
const NEWER = { ...ALONE, name: 'newer', isNewer: true };

async function liveWith(...runners: readonly RunnerSpec[]) {
  const life = await live({ name: 'two versions', seed: 1, world: { jobs: 2 }, faults: new Map(), runners });
  expect(life.violations).toEqual([]);
  return { ...life, older: [...(life.codes.get('older') ?? [])].join(), newer: life.codes.get('newer') };
}

const REFUSED = /written by a newer version of the keeper.*update this one/;

test('the newer has begun a rotation: the older says that it has to be updated, and the rotation completes', async () => {
  const { older, record } = await liveWith(NEWER, { ...OLDER, offsetMs: minutes(1) });
  expect(older).toMatch(REFUSED);
  expect(record?.history).toMatchObject([{ outcome: 'complete' }]);
});

test('the older has begun one: the newer carries it on', async () => {
  const { older, newer, record } = await liveWith(OLDER, { ...NEWER, offsetMs: hours(1) + minutes(1) });
  expect(older).toMatch(REFUSED);
  expect(newer).toEqual(new Set());
  expect(record?.history).toMatchObject([{ outcome: 'complete', attempt: 1 }]);
});

test('both at every tick, to the end', async () => {
  const { record } = await liveWith(OLDER, NEWER, { ...OLDER, skewMs: minutes(9) });
  expect(record?.history).toMatchObject([{ outcome: 'complete', attempt: 1 }]);
});

test('the newer is taken back for a day: the older waits for it, and nothing is lost', async () => {
  const first = { ...NEWER, stopsAfterMs: hours(2) };
  const again = { ...NEWER, name: 'newer again', offsetMs: hours(26) };
  const { older, record, codes } = await liveWith(first, { ...OLDER, offsetMs: minutes(1) }, again);
  expect(older).toMatch(REFUSED);
  expect(codes.get('newer again')).toEqual(new Set());
  expect(record?.history).toMatchObject([{ outcome: 'complete', attempt: 1 }]);
});
