import { expect, test } from 'vitest';
import { VirtualClock } from '../../../../infra/local/clock.ts';
import type { Rule } from '../../../../infra/local/iam/matching.ts';
import { World } from '../../../../infra/local/world.ts';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { BUCKET, smallWorld } from '../../../simulation/small-world.ts';

const FOREIGN = 'iam-ServiceId-99999999-0000-4000-8000-000000000001';
const INSTANCE = '33333333-1111-4222-8333-444444444444';
const GROUP = 'AccessGroupId-11111111-0000-4000-8000-000000000001';
const PUT = 'cloud-object-storage.object.put';

type Account = ReturnType<typeof smallWorld>['accounts'][number];

function aWorld(change: (account: Account) => void = () => {}, policyDelaySeconds = 0) {
  const file = smallWorld({ jobs: 1, destination: 'cos' });
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the small world has changed');
  file.settings.iam.policyDelaySeconds = policyDelaySeconds;
  change(account);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const target = {
    service: 'cloud-object-storage',
    accountId: account.id,
    instanceId: INSTANCE,
    resource: { type: 'bucket', name: BUCKET } as const,
  };
  const may = (path = 'http/a', action = PUT, more: object = {}): boolean =>
    world.iam.allows(FOREIGN, action, { ...target, path, ...more }, clock.now());
  return { world, clock, accountId: account.id, may };
}

test.each([
  ['all services', {}, true],
  ['the service', { service: 'cloud-object-storage' }, true],
  ['another service', { service: 'logs' }, false],
  ['the instance', { service: 'cloud-object-storage', instance: INSTANCE }, true],
  ['another instance', { service: 'cloud-object-storage', instance: BUCKET }, false],
  [
    'the instance by its CRN',
    {
      service: 'cloud-object-storage',
      instance: `crn:v1:bluemix:public:cloud-object-storage:global:a/9989c32096219819f54f6ed1c559e016:${INSTANCE}::`,
    },
    true,
  ],
  ['the bucket', { service: 'cloud-object-storage', instance: INSTANCE, bucket: BUCKET }, true],
  ['another bucket', { service: 'cloud-object-storage', instance: INSTANCE, bucket: 'other' }, false],
  ['its resource group', { resourceGroup: 'logs' }, true],
  ['another resource group', { resourceGroup: 'web' }, false],
  ['its path', { service: 'cloud-object-storage', path: 'http/*' }, true],
  ['another path', { service: 'cloud-object-storage', path: 'dns/*' }, false],
])('a policy about %s reaches as far as it says', (_, policy, allowed) => {
  const { may } = aWorld((account) => {
    account.policies.push({ iamId: FOREIGN, roles: ['Writer'], ...policy });
    account.resourceGroups.push({ id: 'logs', instances: [INSTANCE] });
  });
  expect(may()).toBe(allowed);
});

test('a condition on the path grants what knows a path, and nothing else', () => {
  const { may } = aWorld((account) => {
    account.policies.push({
      iamId: FOREIGN,
      service: 'cloud-object-storage',
      roles: ['Manager'],
      path: 'http/*',
    });
  });
  expect(may('http/x')).toBe(true);
  expect(may('http/x', 'cloud-object-storage.object.get')).toBe(true);
  expect(may('http/x', 'cloud-object-storage.bucket.head')).toBe(false);
  expect(may('http/x', 'cloud-object-storage.bucket.get', { prefix: 'http/' })).toBe(false);
});

const condition = (key: string, operator: string, value: Extract<Rule, { key: string }>['value']): Rule => ({
  key: `{{${key}}}`,
  operator,
  value,
});
const path = (operator: string, value: string | readonly string[]): Rule =>
  condition('resource.attributes.path', operator, value);
const time = (operator: string, value: string | readonly string[]): Rule =>
  condition('environment.attributes.current', operator, value);

// The world begins on Sunday, 2026-03-01, at midnight.
test.each<[string, Rule, boolean]>([
  [
    'one of two',
    { operator: 'or', conditions: [path('stringEquals', 'b'), path('stringMatch', 'http/?')] },
    true,
  ],
  [
    'both of two',
    { operator: 'and', conditions: [path('stringEquals', 'b'), path('stringMatch', 'http/?')] },
    false,
  ],
  ['any of several', path('stringMatchAnyOf', ['dns/*', 'ht*/a']), true],
  ['none of several', path('stringEqualsAnyOf', ['dns', 'http']), false],
  ['a dot is a dot', path('stringMatch', 'http.a'), false],
  ['no prefix is asked for', condition('resource.attributes.prefix', 'stringExists', 'false'), true],
  ['a prefix is asked for', condition('resource.attributes.prefix', 'stringEquals', 'http/'), false],
  ['an operator that nobody knows', path('stringLike', 'http/a'), false],
  ['before nine', time('timeLessThan', '09:00:00+00:00'), true],
  ['before nine where it is ten', time('timeLessThan', '09:00:00+10:00'), false],
  ['until the first of March', time('dateLessThanOrEquals', '2026-03-01+00:00'), true],
  ['from the second', time('dateGreaterThanOrEquals', '2026-03-02+00:00'), false],
  ['after an instant', time('dateTimeGreaterThan', '2026-02-28T23:00:00+00:00'), true],
  ['on working days', time('dayOfWeekAnyOf', ['1+00:00', '5+00:00']), false],
  ['on Sundays', time('dayOfWeekEquals', '7+00:00'), true],
  ['on Saturdays, where it still is one', time('dayOfWeekEquals', '6-05:00'), true],
])('a condition holds: %s', (_, rule, allowed) => {
  const { world, accountId, may } = aWorld();
  world.iam.policies.create(
    accountId,
    {
      type: 'access',
      subject: [{ key: 'iam_id', operator: 'stringEquals', value: FOREIGN }],
      resource: [{ key: 'serviceName', operator: 'stringEquals', value: 'cloud-object-storage' }],
      tags: [],
      roles: ['crn:v1:bluemix:public:iam::::serviceRole:ObjectWriter'],
      rule,
    },
    'somebody',
  );
  expect(may()).toBe(allowed);
});

test('a group gives its members what it may do, while they are in it', () => {
  const { world, may } = aWorld((account) => {
    account.accessGroups.push({
      name: 'writers',
      id: GROUP,
      members: [FOREIGN],
      policies: [{ service: 'cloud-object-storage', roles: ['Object Writer'], bucket: BUCKET }],
    });
  });
  expect(may()).toBe(true);
  world.iam.groups.removeMember(GROUP, FOREIGN);
  expect(may()).toBe(false);
});

test('everybody is in the public group', () => {
  const { world, accountId, may } = aWorld();
  world.iam.addPolicy({
    accountId,
    groupId: 'AccessGroupId-PublicAccess',
    service: 'cloud-object-storage',
    roles: ['Object Reader'],
  });
  expect(may('a', 'cloud-object-storage.object.get')).toBe(true);
  expect(may('a')).toBe(false);
});

test('a custom role holds what the account gave it', () => {
  const { may } = aWorld((account) => {
    account.customRoles.push({ name: 'Put Only', actions: [PUT] });
    account.policies.push({ iamId: FOREIGN, service: 'cloud-object-storage', roles: ['Put Only'] });
  });
  expect(may()).toBe(true);
  expect(may('a', 'cloud-object-storage.object.put_part')).toBe(false);
});

test('a grant, a change and a removal act as late as the world says', () => {
  const { world, clock, accountId, may } = aWorld(() => {}, 600);
  const content = { accountId, iamId: FOREIGN, service: 'cloud-object-storage', roles: ['Object Writer'] };
  clock.advance(minutes(1));
  const policy = world.iam.policies.add(content);
  expect(may()).toBe(false);
  clock.advance(minutes(10));
  expect(may()).toBe(true);

  const { subject, resource, tags } = policy;
  world.iam.policies.replace(policy, { type: 'access', subject, resource, tags, roles: [] }, 'somebody');
  expect(may()).toBe(true);
  clock.advance(minutes(10));
  expect(may()).toBe(false);

  const again = world.iam.policies.add(content);
  clock.advance(hours(1));
  world.iam.policies.remove(again, 'somebody');
  clock.advance(minutes(9));
  expect(may()).toBe(true);
  clock.advance(minutes(1));
  expect(may()).toBe(false);
});

test('an administrator of a bucket sees the policies about it, and no others', async () => {
  const { world, clock, accountId } = aWorld((account) => {
    account.policies.push({
      iamId: FOREIGN,
      service: 'cloud-object-storage',
      roles: ['Administrator'],
      bucket: BUCKET,
    });
  });
  world.iam.addServiceId({ id: FOREIGN.slice('iam-'.length), name: 'administrator', accountId: 'other' });
  const { token } = world.iam.issue(
    { iamId: FOREIGN, accountId: 'other', name: 'administrator' },
    clock.now(),
    hours(1),
    'apikey',
  );
  const response = await world.app.request(`/iam/v2/policies?account_id=${accountId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { policies } = (await response.json()) as { readonly policies: readonly unknown[] };
  // Its own, that of the service ID that writes there, and that of Logpush itself.
  expect(policies).toHaveLength(3);
});

test.each(['empty', 'refuse'] as const)('groups without the right to read them: %s', async (how) => {
  const { world, clock, accountId } = aWorld();
  world.settings.iam.groupsWithoutRight = how;
  const token = world.iam.grantToken(world.keyValue('keeper-key'), clock.now());
  if (!token.ok) throw new Error(token.code);
  const response = await world.app.request(`/iam/v2/groups?account_id=${accountId}`, {
    headers: { authorization: `Bearer ${token.token}` },
  });
  expect(response.status).toBe(how === 'empty' ? 200 : 403);
});
