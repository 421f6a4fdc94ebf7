import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { minutes, seconds } from '../../../../shared/domain/time.ts';
import { aCloud, aJob, type Cloud, CRN, LOGS, START, ZONE } from './fake-cloud.ts';

/** Something that happens to a world with the jobs 1 (high) and 2 (low). */
type Happening =
  | { readonly kind: 'enable' | 'disable'; readonly jobId: number }
  | { readonly kind: 'key'; readonly jobId: number; readonly apiKey: string }
  | { readonly kind: 'frequency'; readonly jobId: number; readonly frequency: string }
  | { readonly kind: 'outage'; readonly status: number | undefined }
  | { readonly kind: 'retention'; readonly flag: boolean };

const jobId = fc.constantFrom(1, 2);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constantFrom('enable' as const, 'disable' as const), jobId }),
  fc.record({
    kind: fc.constant('key' as const),
    jobId,
    apiKey: fc.constantFrom('key-1', 'key-2', 'key-3', 'unknown-key'),
  }),
  fc.record({ kind: fc.constant('frequency' as const), jobId, frequency: fc.constantFrom('high', 'low') }),
  fc.record({ kind: fc.constant('outage' as const), status: fc.constantFrom(undefined, 403, 503) }),
  fc.record({ kind: fc.constant('retention' as const), flag: fc.boolean() }),
);
/** Happenings, each with the seconds that pass before it: up to two days, often right at a push. */
const wait = fc.oneof(
  fc.integer({ min: 0, max: 172_800 }),
  fc.integer({ min: 0, max: 600 }).map((n) => n * 300),
);
const story = fc.array(fc.tuple(wait, happening), { maxLength: 12 });
const settings = fc.record({
  propagationMinutes: fc.constantFrom(0, 10, 15),
  previousKeyWindowMinutes: fc.constantFrom(0, 30, 60),
  tokenCacheMinutes: fc.constantFrom(0, 20, 60),
  enablingClearsLastComplete: fc.boolean(),
});

const ref = (id: number) => ({ instanceCrn: CRN, zoneId: ZONE, jobId: id });

function happen({ cis, cloudLogs }: Cloud, what: Happening): void {
  switch (what.kind) {
    case 'enable':
    case 'disable':
      return cis.setEnabled(ref(what.jobId), what.kind === 'enable');
    case 'key':
      return cis.setDestinationKey(ref(what.jobId), what.apiKey);
    case 'frequency':
      return cis.update(ref(what.jobId), { frequency: what.frequency });
    case 'outage':
      return cloudLogs.refuse(LOGS, what.status);
    case 'retention':
      return cis.setRetention({ instanceCrn: CRN, id: ZONE }, what.flag);
  }
}

type Story = readonly (readonly [number, Happening])[];

/** Lives through a story; `stepSeconds` says after how many seconds somebody looks at the world, if ever. */
function live(told: Story, logpush: object, stepSeconds: number | undefined): Cloud {
  const cloud = aCloud({ settings: { logpush }, startsAt: START + seconds(told.length % 2 === 0 ? 0 : 17) });
  cloud.iam.keys.set('key-3', START + minutes(600));
  aJob(cloud, { id: 1, frequency: 'high' });
  aJob(cloud, { id: 2, frequency: 'low' });
  const pass = (forSeconds: number): void => {
    const step = stepSeconds ?? forSeconds;
    for (let left = forSeconds; left > 0; left -= step) {
      cloud.pass(seconds(Math.min(step, left)));
      if (stepSeconds !== undefined) cloud.host.catchUp();
    }
  };
  for (const [wait, what] of told) {
    pass(wait);
    happen(cloud, what);
  }
  pass(7_200);
  cloud.host.catchUp();
  return cloud;
}

const outcome = ({ engine, cis, events }: Cloud) => ({
  truth: engine.truth(),
  jobs: [...cis.jobs()],
  events,
});

test('one long step tells the same truth as many short ones', () => {
  fc.assert(
    fc.property(story, settings, fc.integer({ min: 13, max: 5_000 }), (told, logpush, stepSeconds) => {
      const [once, often] = [live(told, logpush, undefined), live(told, logpush, stepSeconds)];

      expect(outcome(often)).toEqual(outcome(once));
    }),
    { numRuns: 60 },
  );
});

test('events come in the order of time', () => {
  fc.assert(
    fc.property(story, settings, (told, logpush) => {
      const times = live(told, logpush, undefined).events.map((event) => event.at);

      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});

test('a wanted minute is delivered or lost, never both and never neither', () => {
  // Nobody disables a job and retention stays on, so that all time is wanted.
  const wantedStory = story.map((told) =>
    told.filter(([, what]) => what.kind !== 'disable' && what.kind !== 'retention'),
  );
  fc.assert(
    fc.property(wantedStory, settings, (told, logpush) => {
      const cloud = live(told, logpush, undefined);
      for (const { ref: named, deliveredMinutes, lostMinutes } of cloud.engine.truth()) {
        const frequency = cloud.cis.job(named)?.frequency;
        const interval = minutes(frequency === 'high' ? 1 : 5);
        const settledUntil = Math.floor(cloud.host.now() / interval) * interval;
        const wanted = (settledUntil - START) / minutes(1);
        // The last tick may have been one of the frequency before; what is delivered rounds down, what is lost up.
        expect(deliveredMinutes + lostMinutes).toBeGreaterThan(wanted - 2);
        expect(deliveredMinutes + lostMinutes).toBeLessThan(wanted + 6);
      }
    }),
    { numRuns: 60 },
  );
});
