import { expect, test } from 'vitest';
import type { FindingCode } from '../../shared/domain/finding.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import {
  arbitrary,
  aWorld,
  iamCredentials,
  keysOfJobs,
  keyValue,
  MADE,
  OWNER,
  operations,
  person,
  recordOf,
  rotated,
  storeNewKey,
  type WorldSecret,
  withKeysOfOthers,
  withMadeKeys,
} from '../support/managed.ts';
import { type VirtualKeeper, virtualKeeper } from '../support/virtual-keeper.ts';

/**
 * Secrets that do not fit what their binding says. Each situation is a section of docs/runbook.md, under the same words.
 */

const OTHER = 'iam-ServiceId-41484497-1ded-4dc9-8f79-8b031c066f28';
const CREATES = ['createSecretVersion', 'createSecretLocks', 'createApiKey', 'updateLogpushJob'];

/** A keeper of this secret; `apiKey` is what jobs carry. */
const keeperOf = (secret: WorldSecret, apiKey: string, change: (text: string) => string = (text) => text) =>
  virtualKeeper({ file: aWorld(secret, apiKey), changeConfig: change });

/** One finding, and nothing was done; unless `reads`, no value was read either. */
async function refuses(keeper: VirtualKeeper, code: FindingCode, detail: string, reads = false) {
  keeper.world.calls.length = 0;
  const { findings, actions, outcome } = await keeper.run('rotate-keys');
  expect([findings, actions, outcome]).toMatchObject([
    [{ code, detail: expect.stringContaining(detail) }],
    [],
    'findings',
  ]);
  for (const never of [...CREATES, ...(reads ? [] : ['getSecret', 'getSecretVersion'])])
    expect(operations(keeper)).not.toContain(never);
}

test('The secret does not reuse its key', async () => {
  const keeper = keeperOf(iamCredentials({ reuse: false }), MADE);
  await refuses(keeper, 'secret-not-reusable', 'each read makes another and deletes the one before');
});

test('The secret does not reuse its key: nor is it read where others are said to make the keys', async () => {
  const others = { binding: { name: 'edge-logs', managedBy: 'others' } };
  const keeper = keeperOf(iamCredentials({ reuse: false, ...others }), MADE);
  await refuses(keeper, 'secret-not-reusable', 'so it is never read');
  // Not even to find out why its jobs are disabled.
  await keeper.run('check-logpush');
  keeper.world.iam.removePolicy(OWNER, 'logs');
  await keeper.runEvery(minutes(5), 'check-logpush', hours(26));
  const { findings } = await keeper.run('reenable-logpush');
  expect(findings).not.toEqual([]);
  for (const never of ['getSecret', 'getSecretVersion']) expect(operations(keeper)).not.toContain(never);
});

test.each([
  ['it is shorter than the time before its end', { ttlDays: 5 }, 'each would be due at once'],
  ['its schedule is too close', { ttlDays: 35, rotateEveryDays: 30 }, 'less than 7 d are left'],
])('The lease of the secret is too short: %s', async (_, more, detail) => {
  const keeper = keeperOf(iamCredentials({ createdDaysAgo: 1, ...more }), MADE);
  await refuses(keeper, 'secret-ttl-too-short', detail);
});

test('Secrets Manager makes keys of another identity', async () => {
  const keeper = keeperOf(iamCredentials({ serviceId: 'keeper-edge' }), MADE, (text) =>
    text.replace(/iamId: \S+/, `iamId: ${OWNER}`),
  );
  await refuses(keeper, 'identity-mismatch', `its keys belong to ${OTHER}, not to ${OWNER}`);
});

test.each(['keeper', 'others'] as const)(
  'The secret holds a key of another identity: managedBy %s',
  async (managedBy) => {
    const keeper = keeperOf(
      arbitrary({ managedBy }, { apiKey: 'keeper-edge-key' }),
      'keeper-edge-key',
      (text) => text.replace(/iamId: \S+/, `iamId: ${OWNER}`),
    );
    await refuses(keeper, 'identity-mismatch', `belongs to ${OTHER}, not to ${OWNER}`, true);
  },
);

test('The new key belongs to another identity: others stored it', async () => {
  const keeper = withKeysOfOthers();
  await keeper.run('rotate-keys');
  const before = await keysOfJobs(keeper);
  await storeNewKey(keeper, OTHER);
  await refuses(keeper, 'identity-mismatch', `belongs to ${OTHER}`, true);
  expect(await keysOfJobs(keeper)).toEqual(before);
  // What fits is carried, whatever came before it.
  const fits = await storeNewKey(keeper, OWNER);
  await rotated(keeper);
  expect(await keysOfJobs(keeper)).toEqual([fits]);
});

test('The new key belongs to another identity: it logs in as somebody else', async () => {
  const keeper = virtualKeeper({
    file: aWorld(arbitrary({ managedBy: 'keeper' }), 'edge-logs-key'),
    wrapTransport: (inner) => ({
      async send(request) {
        const answer = await inner.send(request);
        if (request.method !== 'POST' || !request.url.endsWith('/v1/apikeys')) return answer;
        const body = JSON.parse(answer.body) as object;
        return {
          ...answer,
          body: JSON.stringify({ ...body, apikey: keeper.world.keyValue('keeper-edge-key') }),
        };
      },
    }),
  });
  const before = await keysOfJobs(keeper);
  await keeper.run('rotate-keys');
  keeper.clock.advance(minutes(15));
  const { findings } = await keeper.run('rotate-keys');
  expect(findings).toContainEqual(
    expect.objectContaining({
      code: 'qualification-refused',
      detail: `the new key belongs to ${OTHER}, not to ${OWNER}`,
    }),
  );
  expect(operations(keeper)).not.toContain('createSecretVersion');
  expect(await keysOfJobs(keeper)).toEqual(before);
});

test.each([
  [0, 'pre-activation'],
  [2, 'suspended'],
  [3, 'deactivated'],
] as const)('The secret is not active: state %i', async (state, word) => {
  for (const managedBy of ['keeper', 'others'] as const) {
    const keeper = keeperOf(arbitrary({ managedBy }, { state }), 'edge-logs-key');
    await refuses(keeper, 'secret-unusable', `is ${word}, not active`);
  }
  await refuses(keeperOf(iamCredentials({ state }), MADE), 'secret-unusable', `is ${word}, not active`);
});

const member = (text: string) => text.replace(/( +)(id: f344c42a\S+)/, '$1$2\n$1member: edge');
const data = {
  edge: { apiKey: 'edge-logs-key', binding: { name: 'edge-logs', managedBy: 'keeper' } },
} as const;

test.each<[string, WorldSecret, string, (text: string) => string, string]>([
  [
    'a kv without a member',
    keyValue(data),
    'edge-logs-key',
    (text) => text.replace(/ +member: edge\n/, ''),
    'the binding must name the member',
  ],
  ['a member of what has none', arbitrary(), 'edge-logs-key', member, 'which has no members'],
  [
    'Secrets Manager makes no such keys',
    arbitrary(),
    'edge-logs-key',
    (text) => text.replace('managedBy: others', 'managedBy: secrets-manager'),
    'Secrets Manager makes keys only in secrets of type iam_credentials',
  ],
  [
    'the keeper makes no such keys',
    iamCredentials(),
    MADE,
    (text) => text.replace('managedBy: secrets-manager', 'managedBy: keeper'),
    'write managedBy: secrets-manager',
  ],
])('The secret has another type: %s', async (_, secret, apiKey, change, detail) => {
  await refuses(keeperOf(secret, apiKey, change), 'secret-unusable', detail);
});

test.each(['keeper', 'secrets-manager'] as const)(
  'The previous version is locked: managedBy %s',
  async (managedBy) => {
    const keeper =
      managedBy === 'keeper'
        ? keeperOf(arbitrary({ managedBy, adopt: 'disable' }), 'edge-logs-key')
        : withMadeKeys();
    const { history } = await rotated(keeper);
    expect(history).toMatchObject([{ outcome: 'complete' }]);
    await person(keeper, 'POST', '/versions/previous/locks_bulk', { locks: [{ name: 'billing-app' }] });
    keeper.world.calls.length = 0;
    const { findings, actions } = await keeper.run('rotate-keys', { forced: ['edge-logs'] });
    expect([findings, actions]).toMatchObject([
      [{ code: 'previous-version-locked', detail: expect.stringContaining('billing-app') }],
      [],
    ]);
    for (const never of CREATES) expect(operations(keeper)).not.toContain(never);
    expect((await recordOf(keeper)).current).toBeUndefined();
  },
);
