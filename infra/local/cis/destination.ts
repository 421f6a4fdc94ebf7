import { type ElsewhereDestination, elsewhereConf, type KeysOnRead, parseElsewhere } from './elsewhere.ts';

/** Where a job pushes: IBM Cloud Logs or a bucket, which `elsewhere` tells from every other system. */
export type JobDestination = IbmDestination | ElsewhereDestination;

/** Cloud Logs, or a bucket of COS. */
export interface IbmDestination {
  readonly elsewhere?: undefined;
  /** Of the Cloud Logs instance, or of the COS instance that holds the bucket. */
  readonly instanceId: string;
  /** Region of the Cloud Logs instance, or location of the bucket. */
  readonly region: string;
  /** Absent = a bucket whose ownership was proven: IBM's own identity writes there. */
  readonly apiKey?: string;
  /** Absent = Cloud Logs. */
  readonly bucket?: JobBucket;
}

export interface JobBucket {
  readonly name: string;
  /** Without a slash at either end; empty = the whole bucket. */
  readonly path: string;
  readonly dailySubfolder: boolean;
}

/** A bucket that is written to without a key of the customer. */
export type LegacyDestination = IbmDestination & { readonly bucket: JobBucket };

export const isLegacy = (destination: JobDestination): destination is LegacyDestination =>
  destination.bucket !== undefined && destination.apiKey === undefined;

/** `destination_conf` is one string with the key inside. @see https://cloud.ibm.com/docs/cis?topic=cis-logpush */
const LOGS_CONF = /^ibmcl:\/\/([^./?]+)\.ingress\.([^./?]+)\.logs\.cloud\.ibm\.com\/logs\/v1\/singles\?(.*)$/;
const COS_CONF = /^cos:\/\/([^/?]+)\/?([^?]*)\?(.*)$/;
const DATE = '{DATE}';

/** The string that the API shows for a destination, with its secrets as they are, as `***`, or left out. */
export function destinationConf(destination: JobDestination, keys: KeysOnRead): string {
  if (destination.elsewhere !== undefined) return elsewhereConf(destination, keys);
  const { instanceId, region, apiKey, bucket } = destination;
  const key =
    keys === 'absent' || apiKey === undefined
      ? ''
      : `ibm_api_key=${keys === 'masked' ? '***' : encodeURIComponent(apiKey)}`;
  if (bucket === undefined) {
    const base = `ibmcl://${instanceId}.ingress.${region}.logs.cloud.ibm.com/logs/v1/singles`;
    return key === '' ? base : `${base}?${key}`;
  }
  const path = [bucket.name, bucket.path, bucket.dailySubfolder ? DATE : ''].filter((part) => part !== '');
  const query = [`region=${region}`, `instance-id=${instanceId}`, key].filter((part) => part !== '');
  return `cos://${path.join('/')}?${query.join('&')}`;
}

/** Reads such a string; a bucket without a key is a legacy one. @returns undefined when it is none that we have */
export function parseDestinationConf(conf: string): JobDestination | undefined {
  const [, instanceId, region, logsQuery] = LOGS_CONF.exec(conf) ?? [];
  if (instanceId !== undefined && region !== undefined) {
    const apiKey = new URLSearchParams(logsQuery).get('ibm_api_key') ?? '';
    return apiKey === '' ? undefined : { instanceId, region, apiKey };
  }
  const [, name, path = '', query] = COS_CONF.exec(conf) ?? [];
  if (name === undefined) return parseElsewhere(conf);
  const said = new URLSearchParams(query ?? '');
  const [cosRegion, cosInstance, key] = [
    said.get('region'),
    said.get('instance-id'),
    said.get('ibm_api_key') ?? '',
  ];
  if (cosRegion === null || cosInstance === null) return undefined;
  const bucket = bucketOf(name, path, false);
  return { instanceId: cosInstance, region: cosRegion, ...(key === '' ? {} : { apiKey: key }), bucket };
}

/** A path that ends in `{DATE}` means daily folders, as the member for them does. */
export function bucketOf(name: string, path: string, dailySubfolder: boolean): JobBucket {
  const parts = path.split('/').filter((part) => part !== '');
  const dated = parts.at(-1) === DATE;
  const folder = (dated ? parts.slice(0, -1) : parts).join('/');
  return { name, path: folder, dailySubfolder: dailySubfolder || dated };
}

export const sameDestination = (a: JobDestination, b: JobDestination): boolean =>
  destinationConf(a, 'clear') === destinationConf(b, 'clear');
