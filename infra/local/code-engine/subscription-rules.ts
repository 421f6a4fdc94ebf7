import { checkSchedule } from './cron.ts';
import type { SubscriptionSpec } from './subscriptions.ts';

/** Bytes. */
const MOST_DATA = 4_096;

/** @throws {Error} for a person, when a subscription would not be taken */
export function checkSubscription(spec: SubscriptionSpec): void {
  const { kind, name, destination, extensions = {} } = spec;
  if (!/^[a-z0-9][-a-z0-9.]{0,252}$/.test(name)) throw new Error(`"${name}" is no name of a subscription`);
  for (const extension of Object.keys(extensions))
    if (!/^[a-z0-9]{1,253}$/i.test(extension)) throw new Error(`"${extension}" is no name of an extension`);
  if (kind === 'cos') {
    if (destination.type === 'function') throw new Error('a bucket starts jobs and apps, not functions');
    return;
  }
  checkSchedule(spec.schedule, spec.timezone);
  const { data = '', contentType } = spec;
  if (Buffer.byteLength(data) > MOST_DATA) throw new Error(`the data has more than ${MOST_DATA} bytes`);
  if (contentType === 'application/json' && data !== '' && !isJsonObject(data))
    throw new Error('data of the type application/json must be a JSON object');
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
