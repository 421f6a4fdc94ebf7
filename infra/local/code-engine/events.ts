import type { ObjectChange } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Project } from './model.ts';
import type { CosSpec, CronSpec } from './subscriptions.ts';

/** A CloudEvent, by attribute. */
export interface CloudEvent {
  readonly attributes: Readonly<Record<string, string>>;
  readonly contentType?: string | undefined;
  /** Text, decoded. */
  readonly data?: string | undefined;
}

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron */
export const cronEvent = (
  { name, data, contentType, extensions = {} }: CronSpec,
  { subdomain }: Project,
  id: string,
  time: string,
): CloudEvent => ({
  attributes: {
    id,
    source: `/apis/v1/namespaces/${subdomain}/pingsources/${name}`,
    specversion: '1.0',
    type: 'dev.knative.sources.ping',
    time,
    ...extensions,
  },
  contentType,
  data,
});

/** @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-eventing-cosevent-producer */
export function cosEvent(
  { extensions = {} }: CosSpec,
  { bucket, key, operation, etag, length, at }: ObjectChange,
  id: string,
): CloudEvent {
  const time = new Date(at).toISOString();
  const notification = {
    bucket_name: bucket,
    content_type: 'application/octet-stream',
    event_type: operation === 'write' ? 'Object:Write' : 'Object:Delete',
    format: '2.0',
    ...(etag === undefined ? {} : { object_etag: etag.replaceAll('"', '') }),
    object_length: String(length),
    object_name: key,
    request_id: id,
    request_time: time,
  };
  return {
    attributes: {
      id,
      source: `https://cloud.ibm.com/catalog/services/cloud-object-storage/${bucket}`,
      specversion: '1.0',
      type: `com.ibm.cloud.cos.document.${operation}`,
      time,
      ...extensions,
    },
    contentType: 'application/json',
    data: JSON.stringify({ bucket, endpoint: '', key, notification, operation: notification.event_type }),
  };
}

/** An event as the environment of a job has it. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron */
export function eventVariables({
  attributes,
  contentType,
  data,
}: CloudEvent): Readonly<Record<string, string>> {
  const named = Object.entries(attributes).map(
    ([name, value]) => [`CE_${name.toUpperCase()}`, value] as const,
  );
  return {
    ...Object.fromEntries(named),
    ...(contentType === undefined ? {} : { CONTENT_TYPE: contentType }),
    ...(data === undefined ? {} : { CE_DATA: data }),
  };
}

/** RFC 3339 with nanoseconds, which no clock here has: those are drawn. */
export const withNanoseconds = (at: number, random: SeededRandom): string =>
  new Date(at).toISOString().replace('Z', `${String(random.below(1_000_000)).padStart(6, '0')}Z`);
