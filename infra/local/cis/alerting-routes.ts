import type { Context } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../../shared/domain/time.ts';
import { json, readJson } from '../http.ts';
import {
  type Alerting,
  type AlertPolicy,
  type AlertPolicyBody,
  type AlertWebhook,
  FAILING_JOB_ALERT,
} from './alerting.ts';
import { type CisHost, failure, refuse, success } from './envelope.ts';

/** Registers one operation of CIS behind its token, limits and role. */
export type CisRoute = (
  name: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  action: 'read' | 'update' | 'manage',
  handler: (c: Context, crn: string) => Response | Promise<Response>,
) => void;

const Webhook = z.object({ name: z.string().min(1), url: z.url(), secret: z.string().min(1).optional() });
const ChangedWebhook = Webhook.partial();
const Ids = z.array(z.object({ id: z.string().min(1) }));
const Policy = z.object({
  name: z.string().min(1),
  description: z.string().optional(),
  enabled: z.boolean(),
  alert_type: z.string().min(1),
  mechanisms: z.object({ email: Ids.optional(), webhooks: Ids.optional() }),
  filters: z.record(z.string(), z.unknown()).optional(),
  conditions: z.record(z.string(), z.unknown()).optional(),
});
const ChangedPolicy = Policy.partial().required({ conditions: true });

const BASE = '/v1/:crn/alerting';

/** Webhooks and alert policies of an instance. @see https://cloud.ibm.com/apidocs/cis#list-alert-policies */
export function alertingRoutes(route: CisRoute, alerting: Alerting, host: CisHost): void {
  const webhooks = `${BASE}/destinations/webhooks`;
  route('listAlertWebhooks', 'GET', webhooks, 'read', (_c, crn) =>
    json(200, success(alerting.webhooks(crn).map(webhookBody))),
  );
  route('createAlertWebhook', 'POST', webhooks, 'update', (c, crn) => createWebhook(alerting, c, crn));
  route('getAlertWebhook', 'GET', `${webhooks}/:id`, 'read', (c, crn) =>
    json(200, success(webhookBody(webhookOf(alerting, c, crn)))),
  );
  route('updateAlertWebhook', 'PUT', `${webhooks}/:id`, 'update', (c, crn) =>
    updateWebhook(alerting, host, c, crn),
  );
  route('deleteAlertWebhook', 'DELETE', `${webhooks}/:id`, 'update', (c, crn) => {
    const webhook = webhookOf(alerting, c, crn);
    alerting.deleteWebhook(webhook);
    return idOf(webhook);
  });
  const policies = `${BASE}/policies`;
  route('listAlertPolicies', 'GET', policies, 'read', (_c, crn) =>
    json(200, success(alerting.policies(crn).map((policy) => policyBody(policy, host)))),
  );
  route('createAlertPolicy', 'POST', policies, 'update', async (c, crn) => {
    const body = parsed(Policy, await readJson(c, failure));
    admitPolicy(alerting, host, crn, body);
    return idOf(alerting.addPolicy(crn, body));
  });
  route('getAlertPolicy', 'GET', `${policies}/:id`, 'read', (c, crn) =>
    json(200, success(policyBody(policyOf(alerting, c, crn), host))),
  );
  route('updateAlertPolicy', 'PUT', `${policies}/:id`, 'update', (c, crn) =>
    updatePolicy(alerting, host, c, crn),
  );
  route('deleteAlertPolicy', 'DELETE', `${policies}/:id`, 'update', (c, crn) => {
    const policy = policyOf(alerting, c, crn);
    alerting.deletePolicy(policy);
    return idOf(policy);
  });
}

async function createWebhook(alerting: Alerting, c: Context, crn: string): Promise<Response> {
  const webhook = await alerting.addWebhook(crn, parsed(Webhook, await readJson(c, failure)));
  if (webhook === undefined) throw refuse(400, 'webhook_test', 'the webhook did not take the test message');
  return idOf(webhook);
}

/** IBM's console changes neither the address nor the secret; its API takes both. */
async function updateWebhook(alerting: Alerting, host: CisHost, c: Context, crn: string): Promise<Response> {
  const { name, url, secret } = parsed(ChangedWebhook, await readJson(c, failure));
  const webhook = webhookOf(alerting, c, crn);
  const changesMore = (url !== undefined && url !== webhook.url) || secret !== undefined;
  if (changesMore && host.settings.alerting.webhookUpdate === 'name')
    throw refuse(400, 'webhook_fixed', 'the url and the secret of a webhook cannot be changed');
  alerting.changeWebhook(webhook, {
    name: name ?? webhook.name,
    url: url ?? webhook.url,
    secret: secret ?? webhook.secret,
  });
  return idOf(webhook);
}

async function updatePolicy(alerting: Alerting, host: CisHost, c: Context, crn: string): Promise<Response> {
  const changes = parsed(ChangedPolicy, await readJson(c, failure));
  const policy = policyOf(alerting, c, crn);
  const body = { ...policy.body, ...(changes as Partial<AlertPolicyBody>) };
  admitPolicy(alerting, host, crn, body);
  policy.body = body;
  policy.modifiedAt = host.now();
  return idOf(policy);
}

function admitPolicy(alerting: Alerting, host: CisHost, crn: string, body: AlertPolicyBody): void {
  if (body.alert_type === FAILING_JOB_ALERT && host.settings.alerting.failingJobAlert === 'refuse')
    throw refuse(400, 'alert_type', `unknown alert type ${body.alert_type}`);
  const missing = body.mechanisms.webhooks?.find(({ id }) => alerting.webhook(crn, id) === undefined);
  if (missing !== undefined) throw refuse(400, 'no_webhook', `there is no webhook ${missing.id}`);
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const about = result.error.issues.map(({ path }) => path.join('.') || 'the body').join(', ');
  throw refuse(400, 'invalid_body', `missing or wrong: ${about}`);
}

const idOf = ({ id }: { readonly id: string }): Response => json(200, success({ id }));

function webhookOf(alerting: Alerting, c: Context, crn: string): AlertWebhook {
  const webhook = alerting.webhook(crn, c.req.param('id') ?? '');
  if (webhook === undefined) throw refuse(404, 'no_such_webhook', 'webhook not found');
  return webhook;
}

function policyOf(alerting: Alerting, c: Context, crn: string): AlertPolicy {
  const policy = alerting.policy(crn, c.req.param('id') ?? '');
  if (policy === undefined) throw refuse(404, 'no_such_policy', 'alert policy not found');
  return policy;
}

const instantOrNull = (at: number | undefined): string | null =>
  at === undefined ? null : formatInstant(at);

const webhookBody = (webhook: AlertWebhook) => ({
  id: webhook.id,
  name: webhook.name,
  url: webhook.url,
  type: 'generic',
  created_at: formatInstant(webhook.createdAt),
  last_success: instantOrNull(webhook.lastSuccessAt),
  last_failure: instantOrNull(webhook.lastFailureAt),
});

function policyBody({ id, createdAt, modifiedAt, body }: AlertPolicy, { settings }: CisHost) {
  const { email = [], webhooks = [] } = body.mechanisms;
  const shown = (webhook: { readonly id: string }) =>
    settings.alerting.webhookIdInPolicies === 'plain' ? webhook.id.replaceAll('-', '') : webhook.id;
  return {
    id,
    ...body,
    mechanisms: { email, webhooks: webhooks.map((webhook) => ({ id: shown(webhook) })) },
    filters: body.filters ?? {},
    conditions: body.conditions ?? {},
    created: formatInstant(createdAt),
    modified: formatInstant(modifiedAt),
  };
}
