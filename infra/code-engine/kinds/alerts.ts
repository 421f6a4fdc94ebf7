import type { Secret } from '../../../shared/domain/secret.ts';
import { ApiError } from '../../../shared/errors.ts';
import type { AlertPolicyWire, AlertsClient, WebhookWire } from '../clients/alerts.ts';
import { plainId } from '../desired/triggers.ts';
import {
  type Fields,
  type Handler,
  idOf,
  type Live,
  RefusedError,
  type Target,
  textOf,
  type Wanted,
} from '../resource.ts';
import type { InAccount } from './profiles.ts';

/** Looks in each CIS instance once, for what is found by its id or else by its name. */
async function lookIn<W extends { readonly id: string; readonly name: string }>(
  targets: readonly Target[],
  list: (account: string, crn: string) => Promise<readonly W[]>,
  liveOf: (wire: W) => Live,
): Promise<ReadonlyMap<string, Live>> {
  const found = new Map<string, Live>();
  for (const crn of new Set(targets.map(({ within = '' }) => within))) {
    const here = targets.filter(({ within }) => within === crn);
    const [first] = here;
    if (first === undefined) continue;
    const all = await list(first.account, crn);
    for (const target of here) {
      const one =
        all.find(({ id }) => target.id !== undefined && plainId(id) === plainId(target.id)) ??
        all.find(({ name }) => name === target.name);
      if (one !== undefined) found.set(idOf(target), liveOf(one));
    }
  }
  return found;
}

const liveWebhook = ({ id, name, url }: WebhookWire): Live => ({
  id: plainId(id),
  fields: { name, url: url ?? '' },
  outputs: { id },
});

/** Where CIS tells of alerts. @param secret - what it is to say there */
export const webhooksIn = (clients: InAccount<AlertsClient>, secret: () => Promise<Secret>): Handler => {
  const contentOf = async ({ name, fields }: Wanted) => ({
    name,
    url: textOf(fields['url']),
    secret: await secret(),
  });
  return {
    look: (targets) => lookIn(targets, (account, crn) => clients(account).webhooks(crn), liveWebhook),
    async create(wanted) {
      const { account, within = '' } = wanted;
      const content = await contentOf(wanted);
      return liveWebhook({ id: await clients(account).createWebhook(within, content), ...content });
    },
    async update(wanted, live) {
      const { account, within = '' } = wanted;
      const content = await contentOf(wanted);
      await clients(account).replaceWebhook(within, live.id, content);
      return liveWebhook({ id: live.id, ...content });
    },
    remove: ({ account, within = '' }, live) => clients(account).removeWebhook(within, live.id),
  };
};

const policyFields = ({ name, alert_type, enabled, mechanisms }: AlertPolicyWire): Fields => ({
  name,
  alert_type: alert_type ?? '',
  enabled,
  webhooks: (mechanisms?.webhooks ?? []).map(({ id }) => plainId(id)),
});

/** Whom CIS tells of jobs that it has disabled. What a person adds to it, addresses for mail say, stays. */
export const alertPoliciesIn = (clients: InAccount<AlertsClient>): Handler => {
  const bodyOf = ({ fields }: Wanted, is?: AlertPolicyWire): Readonly<Record<string, unknown>> => ({
    name: fields['name'],
    enabled: fields['enabled'],
    alert_type: fields['alert_type'],
    mechanisms: {
      ...is?.mechanisms,
      email: is?.mechanisms?.email ?? [],
      webhooks: (fields['webhooks'] as readonly string[]).map((id) => ({ id })),
    },
    ...(is?.description == null ? {} : { description: is.description }),
    filters: is?.filters ?? {},
    conditions: is?.conditions ?? {},
  });
  const liveOf = (policy: AlertPolicyWire): Live => ({ id: policy.id, fields: policyFields(policy) });
  return {
    look: (targets) => lookIn(targets, (account, crn) => clients(account).policies(crn), liveOf),
    async create(wanted) {
      const { account, within = '', fields } = wanted;
      try {
        return { id: await clients(account).createPolicy(within, bodyOf(wanted)), fields };
      } catch (error) {
        // The type is not among those that IBM's API pages list. What checks every few minutes needs no alert.
        if (error instanceof ApiError && error.status === 400) throw new RefusedError(400, error.message);
        throw error;
      }
    },
    async update(wanted, live) {
      const { account, within = '', fields } = wanted;
      const client = clients(account);
      const is = (await client.policies(within)).find(({ id }) => id === live.id);
      await client.replacePolicy(within, live.id, bodyOf(wanted, is));
      return { id: live.id, fields };
    },
    remove: ({ account, within = '' }, live) => clients(account).removePolicy(within, live.id),
  };
};
