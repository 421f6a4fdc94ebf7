import * as z from 'zod';
import { hasLabels, type NewLogpushJob } from '../domain/declared/job.ts';
import type { CosDestination, LogpushJob, LogpushJobRef } from '../domain/logpush.ts';
import type { Secret } from '../domain/secret.ts';
import type { LogpushJobChange } from '../ports.ts';
import { parseDestination } from './destination.ts';
import { redactMessage } from './redact.ts';
import { instant } from './wire.ts';

/** A Logpush job on the wire. @see https://cloud.ibm.com/apidocs/cis#get-logpush-job-v2 */
export const JobWire = z.lazy(() =>
  z.object({
    id: z.int(),
    name: z.string().nullish(),
    dataset: z.string(),
    enabled: z.boolean(),
    frequency: z.string().nullish(),
    logpull_options: z.string().nullish(),
    destination_conf: z.string(),
    last_complete: instant.nullish(),
    last_error: instant.nullish(),
    error_message: z.string().nullish(),
  }),
);
export type JobWire = z.infer<typeof JobWire>;

export function toJob(ref: LogpushJobRef, wire: JobWire): LogpushJob {
  const { destination, key } = parseDestination(wire.destination_conf);
  return {
    ref,
    name: wire.name ?? '',
    dataset: wire.dataset,
    enabled: wire.enabled,
    frequency: wire.frequency ?? 'high',
    logpullOptions: wire.logpull_options ?? '',
    destination,
    destinationKey: key,
    ...(wire.last_complete == null ? {} : { lastCompleteAt: wire.last_complete }),
    ...(wire.last_error == null ? {} : { lastErrorAt: wire.last_error }),
    ...(wire.error_message == null ? {} : { errorMessage: redactMessage(wire.error_message) }),
  };
}

/** The destination is always whole: whether CIS merges a part of it with what is stored is not documented. */
export function updateBody({ enabled, frequency, logpullOptions, destination }: LogpushJobChange) {
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(frequency === undefined ? {} : { frequency }),
    ...(logpullOptions === undefined ? {} : { logpull_options: logpullOptions }),
    ...(destination === undefined ? {} : destinationBody(destination)),
  };
}

function destinationBody(destination: NonNullable<LogpushJobChange['destination']>) {
  const { instanceId, region, apiKey } = destination;
  if (destination.kind === 'cloud-logs')
    return { ibmcl: { instance_id: instanceId, region, api_key: apiKey.reveal() } };
  return { cos: { ...bucketBody(destination), use_daily_subfolder: false, ibm_api_key: apiKey.reveal() } };
}

/**
 * Daily folders are a part of the path in every body: it is the one way that all of them know, and the one that
 * `destination_conf` shows as it was sent. An update says beside it that there is no other.
 */
const bucketBody = ({ bucket, path, region, instanceId, dailySubfolder }: CosDestination) => ({
  bucket_name: bucket,
  path: [path, dailySubfolder ? '{DATE}' : ''].map((part) => (part === '' ? '' : `${part}/`)).join(''),
  region,
  id: instanceId,
});

/** @see https://cloud.ibm.com/apidocs/cis#create-logpush-job-v2 */
export function createBody(
  { name, enabled, dataset, frequency, logpullOptions, destination, labels }: NewLogpushJob,
  proof: { readonly apiKey: Secret } | { readonly ownershipChallenge: Secret },
) {
  const job = { name, enabled, dataset, frequency, logpull_options: logpullOptions };
  if ('ownershipChallenge' in proof) {
    if (destination.kind !== 'cos') throw new Error('only a bucket takes an ownership challenge');
    const ownership_challenge = proof.ownershipChallenge.reveal();
    return { ...job, ...keylessBody(destination), ownership_challenge };
  }
  const { instanceId, region } = destination;
  const key = proof.apiKey.reveal();
  if (destination.kind === 'cloud-logs')
    return {
      ...job,
      ibmcl: { instance_id: instanceId, region, api_key: key },
      ...(hasLabels(labels)
        ? { ibmcl_names: { application_name: labels.applicationName, subsystem_name: labels.subsystemName } }
        : {}),
    };
  return { ...job, cos: { ...bucketBody(destination), ibm_api_key: key } };
}

/** A bucket without a key. */
export const keylessBody = (destination: CosDestination) => ({ cos: bucketBody(destination) });
