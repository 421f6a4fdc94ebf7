import type { Context } from 'hono';
import * as z from 'zod';
import { Refusal, readJson } from '../http.ts';
import { type JobDestination, parseDestinationConf } from './destination.ts';
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
  ibmcl_names: z
    .object({ application_name: z.string().optional(), subsystem_name: z.string().optional() })
    .optional(),
  destination_conf: z.string().max(4096).optional(),
});
export type JobBody = z.infer<typeof Body>;

const DESTINATIONS = ['ibmcl', 'cos', 'logdna', 'splunk', 'qradar', 'destination_conf'];
const KNOWN = ['ibmcl', 'cos'];
export const DATASETS: readonly string[] = ['http_requests', 'range_events', 'firewall_events', 'dns_logs'];

/** The body of a create or an update. @throws {Refusal} 400 for what CIS would not take, 501 for what we do not have */
export async function readJobBody(c: Context): Promise<JobBody> {
  const parsed = Body.safeParse(await readJson(c, failure));
  if (!parsed.success) {
    throw refuse(400, '1002', `invalid Logpush job: ${parsed.error.issues[0]?.path.join('.')}`);
  }
  const named = DESTINATIONS.filter((key) => parsed.data[key] !== undefined);
  if (named.length > 1) throw refuse(400, '1002', 'a job has exactly one destination');
  const conf = parsed.data.destination_conf;
  const known =
    conf === undefined
      ? named[0] === undefined || KNOWN.includes(named[0])
      : conf.startsWith('ibmcl:') || conf.startsWith('cos:');
  if (known) return parsed.data;
  // Answering 400 here would let a client believe that CIS itself refuses such a destination.
  throw new Refusal(501, { error: 'the local cloud only has destinations in IBM Cloud Logs and COS' });
}

/** What a body says about the destination; undefined = nothing. `stored` fills in what a partial one leaves out. */
export function destinationIn(
  { ibmcl, cos, destination_conf: conf }: JobBody,
  stored: JobDestination | undefined,
): JobDestination | undefined {
  if (conf !== undefined) {
    const parsed = parseDestinationConf(conf);
    if (parsed === undefined) throw refuse(400, '1002', 'invalid destination_conf');
    return parsed;
  }
  if (cos !== undefined) return bucketIn(cos, stored?.bucket === undefined ? undefined : stored);
  if (ibmcl === undefined) return undefined;
  const instanceId = ibmcl.instance_id ?? stored?.instanceId;
  const region = ibmcl.region ?? stored?.region;
  const apiKey = ibmcl.api_key ?? stored?.apiKey;
  if (instanceId === undefined || region === undefined || apiKey === undefined) {
    throw refuse(400, '1002', 'ibmcl needs instance_id, region and api_key');
  }
  return { instanceId, region, apiKey };
}

/** A lone member of a `cos` object may lose the others: whether CIS merges them is not documented. */
function bucketIn(cos: z.infer<typeof Cos>, stored: JobDestination | undefined): JobDestination {
  const name = cos.bucket_name ?? stored?.bucket?.name;
  const region = cos.region ?? stored?.region;
  const instanceId = cos.id ?? stored?.instanceId;
  const apiKey = cos.ibm_api_key ?? stored?.apiKey;
  if (name === undefined || region === undefined || instanceId === undefined || apiKey === undefined)
    throw refuse(400, '1002', 'cos needs bucket_name, region, id and ibm_api_key');
  const path = (cos.path ?? '').replaceAll(/^\/+|\/+$/g, '');
  return {
    instanceId,
    region,
    apiKey,
    bucket: { name, path, dailySubfolder: cos.use_daily_subfolder ?? false },
  };
}
