/** Where a job pushes, with its key. */
export interface JobDestination {
  /** Of the Cloud Logs instance, or of the COS instance that holds the bucket. */
  readonly instanceId: string;
  /** Region of the Cloud Logs instance, or location of the bucket. */
  readonly region: string;
  readonly apiKey: string;
  /** Absent = Cloud Logs. */
  readonly bucket?: JobBucket;
}

export interface JobBucket {
  readonly name: string;
  /** Without a slash at either end; empty = the whole bucket. */
  readonly path: string;
  readonly dailySubfolder: boolean;
}

/** `destination_conf` is one string with the key inside. @see https://cloud.ibm.com/docs/cis?topic=cis-logpush */
const LOGS_CONF = /^ibmcl:\/\/([^./?]+)\.ingress\.([^./?]+)\.logs\.cloud\.ibm\.com\/logs\/v1\/singles\?(.*)$/;
const COS_CONF = /^cos:\/\/([^/?]+)\/?([^?]*)\?(.*)$/;
const DATE = '{DATE}';

/** The string that the API shows for a destination, with the key as it is, as `***`, or left out. */
export function destinationConf(destination: JobDestination, keys: 'clear' | 'masked' | 'absent'): string {
  const { instanceId, region, apiKey, bucket } = destination;
  const key =
    keys === 'absent' ? '' : `ibm_api_key=${keys === 'masked' ? '***' : encodeURIComponent(apiKey)}`;
  if (bucket === undefined) {
    const base = `ibmcl://${instanceId}.ingress.${region}.logs.cloud.ibm.com/logs/v1/singles`;
    return key === '' ? base : `${base}?${key}`;
  }
  const path = [bucket.name, bucket.path, bucket.dailySubfolder ? DATE : ''].filter((part) => part !== '');
  const query = [`region=${region}`, `instance-id=${instanceId}`, key].filter((part) => part !== '');
  return `cos://${path.join('/')}?${query.join('&')}`;
}

/** Reads such a string. @returns undefined when it is not one with a key */
export function parseDestinationConf(conf: string): JobDestination | undefined {
  const [, instanceId, region, logsQuery] = LOGS_CONF.exec(conf) ?? [];
  if (instanceId !== undefined && region !== undefined) {
    const apiKey = new URLSearchParams(logsQuery).get('ibm_api_key') ?? '';
    return apiKey === '' ? undefined : { instanceId, region, apiKey };
  }
  const [, name, path = '', query] = COS_CONF.exec(conf) ?? [];
  const said = new URLSearchParams(query ?? '');
  const [cosRegion, cosInstance, key] = [
    said.get('region'),
    said.get('instance-id'),
    said.get('ibm_api_key'),
  ];
  if (name === undefined || cosRegion === null || cosInstance === null || key === null || key === '')
    return undefined;
  const parts = path.split('/').filter((part) => part !== '');
  const dailySubfolder = parts.at(-1) === DATE;
  const bucket = { name, path: (dailySubfolder ? parts.slice(0, -1) : parts).join('/'), dailySubfolder };
  return { instanceId: cosInstance, region: cosRegion, apiKey: key, bucket };
}

export const sameDestination = (a: JobDestination, b: JobDestination): boolean =>
  destinationConf(a, 'clear') === destinationConf(b, 'clear');
