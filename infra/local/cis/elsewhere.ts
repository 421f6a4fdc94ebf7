/** How the API shows the secrets of a destination. */
export type KeysOnRead = 'clear' | 'masked' | 'absent';

export const ELSEWHERE = ['logdna', 'splunk', 'qradar', 'https'] as const;

/** A system outside IBM Cloud Logs and COS. Nothing is sent there: a push is thought to have arrived. */
export interface ElsewhereDestination {
  readonly elsewhere: (typeof ELSEWHERE)[number];
  /** Everything before the query, without `user:password@`. */
  readonly url: string;
  /** `user:password`. */
  readonly userinfo?: string;
  /** The query, decoded, in its order. */
  readonly parameters: readonly (readonly [string, string])[];
  readonly instanceId?: undefined;
  readonly region?: undefined;
  readonly apiKey?: undefined;
  readonly bucket?: undefined;
}

const isSecret = (name: string): boolean =>
  /^(?:ibm_api_key|api_?key|header_.*|access-key-id|secret-access-key)$/i.test(name);

/** @see https://cloud.ibm.com/docs/cis?topic=cis-logpush */
export function elsewhereConf({ url, userinfo, parameters }: ElsewhereDestination, keys: KeysOnRead): string {
  const shown = (secret: string): string => (keys === 'clear' ? encodeURIComponent(secret) : '***');
  const query = parameters
    .filter(([name]) => keys !== 'absent' || !isSecret(name))
    .map(([name, value]) => `${name}=${isSecret(name) ? shown(value) : encodeURIComponent(value)}`);
  const login = userinfo === undefined || keys === 'absent' ? '' : `${keys === 'clear' ? userinfo : '***'}@`;
  return `${url.replace('://', `://${login}`)}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** The values in a destination that nobody may print. */
export function secretsOf({ userinfo, parameters }: ElsewhereDestination): readonly string[] {
  const named = parameters
    .filter(([name, value]) => isSecret(name) && value !== '')
    .map(([, value]) => value);
  return userinfo === undefined ? named : [...named, userinfo];
}

/** Reads a generic string. @returns undefined for a scheme that is not simulated */
export function parseElsewhere(conf: string): ElsewhereDestination | undefined {
  const match = /^(https|splunk):\/\/(?:([^\s/?#]+)@)?([^\s/?#@]+)([^\s?#]*)(?:\?(\S*))?$/.exec(conf);
  const [, scheme, userinfo, host, path = '', query = ''] = match ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  return {
    elsewhere: scheme === 'splunk' ? 'splunk' : 'https',
    url: `${scheme}://${host}${path}`,
    ...(userinfo === undefined ? {} : { userinfo }),
    parameters: [...new URLSearchParams(query)],
  };
}

/** `https://logs.<region>.logging.cloud.ibm.com/logs/ingest?hostname=<h>&apikey=<key>`; unsupported since 2025-03-30. */
export const logdna = (region: string, hostname: string, ingressKey: string): ElsewhereDestination => ({
  elsewhere: 'logdna',
  url: `https://logs.${region}.logging.cloud.ibm.com/logs/ingest`,
  parameters: [
    ['hostname', hostname],
    ['apikey', ingressKey],
  ],
});

export const splunk = (of: {
  readonly endpointUrl: string;
  readonly channelId: string;
  readonly authToken: string;
  readonly sourceType: string;
  readonly skipVerify: boolean;
}): ElsewhereDestination => ({
  elsewhere: 'splunk',
  url: `splunk://${of.endpointUrl.replace(/^[a-z]+:\/\//, '')}`,
  parameters: [
    ['channel', of.channelId],
    ['header_Authorization', of.authToken],
    ['sourcetype', of.sourceType],
    ['insecure-skip-verify', String(of.skipVerify)],
  ],
});

export const qradar = (url: string, port: number): ElsewhereDestination => ({
  elsewhere: 'qradar',
  url: `${url}:${port}`,
  parameters: [],
});
