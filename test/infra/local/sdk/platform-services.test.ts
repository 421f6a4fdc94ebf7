import IamIdentityV1 from '@ibm-cloud/platform-services/iam-identity/v1.js';
import { IamAuthenticator } from 'ibm-cloud-sdk-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadWorld } from '../../../../infra/local/load-world.ts';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';

/**
 * IBM's own SDK against the served local cloud: an oracle that neither our client nor our simulator wrote.
 * The world is the demo one; time is real, because the SDK reads the machine's clock.
 */
let cloud: ServedCloud;
let iam: IamIdentityV1;
let iamId: string;
let accountId: string;

beforeAll(async () => {
  const file = loadWorld('two-keys');
  file.settings.iam.newKeyDelaySeconds = 0;
  cloud = await serveWorld(file, { seed: 1 });
  const account = file.accounts[0];
  const owner = account?.serviceIds.find((serviceId) => serviceId.name === 'logpush-edge');
  if (account === undefined || owner === undefined) throw new Error('the demo world has changed');
  iamId = `iam-${owner.id}`;
  accountId = account.id;
  iam = new IamIdentityV1({
    authenticator: new IamAuthenticator({ apikey: cloud.apiKey, url: cloud.endpoints.iam }),
    serviceUrl: cloud.endpoints.iam,
  });
});

afterAll(() => cloud.close());

const create = async (name: string, more: Partial<IamIdentityV1.CreateApiKeyParams> = {}) =>
  (await iam.createApiKey({ name, iamId, accountId, ...more })).result;

const statusOf = (call: Promise<unknown>): Promise<number> =>
  call.then(
    () => 200,
    (error: { readonly status: number }) => error.status,
  );

/** Whether a key logs in, through the SDK's own authenticator. */
const logsIn = async (apikey: string): Promise<boolean> => {
  const authenticator = new IamAuthenticator({ apikey, url: cloud.endpoints.iam });
  return authenticator.authenticate({ headers: {} }).then(
    () => true,
    () => false,
  );
};

test('a key is made disabled, logs in once enabled, and no longer when disabled or deleted', async () => {
  const key = await create('born-disabled', { entityDisable: 'true', actionWhenLeaked: 'disable' });
  const [id, value] = [key.id ?? '', key.apikey ?? ''];
  expect(key).toMatchObject({ name: 'born-disabled', iam_id: iamId, account_id: accountId, disabled: true });
  expect(await logsIn(value)).toBe(false);

  expect((await iam.enableApiKey({ id })).status).toBe(204);
  expect(await logsIn(value)).toBe(true);

  expect((await iam.disableApiKey({ id })).status).toBe(204);
  expect(await logsIn(value)).toBe(false);
  await iam.enableApiKey({ id });

  expect((await iam.deleteApiKey({ id })).status).toBe(204);
  expect(await logsIn(value)).toBe(false);
  expect(await statusOf(iam.getApiKey({ id }))).toBe(404);
});

test('the value is shown once', async () => {
  const key = await create('shown-once', { expiresAt: '2036-12-15T00:00+0000' });
  const read = (await iam.getApiKey({ id: key.id ?? '' })).result;
  expect(key.apikey).not.toBe('');
  expect(read.apikey ?? '').toBe('');
  expect(read.expires_at).toBe('2036-12-15T00:00+0000');
  await iam.deleteApiKey({ id: key.id ?? '' });
});

test('details by value name the key', async () => {
  const key = await create('by-value');
  const details = (await iam.getApiKeysDetails({ iamApiKey: key.apikey ?? '' })).result;
  expect(details.id).toBe(key.id);
  expect(await statusOf(iam.getApiKeysDetails({ iamApiKey: 'no such key, and long enough to be one' }))).toBe(
    404,
  );
  await iam.deleteApiKey({ id: key.id ?? '' });
});

test('an own value is taken, and only once', async () => {
  const apikey = 'an-own-value-of-more-than-32-characters';
  const key = await create('own-value', { apikey });
  expect(key.apikey).toBe(apikey);
  expect(await statusOf(create('own-value-again', { apikey }))).toBe(409);
  expect(await statusOf(create('too-short', { apikey: 'short' }))).toBe(400);
  await iam.deleteApiKey({ id: key.id ?? '' });
});

test('an update needs the tag that the key has now', async () => {
  const key = await create('tagged');
  const [id, ifMatch] = [key.id ?? '', key.entity_tag ?? ''];
  const updated = (await iam.updateApiKey({ id, ifMatch, description: 'changed' })).result;
  expect(updated).toMatchObject({ description: 'changed' });
  expect(updated.entity_tag).not.toBe(ifMatch);
  expect(await statusOf(iam.updateApiKey({ id, ifMatch, description: 'stale' }))).toBe(409);
  expect(await statusOf(iam.updateApiKey({ id, ifMatch: '*', description: 'blind' }))).toBe(200);
  await iam.deleteApiKey({ id });
});

test('a locked key is neither changed nor deleted', async () => {
  const { id } = await create('locked');
  expect((await iam.lockApiKey({ id })).status).toBe(204);
  expect(await statusOf(iam.updateApiKey({ id, ifMatch: '*', name: 'other' }))).toBe(409);
  expect(await statusOf(iam.deleteApiKey({ id }))).toBe(409);
  expect((await iam.unlockApiKey({ id })).status).toBe(204);
  expect(await statusOf(iam.deleteApiKey({ id }))).toBe(200);
});

test('lists page with a token, and an identity holds at most twenty keys', async () => {
  const made: string[] = [];
  while ((await list(100)).length < 20) made.push((await create(`paged-${made.length}`)).id ?? '');
  expect(await statusOf(create('one-too-many'))).toBeGreaterThanOrEqual(400);

  expect((await list(7)).map((key) => key.id).toSorted()).toEqual(
    (await list(100)).map((key) => key.id).toSorted(),
  );
  for (const id of made) await iam.deleteApiKey({ id });
});

async function list(pagesize: number): Promise<readonly IamIdentityV1.ApiKey[]> {
  const keys: IamIdentityV1.ApiKey[] = [];
  let pagetoken: string | undefined;
  do {
    const { result } = await iam.listApiKeys({
      accountId,
      iamId,
      pagesize,
      type: 'serviceid',
      ...(pagetoken === undefined ? {} : { pagetoken }),
    });
    keys.push(...result.apikeys);
    pagetoken =
      result.next === undefined
        ? undefined
        : (new URL(result.next).searchParams.get('pagetoken') ?? undefined);
  } while (pagetoken !== undefined);
  return keys;
}

test('activity counts logins', async () => {
  const key = await create('active');
  await logsIn(key.apikey ?? '');
  const { activity } = (await iam.getApiKey({ id: key.id ?? '', includeActivity: true })).result;
  expect(activity).toMatchObject({ authn_count: 1, last_authn: expect.any(String) });
  await iam.deleteApiKey({ id: key.id ?? '' });
});

test('a key that was never issued does not log in', async () => {
  expect(await logsIn('no such key, and long enough to be one')).toBe(false);
});
