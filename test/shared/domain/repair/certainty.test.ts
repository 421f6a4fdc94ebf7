import { expect, test } from 'vitest';
import type { Cause, Link } from '../../../../shared/domain/diagnosis/chain.ts';
import type { JobDiagnosis } from '../../../../shared/domain/diagnosis/conclude.ts';
import type { FindingCode } from '../../../../shared/domain/finding.ts';
import { failuresOf, wallsOf, whyUncertain } from '../../../../shared/domain/repair/certainty.ts';
import { bothSeen } from '../../../../shared/domain/repair/seen-cause.ts';

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
const question = (link: Link, text: string) => ({ link, text: `${link}: ${text}` });
const NOTHING = {
  seenCause: undefined,
  errorMessage: undefined,
  givesKey: false,
  isTried: true,
  isProven: false,
  isAsked: false,
};
const WALL = [question('destination', 'firewall')];
const HIDDEN = diagnosed({ doubts: WALL, untried: WALL });

test.each<[FindingCode, boolean, boolean]>([
  ['bucket-firewall-refuses', true, true],
  ['log-retention-off', true, true],
  ['zone-inactive', true, true],
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

test('what stops pushes without an error, or is only suspected, is not why failures disabled a job', () => {
  const role = cause('bucket-write-not-granted');
  const suspected = cause('bucket-root-key-suspected', { suspected: true });
  expect(failuresOf([cause('zone-inactive'), cause('log-retention-off'), suspected, role])).toEqual([role]);
});

test('nothing is hidden: it is certain', () => {
  expect(whyUncertain(diagnosed(), NOTHING)).toBeUndefined();
});

const seen = (links: readonly Link[], blind: readonly string[] = []) => ({
  text: 'role',
  links,
  byAddress: links.includes('destination'),
  blind,
});

test('a cause may hide where nobody sees it, unless one was seen and is gone', () => {
  expect(whyUncertain(HIDDEN, NOTHING)).toMatch(/no cause was ever seen, .*firewall/);
  expect(whyUncertain(HIDDEN, { ...NOTHING, seenCause: seen(['role']) })).toBeUndefined();
  expect(whyUncertain(HIDDEN, { ...NOTHING, seenCause: seen([]) })).toBeUndefined();
});

test('what was seen is not gone where nobody can look for it any more', () => {
  expect(whyUncertain(HIDDEN, { ...NOTHING, seenCause: seen(['destination']) })).toMatch(
    /what was seen before \(role\) may still be there, .*firewall/,
  );
  const metByTrying = { ...seen(['destination']), byAddress: false };
  expect(whyUncertain(HIDDEN, { ...NOTHING, seenCause: metByTrying })).toBeUndefined();
  expect(whyUncertain(HIDDEN, { ...NOTHING, isTried: false, seenCause: metByTrying })).toBeDefined();
  const alreadyBlind = seen(['destination'], ['destination: firewall']);
  expect(whyUncertain(HIDDEN, { ...NOTHING, seenCause: alreadyBlind })).toBeUndefined();
});

test('a suspicion that was not there when the cause was seen may be what is left of it', () => {
  const partly = diagnosed({ causes: [cause('bucket-firewall-partly', { suspected: true })] });
  expect(whyUncertain(partly, { ...NOTHING, seenCause: seen(['destination']) })).toMatch(/it: so/);
  const known = seen(['destination'], ['destination: it: so']);
  expect(whyUncertain(partly, { ...NOTHING, seenCause: known })).toBeUndefined();
});

test('of two causes that were seen, all links have to be looked at, and what one look saw is no blind spot', () => {
  const both = bothSeen(seen(['role'], ['a', 'b']), { ...seen(['destination'], ['b', 'c']), text: 'wall' });
  expect(both).toEqual({ text: 'wall', links: ['role', 'destination'], byAddress: true, blind: ['b'] });
});

test.each(['isProven', 'isAsked'] as const)('%s is enough', (what) => {
  expect(whyUncertain(HIDDEN, { ...NOTHING, [what]: true })).toBeUndefined();
});

test('another key takes a dead one away, and nothing else', () => {
  const dead = { ...HIDDEN, causes: [cause('key-disabled')] };
  expect(whyUncertain(dead, { ...NOTHING, givesKey: true })).toBeUndefined();
  expect(whyUncertain(dead, NOTHING)).toBeDefined();
  expect(whyUncertain(HIDDEN, { ...NOTHING, givesKey: true })).toBeDefined();
});

test('an outage that CIS tells of is over once the destination takes what is sent', () => {
  const outage = { ...NOTHING, errorMessage: 'error writing to destination: status 503' };
  expect(whyUncertain(HIDDEN, outage)).toBeUndefined();
  expect(whyUncertain(HIDDEN, { ...outage, isTried: false })).toBeDefined();
  expect(whyUncertain(HIDDEN, { ...NOTHING, errorMessage: 'permission denied' })).toBeDefined();
});

test('a suspicion is a doubt, unless a try takes it away', () => {
  const suspect = (more: Partial<Cause>) =>
    diagnosed({ causes: [cause('bucket-root-key-suspected', { suspected: true, ...more })] });
  expect(whyUncertain(suspect({}), NOTHING)).toMatch(/it: so/);
  expect(whyUncertain(suspect({ triedAway: true }), NOTHING)).toBeUndefined();
  expect(whyUncertain(suspect({ triedAway: true }), { ...NOTHING, isTried: false })).toMatch(/it: so/);
});

test('doubts about the role count only where the key is not tried, those about the key never', () => {
  const doubts = [question('role', 'policies')];
  expect(whyUncertain(diagnosed({ doubts }), NOTHING)).toBeUndefined();
  expect(whyUncertain(diagnosed({ doubts }), { ...NOTHING, isTried: false })).toMatch(/policies/);
  const ofKey = diagnosed({ doubts: [question('key', 'hidden')] });
  expect(whyUncertain(ofKey, { ...NOTHING, isTried: false })).toBeUndefined();
});
