import * as z from 'zod';
import type { DeclaredJob } from '../../domain/declared/job.ts';
import type { KeyedDestination } from '../../domain/logpush.ts';
import {
  bucketName,
  choice,
  crn,
  guid,
  hint,
  location,
  name,
  record,
  region,
  text,
  wholeFromOne,
} from './leaves.ts';

/** The shape of `logpushJobs` of `keeper.yml`: the Logpush jobs that are to be there. */

const OnDrift = choice(['report', 'enforce']);

/** What `policies` says of declared jobs. */
export const DeclaredPolicy = record(
  { onDrift: OnDrift.default('report') },
  'write { onDrift: report } or { onDrift: enforce }, or leave logpushJobs out',
);

const zone = text(
  /^(?:[0-9a-f]{32}|[0-9a-z_-]+(?:\.[0-9a-z_-]+)+)$/i,
  'the id or the name of a zone',
  'write the 32 hexadecimal digits or the domain name',
);

// Upstream takes letters, digits, dash and dot, and refuses the underscore.
const jobName = text(
  /^[A-Za-z0-9.-]{1,100}$/,
  'the name of a Logpush job',
  'write letters, digits, dashes and dots: an underscore is refused',
);

const MOST_OPTIONS = 4096;
const PAIR = String.raw`(?:fields=[A-Za-z][A-Za-z0-9_]*(?:,[A-Za-z][A-Za-z0-9_]*)*|timestamps=(?:unix|unixnano|rfc3339)|CVE-2021-44228=(?:true|false)|sample=(?:0?\.[0-9]+|1(?:\.0+)?))`;
const OPTIONS_FIX = 'write fields=NAME,NAME&timestamps=rfc3339';
const logpullOptions = text(
  new RegExp(`^${PAIR}(?:&${PAIR})*$`),
  'fields, timestamps (unix, unixnano or rfc3339) and what else logpull_options may hold, with & between',
  OPTIONS_FIX,
).max(MOST_OPTIONS, {
  error: hint(`a text of at most ${MOST_OPTIONS} characters`, 'name fewer fields'),
});

// What labels may look like is not documented; more than this is no name.
const label = z
  .string({ error: hint('a text', 'write the name, or leave it out') })
  .regex(/^[\x20-\x7e]{1,200}$/, { error: hint('a name of up to 200 characters', 'write it shorter') });

const DESTINATION_FIX =
  'write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, path: FOLDER } }';
const Destination = z.lazy(() =>
  record(
    {
      cloudLogs: record(
        {
          instance: guid('the Cloud Logs instance'),
          region,
          applicationName: label.optional(),
          subsystemName: label.optional(),
        },
        'write { instance: GUID, region: REGION }',
      ).optional(),
      cos: record(
        {
          bucket: bucketName,
          region: location,
          instance: guid('the COS instance'),
          path: text(
            /^[^/\s?#{}]+(?:\/[^/\s?#{}]+)*\/?$/,
            'a path below the bucket',
            'write it without a slash in front and without {DATE}, such as shop/http; for daily folders add dailySubfolder: true',
          ).max(900, { error: hint('a path of at most 900 characters', 'write a shorter one') }),
          dailySubfolder: z
            .boolean({ error: hint('true or false', 'write dailySubfolder: true, or leave it out') })
            .default(false),
          legacyOwnership: z
            .literal(true, { error: hint('true', 'write legacyOwnership: true, or leave it out') })
            .optional(),
        },
        'write { bucket: NAME, region: LOCATION, instance: GUID, path: FOLDER }',
      ).optional(),
    },
    DESTINATION_FIX,
  ).refine(({ cloudLogs, cos }) => (cloudLogs === undefined) !== (cos === undefined), {
    error: hint('one destination', DESTINATION_FIX),
  }),
);

export const LogpushJob = z.lazy(() =>
  record(
    {
      instance: crn.optional(),
      zone,
      name: jobName,
      dataset: choice(['http_requests', 'range_events', 'firewall_events', 'dns_logs']),
      enabled: z
        .boolean({ error: hint('true or false', 'write enabled: true or enabled: false, or leave it out') })
        .default(true),
      frequency: choice(['high', 'low']),
      logpullOptions,
      destination: Destination,
      binding: name.optional(),
      replaces: wholeFromOne('write the id of a Logpush job, or leave it out').optional(),
      onDrift: OnDrift.optional(),
    },
    'write zone, name, dataset, frequency, logpullOptions, destination and binding',
  ),
);
export type LogpushJob = z.infer<typeof LogpushJob>;

/** A declared job as the domain knows it. @param defaults - for what the file may leave out */
export function toDeclaredJob(
  { destination, binding, instance, replaces, onDrift, ...job }: LogpushJob,
  defaults: { readonly instance: string; readonly onDrift: DeclaredJob['onDrift'] },
): DeclaredJob {
  const { applicationName, subsystemName } = destination.cloudLogs ?? {};
  return {
    ...job,
    instance: instance ?? defaults.instance,
    destination: toKeyedDestination(destination),
    labels: {
      ...(applicationName === undefined ? {} : { applicationName }),
      ...(subsystemName === undefined ? {} : { subsystemName }),
    },
    ...(binding === undefined ? {} : { binding }),
    ...(replaces === undefined ? {} : { replaces }),
    onDrift: onDrift ?? defaults.onDrift,
  };
}

export function toKeyedDestination({ cloudLogs, cos }: LogpushJob['destination']): KeyedDestination {
  if (cloudLogs !== undefined)
    return { kind: 'cloud-logs', instanceId: cloudLogs.instance, region: cloudLogs.region };
  if (cos === undefined) throw new Error('a destination without a kind passed the checks');
  const { bucket, region: place, instance, path, dailySubfolder } = cos;
  return {
    kind: 'cos',
    instanceId: instance,
    region: place,
    bucket,
    path: path.replace(/\/$/, ''),
    dailySubfolder,
  };
}

/** Whether a zone is named by its id. */
export const isZoneId = (text: string): boolean => /^[0-9a-f]{32}$/i.test(text);
