import type { Project } from '../code-engine/model.ts';
import type { Subscription } from '../code-engine/subscriptions.ts';
import type { Shell } from './shell.ts';

/** What `get` shows of whether it works; the last is `Ready`. */
export const conditions = ({ world }: Shell, subscription: Subscription) =>
  world.codeEngine.events.conditions(subscription);

export const isReady = (shell: Shell, subscription: Subscription): boolean =>
  conditions(shell, subscription).at(-1)?.status === 'True';

/** As the Kubernetes object behind it, as far as anybody knows that. */
export function objectOf(shell: Shell, project: Project, subscription: Subscription) {
  const { kind, name, id, extensions, destination, createdAt } = subscription;
  const spec =
    subscription.kind === 'cron'
      ? {
          schedule: subscription.schedule,
          timezone: subscription.timezone,
          data: subscription.data,
          contentType: subscription.contentType,
          ...(extensions === undefined ? {} : { ceOverrides: { extensions } }),
        }
      : {
          bucket: subscription.bucket,
          eventType: subscription.eventType,
          prefix: subscription.prefix,
          suffix: subscription.suffix,
          ...(extensions === undefined ? {} : { ceOverrides: { extensions } }),
        };
  return {
    apiVersion: kind === 'cron' ? 'sources.knative.dev/v1' : 'sources.codeengine.cloud.ibm.com/v1alpha1',
    kind: kind === 'cron' ? 'PingSource' : 'CosSource',
    metadata: {
      name,
      namespace: project.subdomain,
      uid: id,
      creationTimestamp: new Date(createdAt).toISOString(),
    },
    spec: { ...spec, sink: { ref: { ...SINKS[destination.type], name: destination.name } } },
    status: { conditions: conditions(shell, subscription) },
  };
}

const SINKS = {
  app: { apiVersion: 'serving.knative.dev/v1', kind: 'Service' },
  function: { apiVersion: 'codeengine.cloud.ibm.com/v1beta1', kind: 'Function' },
  job: { apiVersion: 'codeengine.cloud.ibm.com/v1beta1', kind: 'JobDefinition' },
} as const;

/** As `get` prints it for people. */
export function describe(shell: Shell, project: Project, subscription: Subscription): string {
  const { name, id, destination } = subscription;
  const own =
    subscription.kind === 'cron'
      ? [
          ['Schedule', subscription.schedule],
          ['Time Zone', subscription.timezone],
        ]
      : [
          ['Bucket', subscription.bucket],
          ['EventType', subscription.eventType],
        ];
  const lines = [
    ['Name', name],
    ['ID', id],
    ['Project Name', project.name],
    ['Destination Type', destination.type],
    ['Destination', destination.name],
    ...own,
    ['Ready', String(isReady(shell, subscription))],
  ];
  return lines.map(([label = '', value = '']) => `${`${label}:`.padEnd(19)}${value}`).join('\n');
}
