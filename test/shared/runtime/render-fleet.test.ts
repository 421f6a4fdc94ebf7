import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Finding, finding } from '../../../shared/domain/finding.ts';
import { buildFleetReport } from '../../../shared/domain/fleet-build.ts';
import { days, hours } from '../../../shared/domain/time.ts';
import { renderFleetText } from '../../../shared/runtime/render-fleet.ts';
import { INSTANCE_CRN } from '../../support/builders.ts';
import { aFleetInput, aFleetJob, aKeptRun, MADE_AT } from '../../support/fleet.ts';
import { randomFleet } from '../../support/random-fleet.ts';

test('the verdict first, then findings with what they explain, jobs that are not fine, keys that end, functions', () => {
  const cause = finding('bucket-quota-reached', 'bucket b (eu-de)', 'it is full', MADE_AT - hours(3));
  const because = ['bucket-quota-reached bucket b (eu-de)'];
  const findings: readonly Finding[] = [
    ...Array.from({ length: 10 }, (_, i) =>
      finding('job-failing', `job ${i}`, 'refused', undefined, { because }),
    ),
    cause,
  ];
  const report = buildFleetReport(
    aFleetInput({
      instances: [
        {
          crn: INSTANCE_CRN,
          seenAt: MADE_AT,
          jobs: [aFleetJob(), aFleetJob({ jobId: 2, health: 'failing', reason: 'it fails' })],
        },
      ],
      runs: [aKeptRun({ findings, outcome: 'findings' })],
      keys: [
        {
          binding: 'edge-logs',
          secretId: 's',
          configured: true,
          keys: [
            { keyId: 'ApiKey-1', role: 'current', expiresAt: MADE_AT + days(2) },
            { keyId: 'ApiKey-2', role: 'old', expiresAt: MADE_AT },
          ],
        },
      ],
      unreadable: ['a document'],
    }),
  );
  expect(renderFleetText(report)).toMatchInlineSnapshot(`
    "CRITICAL  A person is needed now: 1 of 2 jobs pushes nothing (1 failing); 11 critical findings; 1 key ends within 7 d; 1 part of the ledger cannot be read.
    as the ledger had it 2026-03-03 00:00:00Z

    could not be read
      a document

    findings
      critical  bucket-quota-reached  bucket b (eu-de), since 2026-03-02 21:00:00Z
                it is full
                → raise the hard quota of the bucket, or let a rule expire old objects
                explains 10 findings:
                  job-failing  job 0: refused
                  job-failing  job 1: refused
                  job-failing  job 2: refused
                  job-failing  job 3: refused
                  job-failing  job 4: refused
                  job-failing  job 5: refused
                  job-failing  job 6: refused
                  job-failing  job 7: refused
                  and 2 more

    jobs that are not fine
      critical  2 (http_requests of shop.example)  failing, last push 2026-03-02 23:56:00Z; it fails

    keys that end soon, or of which nobody knows
      warning   binding edge-logs: current key ApiKey-1, ends 2026-03-05 00:00:00Z

    functions
      check-logpush: findings, 2 min ago, act
    "
  `);
});

test('no text moves the cursor or turns what is around it', () => {
  fc.assert(
    fc.property(randomFleet, (report) => {
      expect(renderFleetText(report)).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
    }),
    { numRuns: 100 },
  );
});
