import { expect, test } from 'vitest';
import type { Target } from '../../../../infra/local/host.ts';
import { covers, type Rule, type Scope } from '../../../../infra/local/iam/matching.ts';

const ACCOUNT = '00000000000000000000000000000001';
const COS = 'cloud-object-storage';
const equals = (key: string, value: string) => ({ key, operator: 'stringEquals', value });
const condition = (name: string, operator: string, value: string): Rule => ({
  key: `{{resource.attributes.${name}}}`,
  operator,
  value,
});

const scope = (more: Partial<Scope> = {}): Scope => ({
  resource: [equals('accountId', ACCOUNT), equals('serviceName', COS)],
  tags: [],
  ...more,
});
const covered = (by: Scope, action: string, target: Partial<Target> = {}): boolean =>
  covers(by, `${COS}.${action}`, { service: COS, accountId: ACCOUNT, ...target }, 0);

test('a policy is about one account, and about what bears its tags: here nothing does', () => {
  expect(covered(scope(), 'bucket.get')).toBe(true);
  expect(covered(scope(), 'bucket.get', { accountId: 'other' })).toBe(false);
  expect(covered(scope({ tags: [equals('team', 'edge')] }), 'bucket.get')).toBe(false);
});

test('only listings know a prefix, only actions on objects a path', () => {
  const noPrefix = scope({ rule: condition('prefix', 'stringEquals', '') });
  expect(covered(noPrefix, 'bucket.get')).toBe(true);
  expect(covered(noPrefix, 'bucket.get', { prefix: 'keeper/' })).toBe(false);
  expect(covered(noPrefix, 'bucket.head')).toBe(false);

  const below = scope({ rule: condition('path', 'stringMatch', 'rings/*') });
  expect(covered(below, 'object.put', { path: 'rings/alert/1' })).toBe(true);
  expect(covered(below, 'object.put', { path: 'keeper/lease' })).toBe(false);
  expect(covered(below, 'bucket.get', { path: 'rings/alert/1' })).toBe(false);
});
