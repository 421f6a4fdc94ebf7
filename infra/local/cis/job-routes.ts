import type { Context } from 'hono';
import { formatInstant } from '../../../shared/domain/time.ts';
import { json } from '../http.ts';
import type { Cis } from './cis.ts';
import { isLegacy, type JobDestination } from './destination.ts';
import { type CisHost, refuse, success } from './envelope.ts';
import { DATASETS, destinationIn, type JobBody, readJobBody, readOwnershipBody } from './job-body.ts';
import type { JobState, ZoneState } from './state.ts';

/** @throws {Refusal} 400 with code 1001, as upstream words a zone that is gone */
export function zoneOf(cis: Cis, c: Context, crn: string): ZoneState {
  const zone = cis.zone(crn, c.req.param('zoneId') ?? '');
  if (zone === undefined) throw refuse(400, '1001', 'Invalid zone identifier');
  return zone;
}

function jobOf(cis: Cis, c: Context, crn: string): JobState {
  const zone = zoneOf(cis, c, crn);
  const id = c.req.param('jobId') ?? '';
  const job = /^\d+$/.test(id)
    ? cis.job({ instanceCrn: crn, zoneId: zone.id, jobId: Number(id) })
    : undefined;
  if (job === undefined) throw refuse(404, 'no_such_job', 'logpush job not found');
  return job;
}

const instantOrNull = (at: number | undefined): string | null =>
  at === undefined ? null : formatInstant(at);

const jobBody = (cis: Cis, job: JobState) => ({
  id: job.id,
  name: job.name,
  enabled: job.enabled,
  dataset: job.dataset,
  frequency: job.frequency,
  kind: '',
  logpull_options: job.logpullOptions,
  destination_conf: cis.shownDestination(job),
  last_complete: instantOrNull(job.lastCompleteAt),
  last_error: instantOrNull(job.lastErrorAt),
  error_message: job.errorMessage ?? null,
});

export function listJobs(cis: Cis, host: CisHost, c: Context, crn: string): Response {
  const shownUntil = host.now() - host.settings.cis.listLagSeconds * 1000;
  const jobs = cis
    .jobsOf(zoneOf(cis, c, crn).id)
    .filter(({ createdAt }) => createdAt <= shownUntil)
    .map((job) => jobBody(cis, job));
  return json(200, success(jobs.length === 0 && host.settings.cis.emptyListAsNull ? null : jobs));
}

export const getJob = (cis: Cis, c: Context, crn: string): Response =>
  json(200, success(jobBody(cis, jobOf(cis, c, crn))));

export function deleteJob(cis: Cis, c: Context, crn: string): Response {
  const { zoneId, id } = jobOf(cis, c, crn);
  cis.deleteJob({ instanceCrn: crn, zoneId, jobId: id });
  return json(200, success({ id }));
}

export async function createJob(cis: Cis, host: CisHost, c: Context, crn: string): Promise<Response> {
  const body = await readJobBody(c);
  const zone = zoneOf(cis, c, crn);
  const destination = destinationIn(body, undefined, false);
  const { name, dataset = 'http_requests' } = body;
  if (name === undefined || destination === undefined) {
    throw refuse(400, '1002', 'name and a destination are required');
  }
  if (!DATASETS.includes(dataset)) throw refuse(400, '1002', 'unknown dataset');
  if (!zone.retention && host.settings.cis.withoutRetention === 'refuse') {
    throw refuse(400, '1002', 'log retention is not enabled for this zone');
  }
  if (cis.jobsOf(zone.id).length >= host.settings.cis.jobsPerZone) {
    const message = `creating a new job (for ${dataset} dataset) is not allowed: exceeded max jobs allowed`;
    throw refuse(403, '1004', message);
  }
  if (isLegacy(destination) && host.settings.cis.legacyCreate === 'refuse')
    throw refuse(400, '1002', 'cos needs ibm_api_key');
  admitPlace(cis, host, zone.id, destination, body, undefined);
  probe(cis, destination);
  const job = cis.addJob({
    instanceCrn: crn,
    zoneId: zone.id,
    createdAt: host.now(),
    name,
    dataset,
    frequency: body.frequency ?? 'high',
    enabled: body.enabled ?? false,
    logpullOptions: body.logpull_options ?? '',
    destination,
    ...namesIn(body),
  });
  return json(201, success(jobBody(cis, job)));
}

/** A merge: what the body leaves out stays as it is, and a refused body changes nothing. */
export async function updateJob(cis: Cis, host: CisHost, c: Context, crn: string): Promise<Response> {
  const body = await readJobBody(c);
  const job = jobOf(cis, c, crn);
  const { dataset, name, enabled, frequency } = body;
  if (dataset !== undefined && dataset !== job.dataset)
    throw refuse(400, '1002', 'dataset cannot be changed');
  const merges = host.settings.cis.partialDestination === 'merge';
  const destination = destinationIn(body, job.destination, merges);
  // A destination that stays as it is was tried when it was set.
  const isNew = destination !== undefined && cis.differs(job, destination);
  if (isNew && isLegacy(job.destination) && destination.apiKey !== undefined && keepsKeysOut(host))
    throw refuse(400, '1002', 'this job was created with an ownership challenge');
  if (isNew) admitPlace(cis, host, job.zoneId, destination, body, job);
  if (isNew && host.settings.cis.probeOnUpdate) probe(cis, destination);
  cis.update(
    { instanceCrn: crn, zoneId: job.zoneId, jobId: job.id },
    {
      ...(destination === undefined ? {} : { destination }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(frequency === undefined ? {} : { frequency }),
      ...(body.logpull_options === undefined ? {} : { logpullOptions: body.logpull_options }),
      ...(name === undefined ? {} : { name }),
      ...namesIn(body),
    },
  );
  return json(200, success(jobBody(cis, job)));
}

const keepsKeysOut = ({ settings }: CisHost): boolean => settings.cis.legacyKey === 'refuse';

/** A new place must be nobody else's, and one's own where no key tells. */
function admitPlace(
  cis: Cis,
  host: CisHost,
  zoneId: string,
  destination: JobDestination,
  { ownership_challenge: challenge }: JobBody,
  job: JobState | undefined,
): void {
  const held = job?.destination.bucket;
  const { bucket } = destination;
  const stays = held !== undefined && held.name === bucket?.name && held.path === bucket.path;
  const refusesTwins = host.settings.cis.duplicatePath === 'refuse';
  if (!stays && refusesTwins && cis.isPathTaken(destination, job?.id))
    throw refuse(400, '1002', 'a job with this destination already exists');
  if (!isLegacy(destination) || (stays && job !== undefined && isLegacy(job.destination))) return;
  if (!cis.ownership.isProven(zoneId, destination, challenge))
    throw refuse(400, '1002', 'invalid ownership challenge');
}

/** @see https://cloud.ibm.com/apidocs/cis */
export async function challengeOwnership(cis: Cis, c: Context, crn: string): Promise<Response> {
  const { destination } = await readOwnershipBody(c);
  const zone = zoneOf(cis, c, crn);
  return json(200, success({ ...cis.ownership.challenge(zone.id, destination), messages: '' }));
}

/** The one answer of CIS that may come without an envelope. */
export async function validateOwnership(cis: Cis, host: CisHost, c: Context, crn: string): Promise<Response> {
  const { destination, challenge } = await readOwnershipBody(c);
  const zone = zoneOf(cis, c, crn);
  const answer = { valid: cis.ownership.isProven(zone.id, destination, challenge) };
  return json(200, host.settings.cis.ownershipAnswer === 'bare' ? answer : success(answer));
}

function namesIn({ ibmcl_names: names }: JobBody) {
  return {
    ...(names?.application_name === undefined ? {} : { applicationName: names.application_name }),
    ...(names?.subsystem_name === undefined ? {} : { subsystemName: names.subsystem_name }),
  };
}

function probe(cis: Cis, destination: JobDestination): void {
  if (cis.probe(destination)) return;
  throw refuse(400, '1002', 'error validating destination: error writing object: error uploading');
}
