import type { JobDestination } from '../cis/destination.ts';
import type { CloudLogsForEngine, CosForEngine, Principal } from '../host.ts';
import type { Settings } from '../settings.ts';

/**
 * Who writes to buckets whose ownership was proven: IBM's own account `cislogp@us.ibm.com`. It has no key; what it may do is
 * said by policies of the bucket's account.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export const LOGPUSH_IDENTITY: Principal = { iamId: 'IBMid-cislogp@us.ibm.com', accountId: 'ibm' };

export interface Services {
  readonly cloudLogs: CloudLogsForEngine;
  readonly cos: CosForEngine | undefined;
  /** A token of an API key. */
  readonly login: (
    apiKey: string,
  ) => { readonly ok: true; readonly token: string } | { readonly ok: false; readonly code: string };
}

/** What one delivery carries, to whichever kind of destination. */
export interface Load {
  readonly object: { readonly key: string; readonly body: string };
  readonly record: unknown;
}

/** @param how - the address that it comes from, and when. @returns what went wrong, in the words of a job's `error_message`; undefined = it has arrived */
export function deliver(
  destination: JobDestination,
  { cloudLogs, cos, login }: Services,
  { object, record }: Load,
  settings: Settings['logpush'],
  how: { readonly from: string; readonly at: number },
): string | undefined {
  const { from, at } = how;
  if (destination.elsewhere !== undefined)
    return destination.elsewhere === 'logdna' && settings.logdna === 'dead'
      ? problemOf(404, settings)
      : undefined;
  const { instanceId, region, apiKey, bucket } = destination;
  const granted = apiKey === undefined ? undefined : login(apiKey);
  if (granted?.ok === false) return problemOf('key', settings, granted.code);
  if (bucket !== undefined) {
    const status = cos?.push(
      region,
      bucket.name,
      granted?.token ?? LOGPUSH_IDENTITY,
      object,
      from,
      at,
    ).status;
    return status === 200 ? undefined : problemOf(status ?? 404, settings);
  }
  const { status, message } = cloudLogs.ingest(instanceId, region, granted?.token ?? '', [record], from, at);
  // A 200 that has something to say did not take everything.
  return status === 200 && message === undefined ? undefined : problemOf(status, settings);
}

/** How a push words what went wrong; IBM does not document it, and clients may only show it. */
function problemOf(what: number | 'key', { errorMessages }: Settings['logpush'], code = ''): string {
  if (errorMessages === 'vague') return 'push failed';
  const isOfKey = (what === 'key') === (errorMessages === 'telling');
  if (isOfKey)
    return `error authenticating with destination: IAM refuses the API key (${code || 'BXNIM0415E'})`;
  const status = what === 'key' ? 403 : what;
  return `error writing to destination: ${PROBLEMS[status] ?? `status ${status}`}`;
}

const PROBLEMS: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'permission denied',
  404: 'destination not found',
};
