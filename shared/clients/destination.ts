import type { Destination, DestinationKey, OtherSystem } from '../domain/logpush.ts';
import { Secret } from '../domain/secret.ts';

/** What a `destination_conf` says, in parts. The string itself is never kept. */
export interface ParsedDestination {
  readonly destination: Destination;
  readonly key: DestinationKey;
}

const INGRESS = /^([0-9a-z-]+)\.ingress\.(?:private\.)?([a-z0-9-]+)\.logs\.cloud\.ibm\.com$/i;

/**
 * Takes a `destination_conf` apart. It never throws: a string that is not understood is `unreadable`, with a reason
 * that does not quote it. @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export function parseDestination(conf: string): ParsedDestination {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)[^?#]*(?:\?([^#]*))?/i.exec(conf);
  const scheme = match?.[1]?.toLowerCase();
  const host = match?.[2];
  if (scheme === undefined || host === undefined) return unreadable('it is not a URL');
  const key = destinationKey(new URLSearchParams(match?.[3] ?? ''));
  if (scheme === 'cos') return cosDestination(conf, host, key);
  if (scheme !== 'ibmcl') return { destination: { kind: 'other', system: systemOf(scheme, conf) }, key };
  const [, instanceId, region] = INGRESS.exec(host) ?? [];
  if (instanceId === undefined || region === undefined)
    return unreadable('its host is not a Cloud Logs ingress host');
  return { destination: { kind: 'cloud-logs', instanceId, region }, key };
}

/** `cos://<bucket>[/<path>][/{DATE}]?region=<location>&instance-id=<id>`. */
function cosDestination(conf: string, bucket: string, key: DestinationKey): ParsedDestination {
  const [, path = '', query = ''] = /^cos:\/\/[^/?#]*\/?([^?#]*)(?:\?([^#]*))?/i.exec(conf) ?? [];
  const said = new URLSearchParams(query);
  const [region, instanceId] = [said.get('region'), said.get('instance-id')];
  if (region === null || instanceId === null || bucket === '')
    return unreadable('it lacks the bucket, its region or its instance');
  const parts = path.replace(/\/$/, '').split('/');
  // Sent again it would be another path, as CIS takes it without slashes at its ends.
  if (path !== '' && parts.includes('')) return unreadable('its path has an empty part');
  const dailySubfolder = parts.at(-1) === '{DATE}';
  const folder = (dailySubfolder ? parts.slice(0, -1) : parts).join('/');
  return { destination: { kind: 'cos', instanceId, region, bucket, path: folder, dailySubfolder }, key };
}

/**
 * Which system a string is for, as far as that can be told. What these jobs carry are no IBM Cloud API keys, but tokens of
 * the other system: they are not read.
 */
function systemOf(scheme: string, conf: string): OtherSystem {
  if (scheme === 'splunk') return 'splunk';
  if (scheme !== 'https') return 'unknown';
  if (/^https:\/\/[^/?#]+\.logging\.cloud\.ibm\.com(?::\d+)?\/logs\/ingest/i.test(conf)) return 'logdna';
  return /^https:\/\/[^/?#@]+:\d+\/?$/i.test(conf) ? 'qradar' : 'https';
}

const unreadable = (reason: string): ParsedDestination => ({
  destination: { kind: 'unreadable', reason },
  key: { state: 'absent' },
});

function destinationKey(query: URLSearchParams): DestinationKey {
  const value = query.get('ibm_api_key');
  if (value === null || value === '') return { state: 'absent' };
  // A masked key is all one sign, or has a run of them: no key of IBM's has.
  return /^[*x•.]+$|\*{2,}/i.test(value) ? { state: 'masked' } : { state: 'visible', key: new Secret(value) };
}
