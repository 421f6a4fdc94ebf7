import * as z from 'zod';
import type { Pace } from '../../../shared/clients/budget.ts';
import type { HttpClient } from '../../../shared/clients/http.ts';
import type { TokenProvider } from '../../../shared/clients/tokens.ts';
import type { Secret } from '../../../shared/domain/secret.ts';
import { type Rest, restOf, unlessMissing } from './rest.ts';

const Webhook = z.object({ id: z.string(), name: z.string(), url: z.string().nullish() });
export type WebhookWire = z.infer<typeof Webhook>;

const Mechanism = z.array(z.object({ id: z.string() })).nullish();
const Policy = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean().default(true),
  alert_type: z.string().nullish(),
  mechanisms: z.object({ email: Mechanism, webhooks: Mechanism }).loose().nullish(),
  description: z.string().nullish(),
  filters: z.json().nullish(),
  conditions: z.json().nullish(),
});
export type AlertPolicyWire = z.infer<typeof Policy>;

const many = <T>(schema: z.ZodType<T>) => z.object({ result: z.array(schema).nullable() });
const Made = z.object({ result: z.object({ id: z.string() }) });

interface WebhookContent {
  readonly name: string;
  readonly url: string;
  /** What CIS sends along. */
  readonly secret: Secret;
}

const contentBody = ({ name, url, secret }: WebhookContent) => ({ name, url, secret: secret.reveal() });

/** Both are documented; which one wins is not, so they carry the same token. */
const AUTH_HEADERS = ['authorization', 'x-auth-user-token'];

/** Alerting of CIS instances, Enterprise plans only. @see https://cloud.ibm.com/docs/cis?topic=cis-configuring-webhooks */
export class AlertsClient {
  readonly #rest: Rest;

  constructor(options: {
    readonly http: HttpClient;
    readonly tokens: TokenProvider;
    readonly url: string;
    readonly budget: Pace;
  }) {
    const { http, tokens, url, budget } = options;
    this.#rest = restOf({
      http,
      tokens,
      service: 'cis',
      base: `${url}/v1`,
      budget,
      authHeaders: AUTH_HEADERS,
      isRefusal: (json) => Refused.safeParse(json).success,
    });
  }

  /** None in an instance that is gone. */
  async webhooks(crn: string): Promise<readonly WebhookWire[]> {
    const call = {
      operation: 'listAlertWebhooks',
      method: 'GET',
      path: webhooksPath(crn),
      schema: many(Webhook),
    } as const;
    return (await unlessMissing(() => this.#rest(call)))?.value.result ?? [];
  }

  /** CIS sends a test at once, which must be answered well. @returns its id */
  async createWebhook(crn: string, webhook: WebhookContent): Promise<string> {
    const body = contentBody(webhook);
    const call = {
      operation: 'createAlertWebhook',
      method: 'POST',
      path: webhooksPath(crn),
      body,
      schema: Made,
    } as const;
    return (await this.#rest(call)).value.result.id;
  }

  /** IBM's console changes the name alone; its API takes all three. */
  async replaceWebhook(crn: string, id: string, webhook: WebhookContent): Promise<void> {
    const path = `${webhooksPath(crn)}/${id}`;
    const body = contentBody(webhook);
    await this.#rest({ operation: 'updateAlertWebhook', method: 'PUT', path, body, schema: Made });
  }

  async removeWebhook(crn: string, id: string): Promise<void> {
    const path = `${webhooksPath(crn)}/${id}`;
    await unlessMissing(() => this.#rest({ operation: 'deleteAlertWebhook', method: 'DELETE', path }));
  }

  /** None in an instance that is gone. */
  async policies(crn: string): Promise<readonly AlertPolicyWire[]> {
    const call = {
      operation: 'listAlertPolicies',
      method: 'GET',
      path: policiesPath(crn),
      schema: many(Policy),
    } as const;
    return (await unlessMissing(() => this.#rest(call)))?.value.result ?? [];
  }

  async createPolicy(crn: string, body: unknown): Promise<string> {
    const call = {
      operation: 'createAlertPolicy',
      method: 'POST',
      path: policiesPath(crn),
      body,
      schema: Made,
    } as const;
    return (await this.#rest(call)).value.result.id;
  }

  /** The whole policy; there is no tag. */
  async replacePolicy(crn: string, id: string, body: unknown): Promise<void> {
    const path = `${policiesPath(crn)}/${id}`;
    await this.#rest({ operation: 'updateAlertPolicy', method: 'PUT', path, body, schema: Made });
  }

  async removePolicy(crn: string, id: string): Promise<void> {
    const path = `${policiesPath(crn)}/${id}`;
    await unlessMissing(() => this.#rest({ operation: 'deleteAlertPolicy', method: 'DELETE', path }));
  }
}

/** A 200 can be a refusal. */
const Refused = z.object({ success: z.literal(false) });

const base = (crn: string): string => `/${encodeURIComponent(crn)}/alerting`;
const webhooksPath = (crn: string): string => `${base(crn)}/destinations/webhooks`;
const policiesPath = (crn: string): string => `${base(crn)}/policies`;
