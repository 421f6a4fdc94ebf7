/** What a notification may be made of; all else is as Secrets Manager sends it. */
interface EventFields {
  readonly id?: string;
  readonly type?: string;
  readonly subType?: string;
  /** As they stand in the event: ids, or CRNs. */
  readonly secretIds?: readonly string[];
  /** More members of `data`, or others for those that are there. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** More members of the envelope, or others. */
  readonly more?: Readonly<Record<string, unknown>>;
}

const INSTANCE =
  'crn:v1:bluemix:public:secrets-manager:eu-de:a/9989c32096219819f54f6ed1c559e016:a5636a44-6fb3-438d-85d6-3284f14d49fe';

/** A secret's id as some of IBM's pages show it. */
export const secretCrn = (id: string, instance = INSTANCE): string => `${instance}:secret:${id}`;

/**
 * The text of a notification of Secrets Manager, as Event Notifications hands it to a Code Engine job.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-event-notifications
 */
export function secretEvent(fields: EventFields = {}): string {
  const { type = 'secret_rotated', subType, secretIds = [], data = {}, more = {} } = fields;
  const { id = '3b1d0c8e-aaaa-4bbb-8ccc-000000000001' } = fields;
  return JSON.stringify({
    id,
    source: `${INSTANCE}::`,
    specversion: '1.0',
    type: `com.ibm.cloud.secrets-manager.${type}${subType === undefined ? '' : `:${subType}`}`,
    time: '2026-03-01T00:02:00.000Z',
    datacontenttype: 'application/json',
    ibmendefaultshort: 'A secret changed',
    ibmensourceid: `${INSTANCE}::`,
    notification_id: 'n-1',
    ...more,
    data: {
      event_type: type,
      ...(subType === undefined ? {} : { event_sub_type: subType }),
      secret_type: 'arbitrary',
      secrets: secretIds.map((secret_id) => ({
        event_time: '2026-03-01T00:01:12Z',
        event_triggered_by: 'iam-ServiceId-rotator',
        secret_group_id: 'default',
        secret_id,
        secret_name: 'logpush-key',
      })),
      source_instance_api_private_url: 'https://x.private.eu-de.secrets-manager.appdomain.cloud/api',
      source_instance_api_public_url: 'https://x.private.eu-de.secrets-manager.appdomain.cloud/api',
      source_instance_crn: `${INSTANCE}::`,
      source_service: 'SecretsManager',
      ...data,
    },
  });
}
