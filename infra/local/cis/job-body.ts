import type { Context } from 'hono';
import * as z from 'zod';
import { Refusal, readJson } from '../http.ts';
import {
  bucketOf,
  type IbmDestination,
  isLegacy,
  type JobDestination,
  type LegacyDestination,
  parseDestinationConf,
} from './destination.ts';
import { logdna, qradar, splunk } from './elsewhere.ts';
import { failure, refuse } from './envelope.ts';

const Ibmcl = z.strictObject({
  instance_id: z.string().min(1).optional(),
  region: z.string().min(1).optional(),
  api_key: z.string().min(1).optional(),
});

const Cos = z.strictObject({
  bucket_name: z.string().min(3).max(63).optional(),
  region: z.string().min(1).optional(),
  id: z.string().min(1).optional(),
  ibm_api_key: z.string().min(1).optional(),
  path: z.string().max(1024).optional(),
  use_daily_subfolder: z.boolean().optional(),
});

const Logdna = z.strictObject({
  hostname: z.string().min(1),
  ingress_key: z.string().min(1),
  region: z.string().min(1),
});

const Splunk = z.strictObject({
  endpoint_url: z.string().min(1),
  channel_id: z.string().min(1),
  auth_token: z.string().min(1),
  source_type: z.string().default(''),
  skip_verify: z.boolean().default(false),
});

const Qradar = z.strictObject({
  url: z.string().regex(/^https:\/\/[^\s/?#:]+$/),
  port: z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]),
});

/** Upstream takes letters, digits, `-` and `.`; both long strings end at 4096 characters. */
const Body = z.looseObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/)
    .optional(),
  enabled: z.boolean().optional(),
  dataset: z.string().optional(),
  frequency: z.enum(['high', 'low']).optional(),
  logpull_options: z.string().max(4096).optional(),
  ibmcl: Ibmcl.optional(),
  cos: Cos.optional(),
  logdna: Logdna.optional(),
  splunk: Splunk.optional(),
  qradar: Qradar.optional(),
  ownership_challenge: z.string().min(1).optional(),
  ibmcl_names: z
    .object({ application_name: z.string().optional(), subsystem_name: z.string().optional() })
    .optional(),
  destination_conf: z.string().max(4096).optional(),
});
export type JobBody = z.infer<typeof Body>;

const DESTINATIONS = ['ibmcl', 'cos', 'logdna', 'splunk', 'qradar', 'destination_conf'];
export const DATASETS: readonly string[] = ['http_requests', 'range_events', 'firewall_events', 'dns_logs'];

/** The body of a create or an update. @throws {Refusal} 400 for what CIS would not take, 501 for what we do not have */
export async function readJobBody(c: Context): Promise<JobBody> {
  const parsed = Body.safeParse(await readJson(c, failure));
  if (!parsed.success) {
    throw refuse(400, '1002', `invalid Logpush job: ${parsed.error.issues[0]?.path.join('.')}`);
  }
  const named = DESTINATIONS.filter((key) => parsed.data[key] !== undefined);
  if (named.length > 1) throw refuse(400, '1002', 'a job has exactly one destination');
  const { cos, ownership_challenge: challenge, destination_conf: conf } = parsed.data;
  if (challenge !== undefined && cos === undefined && conf?.startsWith('cos:') !== true)
    throw refuse(400, '1002', 'an ownership challenge belongs to a bucket');
  if (conf === undefined || /^(?:ibmcl|cos|splunk|https):/.test(conf)) return parsed.data;
  // Answering 400 here would let a client believe that CIS itself refuses such a destination.
  throw new Refusal(501, { error: 'the local cloud has no destinations of this scheme' });
}

/**
 * What a body says about the destination; undefined = nothing.
 *
 * @param held - what the job has now
 * @param merges - what a partial body leaves out comes from there
 */
export function destinationIn(
  { ibmcl, cos, ...body }: JobBody,
  held: JobDestination | undefined,
  merges: boolean,
): JobDestination | undefined {
  if (body.destination_conf !== undefined) {
    const parsed = parseDestinationConf(body.destination_conf);
    if (parsed === undefined) throw refuse(400, '1002', 'invalid destination_conf');
    return parsed;
  }
  if (cos !== undefined) return bucketIn(cos, held, merges, body.ownership_challenge !== undefined);
  if (body.logdna !== undefined)
    return logdna(body.logdna.region, body.logdna.hostname, body.logdna.ingress_key);
  if (body.splunk !== undefined)
    return splunk({
      endpointUrl: body.splunk.endpoint_url,
      channelId: body.splunk.channel_id,
      authToken: body.splunk.auth_token,
      sourceType: body.splunk.source_type,
      skipVerify: body.splunk.skip_verify,
    });
  if (body.qradar !== undefined) return qradar(body.qradar.url, body.qradar.port);
  if (ibmcl === undefined) return undefined;
  const stored = merges && held?.bucket === undefined ? held : undefined;
  const instanceId = ibmcl.instance_id ?? stored?.instanceId;
  const region = ibmcl.region ?? stored?.region;
  const apiKey = ibmcl.api_key ?? stored?.apiKey;
  if (instanceId === undefined || region === undefined || apiKey === undefined) {
    throw refuse(400, '1002', 'ibmcl needs instance_id, region and api_key');
  }
  return { instanceId, region, apiKey };
}

/** A legacy bucket stays one; another becomes one by an ownership challenge alone. */
function bucketIn(
  cos: z.infer<typeof Cos>,
  held: JobDestination | undefined,
  merges: boolean,
  challenged: boolean,
): IbmDestination {
  const stored = merges && held?.bucket !== undefined ? held : undefined;
  const { name, region, instanceId } = placeIn(cos, stored);
  const apiKey = cos.ibm_api_key ?? (challenged ? undefined : stored?.apiKey);
  if (apiKey === undefined && !challenged && (held === undefined || !isLegacy(held)))
    throw refuse(400, '1002', 'cos needs ibm_api_key');
  const daily = cos.use_daily_subfolder ?? stored?.bucket?.dailySubfolder ?? false;
  const bucket = bucketOf(name, cos.path ?? stored?.bucket?.path ?? '', daily);
  return { instanceId, region, ...(apiKey === undefined ? {} : { apiKey }), bucket };
}

function placeIn(cos: z.infer<typeof Cos>, stored: JobDestination | undefined) {
  const name = cos.bucket_name ?? stored?.bucket?.name;
  const region = cos.region ?? stored?.region;
  const instanceId = cos.id ?? stored?.instanceId;
  if (name === undefined || region === undefined || instanceId === undefined)
    throw refuse(400, '1002', 'cos needs bucket_name, region and id');
  return { name, region, instanceId };
}

/** The body of a request about ownership: a bucket without a key. */
const OwnershipBody = z.looseObject({ cos: Cos, ownership_challenge: z.string().optional() });

/** @throws {Refusal} 400 */
export async function readOwnershipBody(
  c: Context,
): Promise<{ readonly destination: LegacyDestination; readonly challenge: string | undefined }> {
  const parsed = OwnershipBody.safeParse(await readJson(c, failure));
  if (!parsed.success) throw refuse(400, '1002', 'cos is required');
  const { name, region, instanceId } = placeIn(parsed.data.cos, undefined);
  const destination = { instanceId, region, bucket: bucketOf(name, parsed.data.cos.path ?? '', false) };
  return { destination, challenge: parsed.data.ownership_challenge };
}
