import { formatInstant, minutes, seconds } from '../../../shared/domain/time.ts';

/** The most zones that an instance may have. @see https://cloud.ibm.com/docs/cis?topic=cis-known-issues */
const ZONES_PER_INSTANCE = 1_000;
const DATASETS = ['http_requests', 'firewall_events', 'dns_logs', 'range_events'] as const;
const KEY = `TRACER-${'0'.repeat(37)}`;
const LOGS = 'bdaaaee6-64da-482f-86f3-f733be1eae08.ingress.eu-de.logs.cloud.ibm.com';
const COS = '33333333-1111-4222-8333-444444444444';

/** GUIDs of as many instances as so many zones take. */
export const instancesOf = (zones: number): readonly string[] =>
  Array.from({ length: Math.ceil(zones / ZONES_PER_INSTANCE) }, (_, n) => guidOf(n));

const guidOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/**
 * Answers as IAM and CIS do for a fleet on a usual day, four jobs a zone, and holds none of it: every answer is made from its
 * address, so that a fleet of any size takes no memory and hardly any time.
 *
 * @returns the body, or undefined for what it does not have
 */
export function answerOf(url: URL, zones: number, now: number): object | undefined {
  const { pathname, searchParams } = url;
  if (pathname.endsWith('/identity/token')) return tokenAt(now);
  const zone = /\/zones\/([0-9a-f]{32})\/logpush\/jobs$/.exec(pathname)?.[1];
  if (zone !== undefined) return enveloped(jobsOf(Number.parseInt(zone, 16), now));
  const guid = /:([0-9a-f-]{36})::\/zones$/.exec(decodeURIComponent(pathname))?.[1];
  if (guid === undefined) return undefined;
  const first = Number(guid.slice(24)) * ZONES_PER_INSTANCE;
  const total = Math.min(ZONES_PER_INSTANCE, zones - first);
  const [page, perPage] = [searchParams.get('page') ?? '1', searchParams.get('per_page') ?? '20'].map(Number);
  return pageOf(first, total, page ?? 1, perPage ?? 1);
}

function tokenAt(now: number): object {
  const expiration = Math.floor(now / seconds(1)) + 3_600;
  // The payload of a JWT: SDKs read when a token was made and when it ends.
  const claims = { iam_id: 'iam-ServiceId-1', iat: expiration - 3_600, exp: expiration };
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return {
    access_token: `e30.${payload}.e30`,
    refresh_token: 'none',
    token_type: 'Bearer',
    expires_in: 3_600,
    expiration,
  };
}

const enveloped = (result: unknown) => ({ success: true, errors: [], messages: [], result });

function pageOf(first: number, total: number, page: number, perPage: number): object {
  const from = (page - 1) * perPage;
  const count = Math.max(0, Math.min(perPage, total - from));
  const result = Array.from({ length: count }, (_, n) => {
    const zone = first + from + n;
    const id = zone.toString(16).padStart(32, '0');
    return { id, name: `zone-${zone}.example`, status: 'active', paused: false };
  });
  return { ...enveloped(result), result_info: { page, per_page: perPage, count, total_count: total } };
}

const jobsOf = (zone: number, now: number): readonly object[] =>
  DATASETS.map((dataset, n) => ({
    id: zone * DATASETS.length + n + 1,
    name: dataset.replace('_', '-'),
    enabled: true,
    dataset,
    frequency: 'low',
    kind: '',
    logpull_options: 'timestamps=rfc3339',
    destination_conf:
      n % 2 === 0
        ? `ibmcl://${LOGS}/logs/v1/singles?ibm_api_key=${KEY}`
        : `cos://acme-edge-logs/zone-${zone}/${dataset}?region=eu-de&instance-id=${COS}&ibm_api_key=${KEY}`,
    last_complete: formatInstant(now - minutes(1)),
    last_error: null,
    error_message: null,
  }));
