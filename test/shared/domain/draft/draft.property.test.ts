import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlap, selects } from '../../../../shared/domain/binding.ts';
import { draftBindings } from '../../../../shared/domain/draft/draft.ts';
import type { Survey, SurveyedJob } from '../../../../shared/domain/draft/survey.ts';
import type { Destination } from '../../../../shared/domain/logpush.ts';
import { Secret } from '../../../../shared/domain/secret.ts';
import { aJob, aKey, aSecret, aZone } from '../../../support/builders.ts';

const ZONES = ['a', 'b'].map((letter) => aZone({ id: letter.repeat(32), name: `${letter}.example` }));
const destination: fc.Arbitrary<Destination> = fc.oneof(
  fc.record({
    kind: fc.constant('cloud-logs' as const),
    instanceId: fc.constantFrom('one', 'two'),
    region: fc.constant('eu-de'),
  }),
  fc.record({
    kind: fc.constant('cos' as const),
    instanceId: fc.constant('cos-1'),
    region: fc.constant('eu-de'),
    bucket: fc.constantFrom('logs', 'archive'),
    path: fc.constantFrom('', 'http', 'dns'),
    dailySubfolder: fc.boolean(),
  }),
  fc.constant({ kind: 'other' as const, system: 'splunk' as const }),
);
const jobs = fc
  .array(
    fc.record({
      zone: fc.constantFrom(...ZONES),
      dataset: fc.constantFrom('http_requests', 'dns_logs'),
      destination,
      shows: fc.constantFrom(undefined, 'key-1', 'key-2', 'key-3'),
    }),
    { maxLength: 12 },
  )
  .map((all) =>
    all.map(({ zone, dataset, destination: to, shows }, i): SurveyedJob => {
      const job = aJob({
        jobId: i + 1,
        dataset,
        destination: to,
        destinationKey:
          shows === undefined ? { state: 'masked' } : { state: 'visible', key: new Secret(shows) },
        ref: { ...aJob().ref, zoneId: zone.id, jobId: i + 1 },
      });
      return { job, zone, ...(shows === undefined ? {} : { shows }) };
    }),
  );

const surveyOf = (all: readonly SurveyedJob[]): Survey => ({
  accounts: [{ name: 'edge', accountId: aKey().accountId }],
  instances: [],
  jobs: all,
  keys: Object.fromEntries(['key-1', 'key-2', 'key-3'].map((name) => [name, aKey({ id: `ApiKey-${name}` })])),
  secrets: ['key-1', 'key-2'].map((holds) => ({
    account: 'edge',
    instanceId: 'sm',
    region: 'eu-de',
    network: 'public',
    metadata: aSecret({ id: `secret-of-${holds}` }),
    holds,
  })),
  secretsWereRead: true,
  unread: [],
});

test('a binding that stands takes every job that shows its key, and no job that shows another', () => {
  const seen = { standing: 0, open: 0, narrow: 0, except: 0 };
  fc.assert(
    fc.property(jobs, (all) => {
      const drafts = draftBindings(surveyOf(all));
      const standing = drafts.filter(({ open }) => open.length === 0);
      seen.standing += standing.length;
      seen.open += drafts.length - standing.length;
      seen.narrow += standing.filter(({ selectors }) => selectors.some(({ zone }) => zone !== '*')).length;
      seen.except += standing.filter(({ except }) => except.length > 0).length;
      expect(new Set(drafts.map(({ name }) => name)).size).toBe(drafts.length);
      for (const [i, draft] of standing.entries()) {
        const takes = all.filter(
          ({ job, zone }) =>
            selects({ jobs: draft.selectors }, job, zone) && !draft.except.includes(job.ref.jobId),
        );
        expect(takes).toEqual(draft.jobs);
        for (const other of standing.slice(0, i))
          for (const one of other.selectors)
            for (const two of draft.selectors) expect(overlap(one, two)).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
});
