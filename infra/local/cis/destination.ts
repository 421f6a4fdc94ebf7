/** Where a job pushes, with its key. */
export interface JobDestination {
  readonly instanceId: string;
  readonly region: string;
  readonly apiKey: string;
}

/** `destination_conf` is one string with the key inside. @see https://cloud.ibm.com/docs/cis?topic=cis-logpush */
const CONF = /^ibmcl:\/\/([^./?]+)\.ingress\.([^./?]+)\.logs\.cloud\.ibm\.com\/logs\/v1\/singles\?(.*)$/;

/** The string that the API shows for a destination, with the key as it is, as `***`, or left out. */
export function destinationConf(
  { instanceId, region, apiKey }: JobDestination,
  keys: 'clear' | 'masked' | 'absent',
): string {
  const base = `ibmcl://${instanceId}.ingress.${region}.logs.cloud.ibm.com/logs/v1/singles`;
  if (keys === 'absent') return base;
  return `${base}?ibm_api_key=${keys === 'masked' ? '***' : encodeURIComponent(apiKey)}`;
}

/** Reads such a string. @returns undefined when it is not one with a key */
export function parseDestinationConf(conf: string): JobDestination | undefined {
  const [, instanceId, region, query] = CONF.exec(conf) ?? [];
  const apiKey = new URLSearchParams(query ?? '').get('ibm_api_key');
  if (instanceId === undefined || region === undefined || apiKey === null || apiKey === '') return undefined;
  return { instanceId, region, apiKey };
}
