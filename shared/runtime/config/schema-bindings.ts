import type * as z from 'zod';
import { ANY, type JobSelector, type SelectedDestination } from '../../domain/binding.ts';
import {
  accountName,
  bucketName,
  choice,
  crnOrAny,
  datasetOrAny,
  duration,
  GUID,
  guid,
  hint,
  list,
  location,
  name,
  record,
  region,
  text,
  wholeFromOne,
  zoneOrAny,
} from './leaves.ts';

/** The shape of `bindings` of `keeper.yml`: secrets, and the Logpush jobs that carry the keys in them. */

const DESTINATION_FIX =
  'write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, auth: key } }, the destination of the Logpush jobs';
const Selector = record(
  {
    instance: crnOrAny.default(ANY),
    zone: zoneOrAny.default(ANY),
    dataset: datasetOrAny.default(ANY),
    destination: record(
      {
        cloudLogs: record(
          { instance: guid('the Cloud Logs instance'), region },
          'write { instance: GUID, region: REGION }',
        ).optional(),
        cos: record(
          {
            bucket: bucketName,
            region: location,
            instance: guid('the COS instance'),
            path: text(
              /^[^/\s?#][^\s?#]{0,900}$/,
              'a path below the bucket',
              'write it without a slash in front, such as zone-a/http; leave it out for all paths',
            ).optional(),
            auth: choice(['key', 'ownership']).optional(),
          },
          'write { bucket: NAME, region: LOCATION, instance: GUID, auth: key }',
        ).optional(),
      },
      DESTINATION_FIX,
    ).refine(({ cloudLogs, cos }) => (cloudLogs === undefined) !== (cos === undefined), {
      error: hint('either cloudLogs or cos', DESTINATION_FIX),
    }),
  },
  'write at least the destination of the Logpush jobs',
);
type Selector = z.infer<typeof Selector>;

/** A selector as the domain knows it. */
export const toSelector = ({ destination, ...selector }: Selector): JobSelector => ({
  ...selector,
  destination: toDestination(destination),
});

function toDestination({ cloudLogs, cos }: Selector['destination']): SelectedDestination {
  if (cloudLogs !== undefined)
    return { kind: 'cloud-logs', instanceId: cloudLogs.instance, region: cloudLogs.region };
  if (cos === undefined) throw new Error('a destination without a kind passed the checks');
  const { bucket, region: place, instance, path: folder, auth } = cos;
  return {
    kind: 'cos',
    instanceId: instance,
    region: place,
    bucket,
    ...(folder === undefined ? {} : { path: folder.replace(/\/+$/, '') }),
    ...(auth === undefined ? {} : { auth }),
  };
}

export const Binding = record(
  {
    name: name,
    managedBy: choice(['keeper', 'secrets-manager', 'others']),
    account: accountName,
    iamId: text(
      new RegExp(`^(?:iam-ServiceId-${GUID}|IBMid-[0-9A-Za-z]{1,64})$`),
      'the IAM id of a service ID, or of a user',
      'write iam- and the id that `ibmcloud iam service-ids` prints: iam-ServiceId-…; or IBMid-… where others make the keys',
    ),
    secret: record(
      {
        instance: guid('the Secrets Manager instance'),
        region,
        id: guid('the secret'),
        member: text(
          /^[A-Za-z0-9_-]{1,64}$/,
          'the name of a member of a kv secret',
          'write it in letters, digits, dashes and underscores; leave it out for a secret of another type',
        ).optional(),
        account: accountName.optional(),
        network: choice(['public', 'private']).default('public'),
      },
      'write { instance: GUID, region: REGION, id: GUID }',
    ),
    jobs: list(Selector, 'write a list of selectors, at least one').min(1, {
      error: hint(
        'a list of at least one selector',
        'add - destination: { cloudLogs: { instance: GUID, region: REGION } }',
      ),
    }),
    exceptJobs: list(
      wholeFromOne('write the id of a Logpush job'),
      'write a list of ids of Logpush jobs that do not carry this key, or leave exceptJobs out',
    ).optional(),
    adopt: record(
      {
        apiKeyId: text(
          /^ApiKey-[0-9A-Za-z-]{1,64}$/,
          'the id of an API key',
          'write the id that `ibmcloud iam service-api-keys` prints, ApiKey-…; never the key itself',
        ),
        retire: choice(['disable', 'never']),
      },
      'write { apiKeyId: ApiKey-…, retire: disable } or { apiKeyId: ApiKey-…, retire: never }',
    ).optional(),
    qualify: choice(['action', 'token']).default('action'),
    rotation: record(
      { before: duration.optional(), maxAge: duration.optional() },
      'write { before: DURATION, maxAge: DURATION }, or leave rotation out for the one of policies',
    ).optional(),
  },
  'write name, managedBy, account, iamId, secret and jobs',
);
export type Binding = z.infer<typeof Binding>;
