import * as z from 'zod';
import { jsonIn } from '../domain/json.ts';
import { ringKindOf } from '../domain/ring.ts';
import type { SecretEvent, Trigger } from '../domain/trigger.ts';
import { GUID } from './config/leaves.ts';
import type { Environment } from './prepare.ts';

/** Event Notifications sends no more. */
const LONGEST_BYTES = 64 * 1024;
/** Secrets Manager names at most this many in one event. */
const MOST_SECRETS = 100;

const PREFIX = 'com.ibm.cloud.secrets-manager.';
const WORD = /^[a-z][a-z0-9_]{0,59}$/;
/** A UUID fits; what could be a credential is longer. */
const SHORT_ID = /^[\w-]{1,39}$/;
const SECRET_ID = new RegExp(`^${GUID}$`);

// The members that count, and no others: urls, accounts and names in an event are never read.
const Notification = z.lazy(() =>
  z.object({
    id: z.string().optional(),
    type: z.string().optional(),
    data: z.object({
      event_type: z.string(),
      event_sub_type: z.string().optional(),
      secrets: z
        .array(z.object({ secret_id: z.string() }))
        .max(MOST_SECRETS)
        .optional(),
    }),
  }),
);

/** What Object Storage tells of an object that was written: of its members only the key counts. */
const Written = z.lazy(() => z.object({ key: z.string() }));

/**
 * What started this process. A Code Engine job gets a notification whole in `ibmendata`, and of any other subscription the
 * type of the CloudEvent in `CE_TYPE` and its data as text in `CE_DATA`. What a cron subscription carries there says nothing.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-subscribe-cron
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-eventing-cosevent-producer
 * @see https://cloud.ibm.com/docs/event-notifications?topic=event-notifications-en-destinations-code-engine
 */
export function readTrigger(env: Environment): Trigger {
  const { ibmendata, CE_TYPE, CE_DATA = '' } = env;
  if (ibmendata !== undefined && ibmendata !== '') return { kind: 'event', ...parseEvent(ibmendata) };
  if (CE_TYPE === 'dev.knative.sources.ping') return { kind: 'schedule' };
  if (CE_TYPE === 'com.ibm.cloud.cos.document.write') return { kind: 'ring', about: parseRing(CE_DATA) };
  return { kind: 'hand' };
}

/** What the key of the object that was written says of itself, `alert` for example; `unknown` when it is no such word. */
function parseRing(text: string): string {
  const written = Buffer.byteLength(text) > LONGEST_BYTES ? undefined : Written.safeParse(jsonIn(text)).data;
  return (written === undefined ? undefined : ringKindOf(written.key)) ?? 'unknown';
}

/** A notification of Secrets Manager as far as it counts, or why it is none. Never throws, whatever the text is. */
export function parseEvent(text: string): { readonly event: SecretEvent } | { readonly unreadable: string } {
  if (Buffer.byteLength(text) > LONGEST_BYTES) return { unreadable: 'it is longer than 64 KB' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { unreadable: 'it is not JSON' };
  }
  const parsed = Notification.safeParse(json);
  if (!parsed.success) return { unreadable: 'it is not a notification of Secrets Manager' };
  const { id, type: outer, data } = parsed.data;
  const { event_type: type, event_sub_type: subType, secrets = [] } = data;
  const isSecretsManagers = outer === undefined || outer.startsWith(`${PREFIX}${type}`);
  return {
    event: {
      ...(id !== undefined && SHORT_ID.test(id) ? { id } : {}),
      type: isSecretsManagers && WORD.test(type) ? type : 'unknown',
      ...(subType !== undefined && WORD.test(subType) ? { subType } : {}),
      secretIds: [...new Set(secrets.flatMap(({ secret_id }) => secretId(secret_id)))],
    },
  };
}

/** A UUID, or the end of a CRN. Whose CRN it is does not count: only secrets of the configuration are looked at. */
function secretId(text: string): readonly string[] {
  const id = text.slice(text.lastIndexOf(':') + 1).toLowerCase();
  return SECRET_ID.test(id) ? [id] : [];
}
