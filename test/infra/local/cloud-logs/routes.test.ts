import { expect, test } from 'vitest';
import { hours, minutes } from '../../../../shared/domain/time.ts';
import { ACCOUNT, aCloud, LOGS, OTHER_LOGS, START } from '../logpush/fake-cloud.ts';

const path = (guid = LOGS, region = 'eu-de'): string => `/cloud-logs/${region}/${guid}/logs/v1/singles`;
const sender = { authorization: 'Bearer Sender' };
const record = (more: object = {}) => ({
  applicationName: 'logpush-keeper',
  subsystemName: 'canary',
  severity: 3,
  timestamp: START,
  text: { kind: 'canary', nonce: 'c0ffee42' },
  ...more,
});

test('a record of a sender is stored in the instance that it was sent to', async () => {
  const cloud = aCloud();

  const answer = await cloud.call('POST', path(), [record()], sender);

  expect(answer).toMatchObject({ status: 200, text: '' });
  expect(cloud.cloudLogs.records(LOGS)).toEqual([record()]);
  expect(cloud.cloudLogs.records(OTHER_LOGS)).toEqual([]);
  expect(cloud.iam.targets).toEqual([
    { service: 'logs', accountId: ACCOUNT, instanceId: LOGS, region: 'eu-de' },
  ]);
  expect(cloud.host.calls).toMatchObject([{ service: 'cloud-logs', operation: 'sendRecords', status: 200 }]);
});

test('a 200 has an empty object for a body where a world lets it', async () => {
  const cloud = aCloud({ settings: { cloudLogs: { acceptedBody: '{}' } } });

  expect(await cloud.call('POST', path(), [record()], sender)).toMatchObject({ status: 200, text: '{}' });
});

test.each([
  ['no token', {}, LOGS, 401, 'unauthenticated'],
  ['an unknown token', { authorization: 'Bearer unknown' }, LOGS, 401, 'unauthenticated'],
  ['a token without Bearer', { authorization: 'Sender' }, LOGS, 401, 'unauthenticated'],
  ['somebody who may only read', { authorization: 'Bearer Reader' }, LOGS, 403, 'forbidden'],
  ['an instance that does not exist', sender, '00000000-0000-4000-8000-000000000000', 404, 'not_found'],
])('%s is refused', async (_, headers, guid, status, code) => {
  const cloud = aCloud();

  const answer = await cloud.call('POST', path(guid), [record()], headers);

  expect(answer).toMatchObject({ status, body: { errors: [{ code }], status_code: status } });
  expect(cloud.cloudLogs.records(LOGS)).toEqual([]);
});

test('a token works until it ends, even when its key is gone', async () => {
  const cloud = aCloud();
  const granted = cloud.iam.grantToken('key-1', START);
  const headers = { authorization: `Bearer ${granted.ok ? granted.token : ''}` };
  cloud.iam.keys.delete('key-1');
  cloud.pass(minutes(59));
  expect((await cloud.call('POST', path(), [record()], headers)).status).toBe(200);
  cloud.pass(minutes(1));

  expect((await cloud.call('POST', path(), [record()], headers)).status).toBe(401);
});

test.each([
  ['an object', record()],
  ['no JSON', '[{'],
  ['a record without an application', [record({ applicationName: undefined })]],
  ['a record without a subsystem', [record({ subsystemName: '' })]],
  ['a record without a text', [record({ text: undefined })]],
  ['one bad record among good ones', [record(), record({ text: 7 })]],
])('%s is no array of records', async (_, body) => {
  const cloud = aCloud();

  expect(await cloud.call('POST', path(), body, sender)).toMatchObject({
    status: 400,
    body: { status_code: 400 },
  });
  expect(cloud.cloudLogs.records(LOGS)).toEqual([]);
});

test.each([
  ['24 hours old', { timestamp: START - hours(24) }, 1],
  ['older than 24 hours', { timestamp: START - hours(24) - 1 }, 0],
  ['4 hours ahead', { timestamp: START + hours(4) }, 1],
  ['further ahead than 4 hours', { timestamp: START + hours(4) + 1 }, 0],
  ['without a time', { timestamp: undefined }, 1],
  ['of the lowest severity', { severity: 1 }, 1],
  ['of no severity that there is', { severity: 7 }, 0],
  ['larger than 32 K', { text: 'x'.repeat(32 * 1024) }, 0],
])('of a good record and one %s, the 200 says what was not accepted', async (_, more, accepted) => {
  const cloud = aCloud();

  const answer = await cloud.call('POST', path(), [record(), record(more)], sender);

  expect(answer.status).toBe(200);
  expect(cloud.cloudLogs.records(LOGS)).toHaveLength(1 + accepted);
  expect(answer.body).toEqual(accepted === 1 ? undefined : { message: '1 of 2 records were not accepted' });
});

test('a body over the limit is refused by its bytes', async () => {
  const cloud = aCloud({ settings: { cloudLogs: { maxBodyBytes: 300 } } });

  expect((await cloud.call('POST', path(), [record({ text: 'é'.repeat(80) })], sender)).status).toBe(200);
  expect((await cloud.call('POST', path(), [record({ text: 'é'.repeat(120) })], sender)).status).toBe(413);
});

test('in an outage everybody gets its status, CIS and its pushes too', async () => {
  const cloud = aCloud();
  const token = (): string => {
    const granted = cloud.iam.grantToken('key-1', START);
    return granted.ok ? granted.token : '';
  };
  cloud.cloudLogs.refuse(LOGS, 503);
  expect((await cloud.call('POST', path(), [record()], sender)).status).toBe(503);
  expect(cloud.cloudLogs.ingest(LOGS, 'eu-de', token(), [], '162.158.1.7', START).status).toBe(503);
  expect((await cloud.call('POST', path(OTHER_LOGS, 'us-south'), [record()], sender)).status).toBe(200);
  expect((await cloud.call('POST', path(OTHER_LOGS), [record()], sender)).status).toBe(404);
  cloud.cloudLogs.refuse(LOGS, undefined);

  expect((await cloud.call('POST', path(), [record()], sender)).status).toBe(200);
});

test.each([
  ['the right instance and region', LOGS, 'eu-de', 200],
  ['the wrong region', LOGS, 'us-south', 404],
  ['an unknown instance', ACCOUNT, 'eu-de', 404],
])('a push to %s answers as the host name would', (_, guid, region, status) => {
  const cloud = aCloud();
  const granted = cloud.iam.grantToken('key-1', START);

  const token = granted.ok ? granted.token : '';
  expect(cloud.cloudLogs.ingest(guid, region, token, [], '162.158.1.7', START).status).toBe(status);
  expect(cloud.cloudLogs.records(LOGS)).toEqual([]);
});

test('only the last thousand records are kept', async () => {
  const cloud = aCloud();
  const many = Array.from({ length: 600 }, (_, n) => record({ text: { n } }));
  await cloud.call('POST', path(), many, sender);
  await cloud.call('POST', path(), many, sender);

  expect(cloud.cloudLogs.records(LOGS)).toHaveLength(1_000);
  expect(cloud.cloudLogs.records(LOGS)[0]).toMatchObject({ text: { n: 200 } });
});
