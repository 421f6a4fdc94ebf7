import * as z from 'zod';
import { ANY, type JobSelector, type SelectedDestination } from '../../domain/binding.ts';
import type { Hold as DomainHold } from '../../domain/hold.ts';
import { days, parseInstant } from '../../domain/time.ts';
import { parseDuration } from './durations.ts';
import {
  accountName,
  bucketName,
  choice,
  clockEndpoint,
  crn,
  crnOrAny,
  duration,
  endpoint,
  GUID,
  guid,
  hint,
  instant,
  list,
  location,
  name,
  path,
  record,
  region,
  text,
} from './leaves.ts';
import { ledgerText } from './ledger-place.ts';
import { DeclaredPolicy, LogpushJob } from './schema-declared.ts';
import { Notify } from './schema-notify.ts';

/**
 * The shape of `keeper.yml`, version 1. What one place alone can tell is checked here; what takes two places (a name
 * that must exist elsewhere, say) in `checks.ts`. Problems never quote a value: it may be a misplaced key.
 */

const Mode = choice(['observe', 'act']);

const KEY_FIX = 'write { env: NAME } or { file: PATH }; a key does not belong in this file';
const ApiKeySource = record(
  {
    // Upper case only: a key in this place by mistake does not pass for a name, and a problem may quote names.
    env: text(
      /^[A-Z][A-Z0-9_]{0,39}$/,
      'the name of an environment variable',
      'write a name of upper-case letters, digits and underscores, such as KEEPER_EDGE_APIKEY, and set that variable',
    ).optional(),
    file: path('write the path of a file that holds the key and nothing else').optional(),
  },
  KEY_FIX,
).meta({ oneOf: [{ required: ['env'] }, { required: ['file'] }] });

const TOKEN_FILE = '/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token';

export const Account = record(
  {
    accountId: text(
      /^[0-9a-f]{32}$/,
      'an account id',
      'write the 32 hexadecimal digits that `ibmcloud account show` prints',
    ),
    apiKey: ApiKeySource.optional(),
    trustedProfile: record(
      {
        id: text(
          /^Profile-[0-9A-Za-z-]{1,64}$/,
          'the id of a trusted profile',
          'write the id that `ibmcloud iam trusted-profiles` prints, Profile-…',
        ),
        tokenFile: path('write the path of the compute resource token').default(TOKEN_FILE),
      },
      'write { id: Profile-… }',
    ).optional(),
  },
  'write accountId and either apiKey or trustedProfile',
).meta({ oneOf: [{ required: ['apiKey'] }, { required: ['trustedProfile'] }] });
export type Account = z.infer<typeof Account>;

export const Instance = record(
  {
    crn: crn,
    account: accountName,
  },
  'write crn and account',
);
export type Instance = z.infer<typeof Instance>;

const zoneOrAny = text(
  /^(?:\*|[0-9a-f]{32}|[0-9a-z_-]+(?:\.[0-9a-z_-]+)+)$/i,
  'the id or the name of a zone, or "*"',
  'write the 32 hexadecimal digits or the domain name, or leave zone out for all of them',
);
const datasetOrAny = text(
  /^(?:\*|[a-z][a-z_]{0,39})$/,
  'the name of a dataset, or "*"',
  'write http_requests, firewall_events, range_events or dns_logs, or leave dataset out for all of them',
);

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

const wholeFromOne = (fix: string) =>
  z.int({ error: hint('a whole number from 1', fix) }).min(1, { error: hint('a whole number from 1', fix) });

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

/** As `Date.getUTCDay` counts them. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const Hold = record(
  {
    instance: crnOrAny.default(ANY),
    zone: zoneOrAny.default(ANY),
    dataset: datasetOrAny.default(ANY),
    job: wholeFromOne('write the id of a Logpush job, or leave job out for all of them').optional(),
    reason: z
      .string({ error: hint('a text', 'say why, for whoever reads the report') })
      .min(1, { error: hint('a text', 'say why, for whoever reads the report') })
      .max(200, { error: hint('a text of at most 200 characters', 'say it shorter') }),
    from: instant.optional(),
    until: instant.optional(),
    weekly: record(
      {
        days: z
          .array(choice(DAYS), { error: hint('a list of days', 'write days: [sat, sun]') })
          .min(1, { error: hint('a list of days', 'write days: [sat, sun]') }),
        at: text(
          /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/,
          'a time of day in UTC',
          'write it as "02:00", with quotes around it',
        ),
        for: duration.refine((value) => (parseDuration(value) ?? 0) <= days(1), {
          error: hint('a duration of at most a day', 'write 24h or less'),
        }),
      },
      'write { days: [sun], at: "02:00", for: 3h }, or leave weekly out',
    ).optional(),
  },
  'write a reason, and which instance, zone, dataset or job it is about',
);

export type Hold = z.infer<typeof Hold>;

/** A hold as the domain knows it. */
export const toHold = ({ job, from, until, weekly, ...hold }: Hold): DomainHold => ({
  ...hold,
  ...(job === undefined ? {} : { job }),
  ...(from === undefined ? {} : { from: parseInstant(from) ?? 0 }),
  ...(until === undefined ? {} : { until: parseInstant(until) ?? 0 }),
  ...(weekly === undefined ? {} : { weekly: toWindow(weekly) }),
});

const toWindow = (weekly: {
  readonly days: readonly string[];
  readonly at: string;
  readonly for: string;
}) => ({
  days: weekly.days.map((day) => (DAYS as readonly string[]).indexOf(day)),
  startMinute: Number(weekly.at.slice(0, 2)) * 60 + Number(weekly.at.slice(3)),
  forMs: parseDuration(weekly.for) ?? 0,
});

export const Policies = record(
  {
    rotation: record(
      {
        before: duration.default('30d'),
        maxAge: duration.default('80d'),
        keyLife: duration.default('120d'),
        drain: duration.default('135m'),
      },
      'write { before: 30d, maxAge: 80d, keyLife: 120d, drain: 135m }, or leave rotation out',
    ).prefault({}),
    cis: record(
      {
        callsPerMinute: z
          .int({ error: hint('a whole number from 1 to 100', 'write 80, or leave it out') })
          .min(1, { error: hint('a whole number from 1 to 100', 'write 80, or leave it out') })
          .max(100, {
            error: hint(
              'a whole number from 1 to 100',
              'write at most 100: IBM does not promise to answer more',
            ),
          })
          .default(80),
        processes: wholeFromOne(
          'write how many runs may use one identity at once, or leave processes out',
        ).default(4),
      },
      'write { callsPerMinute: 80, processes: 4 }, or leave cis out',
    ).prefault({}),
    repair: record(
      {
        onFirstLook: choice(['report', 'repair']).default('report'),
        maxChanges: wholeFromOne(
          'write how many jobs one run may enable, or leave maxChanges out',
        ).optional(),
      },
      'write { onFirstLook: report, maxChanges: 5 }, or leave repair out',
    ).prefault({}),
    logpushJobs: DeclaredPolicy.prefault({}),
  },
  'write { rotation: …, cis: …, repair: …, logpushJobs: … }, or leave policies out',
);

export const Endpoints = record(
  {
    iam: endpoint.default('https://iam.cloud.ibm.com'),
    cis: endpoint.default('https://api.cis.cloud.ibm.com'),
    secretsManager: endpoint.optional(),
    cloudLogs: endpoint.optional(),
    cos: endpoint.optional(),
    cosConfig: endpoint.optional(),
    resourceController: endpoint.optional(),
    cbr: endpoint.optional(),
    clock: clockEndpoint.optional(),
  },
  'write a URL for each service that is elsewhere, or leave endpoints out',
);

const FunctionMode = record({ mode: Mode }, 'write { mode: observe } or { mode: act }').optional();

export const KeeperFile = record(
  {
    version: z.literal(1, { error: hint('1', 'write version: 1, without quotes') }),
    mode: Mode.default('observe'),
    functions: record(
      {
        'check-logpush': FunctionMode,
        'reenable-logpush': FunctionMode,
        'rotate-keys': FunctionMode,
        'verify-buckets': FunctionMode,
        'ensure-logpush': FunctionMode,
      },
      'write { rotate-keys: { mode: act } }, or leave functions out',
    ).prefault({}),
    ledger: ledgerText.default('file:./.keeper'),
    endpoints: Endpoints.prefault({}),
    accounts: z.record(name, Account, {
      error: hint(
        'a mapping of names to accounts',
        'add a name, and under it accountId and apiKey or trustedProfile',
      ),
    }),
    instances: list(Instance, 'add - crn: CRN and account: NAME').min(1, {
      error: hint('a list of at least one CIS instance', 'add - crn: CRN and account: NAME'),
    }),
    bindings: list(
      Binding,
      'write each binding with a dash in front, - name: NAME, or leave bindings out',
    ).default([]),
    logpushJobs: list(LogpushJob, 'add a Logpush job, or leave logpushJobs out').default([]),
    policies: Policies.prefault({}),
    holds: list(Hold, 'write each hold with a dash in front, - reason: TEXT, or leave holds out').default([]),
    notify: Notify,
  },
  'write version: 1, accounts and instances',
);
export type KeeperFile = z.infer<typeof KeeperFile>;

/** The JSON Schema of `keeper.yml`, for editors; it says a little less than the keeper checks. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return { title: 'keeper.yml of logpush-keeper', ...z.toJSONSchema(KeeperFile, { io: 'input' }) };
}
