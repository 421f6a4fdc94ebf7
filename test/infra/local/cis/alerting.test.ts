import { expect, test } from 'vitest';
import type { Deliver } from '../../../../infra/local/host.ts';
import { days, hours, minutes } from '../../../../shared/domain/time.ts';
import { ACCOUNT, aCloud, aJob, type Cloud, CRN } from '../logpush/fake-cloud.ts';

const base = `/cis/v1/${encodeURIComponent(CRN)}/alerting`;
const webhooks = `${base}/destinations/webhooks`;
const policies = `${base}/policies`;
const WEBHOOK = { name: 'keeper', url: 'https://keeper.example/alert', secret: 'TRACER-hook' };

const policyFor = (webhook: string, more: object = {}) => ({
  name: 'logpush-disabled',
  enabled: true,
  alert_type: 'failing_logpush_job_disabled_alert',
  mechanisms: { webhooks: [{ id: webhook }] },
  ...more,
});

/** A cloud, and what it was seen to send. */
function alerting(settings: object = {}, status = 202) {
  const cloud = aCloud({ settings });
  const sent: { readonly url: string; readonly request: Parameters<Deliver>[1] }[] = [];
  cloud.cis.alerting.deliverThrough(async (url, request) => {
    sent.push({ url, request });
    return status;
  });
  const bodies = () => sent.map(({ request }) => JSON.parse(request.body));
  const alerts = () => bodies().filter((body) => body.alert_type !== undefined);
  return { cloud, sent, bodies, alerts };
}

async function withPolicy(settings: object = {}, more: object = {}) {
  const all = alerting(settings);
  const { id } = (await all.cloud.call('POST', webhooks, WEBHOOK)).body.result;
  const policy = (await all.cloud.call('POST', policies, policyFor(id, more))).body.result.id;
  return { ...all, webhook: id, policy };
}

/** The key is refused from now on; long enough for the platform to disable the job. */
async function disable(cloud: Cloud): Promise<void> {
  cloud.iam.keys.set('key-1', 0);
  await pass(cloud, days(2));
}

/** Time passes, and then somebody looks. */
async function pass(cloud: Cloud, ms: number): Promise<void> {
  cloud.pass(ms);
  cloud.host.catchUp();
  await cloud.cis.alerting.settled();
}

test('a disabled job is told to the webhook of the policy: with its secret, its job and its destination', async () => {
  const { cloud, sent, policy } = await withPolicy();
  const { jobId } = aJob(cloud);

  await disable(cloud);

  expect(sent).toHaveLength(2);
  expect(sent[1]).toMatchObject({
    url: WEBHOOK.url,
    request: {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-webhook-auth': 'TRACER-hook' },
    },
  });
  const body = JSON.parse(sent[1]?.request.body ?? '');
  expect(body).toMatchObject({
    name: 'logpush-disabled',
    account_id: ACCOUNT,
    policy_id: policy,
    policy_name: 'logpush-disabled',
    alert_type: 'failing_logpush_job_disabled_alert',
    alert_event: 'ALERT_STATE_EVENT_START',
    data: { job_id: jobId, destination_conf: expect.stringContaining('ibm_api_key=key-1') },
  });
  const [disabled] = cloud.events.filter(({ kind }) => kind === 'job-disabled-by-platform');
  expect(body.ts).toBe((disabled?.at ?? 0) / 1000);
  expect(cloud.cis.secretValues()).toEqual(
    expect.arrayContaining([body.data.destination_conf, 'TRACER-hook']),
  );
});

test('a job is told at most once in 24 hours, however often it is disabled', async () => {
  const { cloud, alerts } = await withPolicy({ logpush: { disableAfterHours: 2, tokenCacheMinutes: 0 } });
  const job = aJob(cloud);
  cloud.iam.keys.set('key-1', 0);
  for (let round = 0; round < 12; round += 1) {
    cloud.cis.setEnabled(job, true);
    await pass(cloud, hours(3));
  }

  expect(cloud.kinds().filter((kind) => kind === 'job-disabled-by-platform')).toHaveLength(12);
  expect(alerts()).toHaveLength(2);
});

test('webhooks and policies of another instance are neither shown nor told', async () => {
  const { cloud, alerts, webhook, policy } = await withPolicy();
  const { alerting: all } = cloud.cis;
  const OTHER = CRN.replace('dddd4444', 'dddd5555');
  all.addPolicy(OTHER, policyFor(webhook, { name: 'theirs' }));
  expect([all.webhooks(OTHER), all.webhook(OTHER, webhook), all.policy(OTHER, policy)]).toEqual([
    [],
    undefined,
    undefined,
  ]);
  expect((await cloud.call('GET', policies)).body.result).toMatchObject([{ id: policy }]);
  aJob(cloud);

  await disable(cloud);

  expect(alerts()).toMatchObject([{ policy_id: policy }]);
});

test.each([
  ['a policy that is off', {}, { enabled: false }],
  ['a policy about something else', {}, { alert_type: 'dos_attack_l7' }],
  ['a cloud that alerts about no job of Cloud Logs', { alerting: { cloudLogsJobs: 'silent' } }, {}],
  ['a cloud that loses every alert', { alerting: { lost: 1 } }, {}],
])('%s tells nobody', async (_, settings, more) => {
  const { cloud, alerts } = await withPolicy(settings, more);
  aJob(cloud);

  await disable(cloud);

  expect(cloud.kinds()).toContain('job-disabled-by-platform');
  expect(alerts()).toEqual([]);
});

test('an alert may come late, and twice', async () => {
  const { cloud, alerts } = await withPolicy({ alerting: { doubled: 1, delayMinutes: 30 } });
  aJob(cloud);
  cloud.iam.keys.set('key-1', 0);
  await pass(cloud, hours(24));
  while (!cloud.kinds().includes('job-disabled-by-platform')) await pass(cloud, minutes(1));

  expect(alerts()).toEqual([]);
  await pass(cloud, minutes(30));

  expect(alerts()).toHaveLength(2);
  expect(alerts()[0]).toEqual(alerts()[1]);
});

test('a webhook whose address does not take the test is not made', async () => {
  const { cloud, bodies } = alerting({}, 299);
  expect((await cloud.call('POST', webhooks, WEBHOOK)).status).toBe(200);
  expect(bodies()).toMatchObject([{ text: expect.stringContaining('test') }]);
  const { cloud: other } = alerting({}, 401);

  expect((await other.call('POST', webhooks, WEBHOOK)).status).toBe(400);
  expect((await other.call('GET', webhooks)).body.result).toEqual([]);
  const nobody = aCloud();
  expect((await nobody.call('POST', webhooks, WEBHOOK)).status).toBe(400);
});

test('a webhook shows when it was called, and never its secret; its id may be written without dashes', async () => {
  const { cloud, webhook } = await withPolicy();
  const shown = await cloud.call('GET', `${webhooks}/${webhook.replaceAll('-', '')}`);

  expect(shown.body.result).toEqual({
    id: webhook,
    name: 'keeper',
    url: WEBHOOK.url,
    type: 'generic',
    created_at: '2026-03-01T00:00:00.000Z',
    last_success: '2026-03-01T00:00:00.000Z',
    last_failure: null,
  });
  expect(shown.text).not.toContain('TRACER');
});

test('what was ever the secret of a webhook is looked for, also of one that is gone or was never made', async () => {
  const { cloud, webhook } = await withPolicy({ alerting: { webhookUpdate: 'all' } });
  await cloud.call('PUT', `${webhooks}/${webhook}`, { secret: 'TRACER-next' });
  await cloud.call('DELETE', `${webhooks}/${webhook}`);
  expect(cloud.cis.secretValues()).toEqual(expect.arrayContaining(['TRACER-hook', 'TRACER-next']));

  const { cloud: other } = alerting({}, 401);
  await other.call('POST', webhooks, WEBHOOK);
  expect(other.cis.secretValues()).toContain('TRACER-hook');
});

test.each([
  ['name', { url: 'https://other.example/' }, 400],
  ['name', { secret: 'other' }, 400],
  ['name', { name: 'other', url: WEBHOOK.url }, 200],
  ['all', { url: 'https://other.example/', secret: 'other' }, 200],
])('where an update changes %s, %o answers %i', async (webhookUpdate, body, status) => {
  const { cloud, webhook } = await withPolicy({ alerting: { webhookUpdate } });

  expect((await cloud.call('PUT', `${webhooks}/${webhook}`, body)).status).toBe(status);
});

test('a policy is made, shown, changed and deleted; an update without conditions is refused', async () => {
  const { cloud, webhook, policy } = await withPolicy();
  const path = `${policies}/${policy}`;
  expect((await cloud.call('GET', policies)).body.result).toMatchObject([
    {
      id: policy,
      mechanisms: { email: [], webhooks: [{ id: webhook.replaceAll('-', '') }] },
      filters: {},
      conditions: {},
      created: '2026-03-01T00:00:00.000Z',
    },
  ]);
  const change = policyFor(webhook, { enabled: false });

  expect((await cloud.call('PUT', path, change)).status).toBe(400);
  expect((await cloud.call('PUT', path, { ...change, conditions: {} })).body.result).toEqual({ id: policy });
  expect((await cloud.call('GET', path)).body.result.enabled).toBe(false);
  expect((await cloud.call('DELETE', path)).body.result).toEqual({ id: policy });
  expect((await cloud.call('GET', path)).status).toBe(404);
  expect((await cloud.call('DELETE', `${webhooks}/${webhook}`)).status).toBe(200);
  expect((await cloud.call('POST', policies, policyFor(webhook))).status).toBe(400);
});

test('whether the alert is a type that the API takes is a setting', async () => {
  const { cloud } = alerting({ alerting: { failingJobAlert: 'refuse' } });
  const { id } = (await cloud.call('POST', webhooks, WEBHOOK)).body.result;

  expect((await cloud.call('POST', policies, policyFor(id))).status).toBe(400);
});

test('reading needs a Reader, changing a Writer, and all of it an Enterprise plan', async () => {
  const { cloud, webhook } = await withPolicy();
  const as = async (role: string, method: string, path: string, body?: unknown) =>
    (await cloud.call(method, path, body, { authorization: `Bearer ${role}` })).status;

  expect(await as('Reader', 'GET', webhooks)).toBe(200);
  expect(await as('Reader', 'POST', webhooks, WEBHOOK)).toBe(403);
  expect(await as('Sender', 'GET', policies)).toBe(403);
  expect(await as('Writer', 'DELETE', `${webhooks}/${webhook}`)).toBe(200);
  const { cloud: standard } = alerting({ cis: { plan: 'standard' } });
  expect((await standard.call('GET', policies)).status).toBe(405);
});
