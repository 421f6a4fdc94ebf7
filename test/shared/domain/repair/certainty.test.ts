import { expect, test } from 'vitest';
import type { Cause } from '../../../../shared/domain/diagnosis/chain.ts';
import type { JobDiagnosis } from '../../../../shared/domain/diagnosis/conclude.ts';
import type { FindingCode } from '../../../../shared/domain/finding.ts';
import { wallsOf, whyUncertain } from '../../../../shared/domain/repair/certainty.ts';
import type { Incident } from '../../../../shared/domain/repair/incident.ts';
import { aJob, START } from '../../../support/builders.ts';

const cause = (code: FindingCode, more: Partial<Cause> = {}): Cause => ({
  code,
  subject: 'it',
  detail: 'so',
  ...more,
});
const diagnosed = (fields: Partial<JobDiagnosis> = {}): JobDiagnosis => ({
  causes: [],
  doubts: [],
  untried: [],
  because: [],
  ...fields,
});
const incident = (fields: Partial<Incident> = {}): Incident => ({
  ref: aJob().ref,
  label: '1',
  seenAt: START,
  attempts: [],
  ...fields,
});
const NOTHING = { givesKey: false, isTried: true, isProven: false, isAsked: false };
const HIDDEN = diagnosed({ doubts: ['destination: firewall'], untried: ['destination: firewall'] });

test.each<[FindingCode, boolean, boolean]>([
  ['bucket-firewall-refuses', true, true],
  ['log-retention-off', true, true],
  ['key-expired', true, false],
  ['key-expired', false, false],
  ['sender-not-granted', true, false],
  ['sender-not-granted', false, true],
])('%s, with a key that is tried (%s), stands in the way: %s', (code, isTried, stands) => {
  expect(wallsOf(diagnosed({ causes: [cause(code)] }), isTried)).toHaveLength(stands ? 1 : 0);
});

test('what is only suspected stands in nobody’s way', () => {
  const causes = [cause('logs-region-unproven', { suspected: true })];
  expect(wallsOf(diagnosed({ causes }), true)).toEqual([]);
});

test('nothing is hidden: it is certain', () => {
  expect(whyUncertain(diagnosed(), incident(), NOTHING)).toBeUndefined();
});

test('a cause may hide where nobody sees it, unless one was seen and is gone', () => {
  expect(whyUncertain(HIDDEN, incident(), NOTHING)).toMatch(/no cause was ever seen, .*firewall/);
  expect(whyUncertain(HIDDEN, incident({ seenCause: 'role' }), NOTHING)).toBeUndefined();
});

test.each(['isProven', 'isAsked'] as const)('%s is enough', (what) => {
  expect(whyUncertain(HIDDEN, incident(), { ...NOTHING, [what]: true })).toBeUndefined();
});

test('another key takes a dead one away, and nothing else', () => {
  const dead = { ...HIDDEN, causes: [cause('key-disabled')] };
  expect(whyUncertain(dead, incident(), { ...NOTHING, givesKey: true })).toBeUndefined();
  expect(whyUncertain(dead, incident(), NOTHING)).toBeDefined();
  expect(whyUncertain(HIDDEN, incident(), { ...NOTHING, givesKey: true })).toBeDefined();
});

test('a suspicion is a doubt, whatever was seen before', () => {
  const causes = [cause('bucket-keeps-objects', { suspected: true })];
  expect(whyUncertain(diagnosed({ causes }), incident({ seenCause: 'role' }), NOTHING)).toMatch(/it: so/);
});

test('doubts about the role count only where the key is not tried', () => {
  const doubts = ['role: policies'];
  expect(whyUncertain(diagnosed({ doubts }), incident(), NOTHING)).toBeUndefined();
  expect(whyUncertain(diagnosed({ doubts }), incident(), { ...NOTHING, isTried: false })).toMatch(/policies/);
});
