import { formatInstant } from '../../shared/domain/time.ts';
import type { Happening } from './secrets-manager/happenings.ts';
import { type Instance, instant, secretCrn } from './secrets-manager/wire.ts';
import type { Settings } from './settings.ts';

/** What one notice is about, without the secrets. */
export interface NoticeSubject {
  readonly id: string;
  readonly notificationId: string;
  readonly at: number;
  readonly instance: Instance;
  readonly eventType: string;
  readonly subType: string | undefined;
  readonly secretType: string;
}

const HIGH = [
  'secret_rotation_failed',
  'secret_about_to_expire',
  'secret_expired',
  'secret_expiration_blocked',
];

/**
 * A notice as Event Notifications delivers it: what a job on Code Engine finds in `ibmendata`.
 *
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-event-notifications
 */
export function notice(
  subject: NoticeSubject,
  secrets: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> {
  const { instance, eventType, subType } = subject;
  const crn = `crn:v1:bluemix:public:secrets-manager:${instance.region}:a/${instance.accountId}:${instance.guid}::`;
  const url = `https://${instance.guid}.private.${instance.region}.secrets-manager.appdomain.cloud/api`;
  const type = `com.ibm.cloud.secrets-manager.${eventType}`;
  const words = eventType.replaceAll('_', ' ');
  return {
    id: subject.id,
    source: crn,
    specversion: '1.0',
    type: subType === undefined ? type : `${type}:${subType}`,
    time: formatInstant(subject.at),
    datacontenttype: 'application/json',
    ibmendefaultshort: words,
    ibmendefaultlong: `Secrets Manager: ${words}`,
    ibmenseverity: HIGH.includes(eventType) ? 'HIGH' : 'LOW',
    ibmensourceid: crn,
    notification_id: subject.notificationId,
    data: {
      event_type: eventType,
      ...(subType === undefined ? {} : { event_sub_type: subType }),
      secret_type: subject.secretType,
      secrets,
      source_instance_api_private_url: url,
      // IBM says that this member carries the private URL too.
      source_instance_api_public_url: url,
      source_instance_crn: crn,
      source_instance_dashboard_url: `https://cloud.ibm.com/services/secrets-manager/${encodeURIComponent(crn)}`,
      source_service: 'SecretsManager',
    },
  };
}

/** A secret in a notice. Which of its two names an id is given by differs between IBM's own examples. */
export const noticedSecret = (
  instance: Instance,
  { at, by, kind, secret, expiresAt }: Happening,
  secretId: Settings['eventNotifications']['secretId'],
) => ({
  event_time: instant(at),
  event_triggered_by: by,
  secret_group_id: secret.groupId,
  secret_id: secretId === 'crn' ? secretCrn(instance, secret.id) : secret.id,
  secret_name: secret.name,
  ...(expiresAt === undefined ? {} : { secret_expiration: instant(expiresAt) }),
  ...(kind === 'secret_rotation_failed' ? { failure_reason: 'IAM did not create the API key.' } : {}),
});
