import { expect, test } from 'vitest';
import { codeOfRefusal } from '../../../../shared/domain/declared/refusal.ts';

const QUOTA = 'creating a new job (for http_requests dataset) is not allowed: exceeded max jobs allowed';

test.each([
  [403, '1004', QUOTA, 3, 'declared-quota'],
  [400, '1004', QUOTA, 3, 'declared-quota'],
  [403, '1004', QUOTA, 0, 'declared-plan'],
  [403, '1004', 'reading job (for http_requests dataset) is not allowed', 2, 'declared-plan'],
  [403, '1004', 'BotScore, BotScoreSrc fields are not allowed', 2, 'declared-fields-refused'],
  [400, '1004', 'BotScore, BotScoreSrc fields are not allowed', 0, 'declared-fields-refused'],
  [405, '405', 'This action is unavailable for the current plan: Standard', 0, 'declared-plan'],
  [403, '10000', 'You are not authorized', 1, 'declared-not-authorized'],
  [403, undefined, 'the identity may not do this', 1, 'declared-not-authorized'],
  [400, '1001', 'Invalid zone identifier', 0, 'declared-zone-missing'],
  [
    400,
    '1002',
    'error validating destination: error writing object: error uploading',
    1,
    'declared-destination-refused',
  ],
  [400, '1002', 'a job with this destination already exists', 1, 'declared-path-taken'],
  [400, '1002', 'log retention is not enabled for this zone', 1, 'declared-retention-refused'],
  [400, '1002', 'invalid ownership challenge', 1, 'declared-ownership-invalid'],
  [400, '1002', 'invalid Logpush job: name', 1, 'declared-refused'],
  [404, undefined, 'not found', 1, 'declared-failed'],
  [undefined, undefined, 'no answer', 1, 'declared-failed'],
] as const)('%s %s "%s" with %i jobs in the zone', (status, code, reason, jobs, finding) => {
  expect(codeOfRefusal({ status, code, reason }, jobs)).toBe(finding);
});
