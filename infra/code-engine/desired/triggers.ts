import type { Rule } from '../../../shared/runtime/manifest/manifest.ts';
import { LATER, type Wanted } from '../resource.ts';
import type { Inputs, Outputs } from './inputs.ts';
import { editionOf, isWebhook, WEBHOOK_SECRET } from './workloads.ts';

/** CIS tells of a job that it has disabled. IBM's own command line makes policies of this type; the API's pages do not list it. */
const ALERT_TYPE = 'failing_logpush_job_disabled_alert';

/** What starts actions: subscriptions, and the alerts that ring for them. */
export function triggersOf(inputs: Inputs, outputs: Outputs): readonly Wanted[] {
  return [
    ...alertsOf(inputs, outputs),
    ...inputs.manifest.packages.flatMap(({ rules, rings }) =>
      rules.map((rule) => subscriptionOf(inputs, rule, rings?.bucket ?? '')),
    ),
  ];
}

function subscriptionOf(
  { account }: Inputs,
  { subscription: name, action, trigger }: Rule,
  bucket: string,
): Wanted {
  const common = { key: name, name, account };
  const to = { destination: action, destination_type: 'job' };
  if (trigger.kind === 'rings') {
    const fields = { bucket, ...to, event_type: 'write', prefix: `rings/${trigger.ring}/` };
    return { ...common, kind: 'ring', fields };
  }
  const { schedule, timezone, data } = trigger;
  const payload = data === undefined ? {} : { data, content_type: 'application/json' };
  return { ...common, kind: 'cron', fields: { ...to, schedule, timezone, ...payload } };
}

/** The name of the policy, and what that of a webhook begins with. */
export const alertName = ({ project }: Inputs['manifest']): string => `lpk-${project.name}`;

/** In each CIS instance a webhook and a policy, if anything waits for alerts. */
function alertsOf(inputs: Inputs, outputs: Outputs): readonly Wanted[] {
  const { packages } = inputs.manifest;
  const [webhook] = packages.flatMap(({ actions }) => actions.filter(isWebhook));
  const waits = packages.some(({ rules }) =>
    rules.some(({ trigger }) => trigger.kind === 'rings' && trigger.ring === 'alert'),
  );
  if (webhook === undefined || !waits) return [];
  const endpoint = outputs('function', webhook.name, 'endpoint');
  const url = endpoint === LATER ? LATER : `${endpoint.replace(/\/+$/, '')}/alert`;
  // Neither the address nor the secret of a webhook can be changed for certain: with another one of either comes another webhook.
  const edition = editionOf(outputs('secret', WEBHOOK_SECRET, 'tag'), url);
  const name = alertName(inputs.manifest);
  return inputs.instances.flatMap(({ crn, account }): readonly Wanted[] => {
    const hook = `${crn} ${edition}`;
    const id = outputs('cis-webhook', hook, 'id');
    return [
      {
        kind: 'cis-webhook',
        key: hook,
        name: `${name}-${edition}`,
        account,
        within: crn,
        fields: { name: `${name}-${edition}`, url },
      },
      {
        kind: 'alert-policy',
        key: crn,
        name,
        account,
        within: crn,
        fields: { name, alert_type: ALERT_TYPE, enabled: true, webhooks: [plainId(id)] },
      },
    ];
  });
}

/** IBM shows ids of webhooks with dashes and without. */
export const plainId = (id: string): string => (id === LATER ? LATER : id.replaceAll('-', '').toLowerCase());
