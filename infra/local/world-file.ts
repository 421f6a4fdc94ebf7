import * as z from 'zod';
import { parseInstant } from '../../shared/domain/time.ts';
import { Fault } from './faults.ts';
import { Settings } from './settings.ts';

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at === undefined) {
    context.addIssue({ code: 'custom', message: `"${text}" is not an instant such as 2026-03-01T00:00:00Z` });
    return z.NEVER;
  }
  return at;
});

const guid = z.guid();

const Policy = z.strictObject({
  /** `internet-svcs`, `logs`, `secrets-manager`, `iam-identity`, … */
  service: z.string(),
  /** `Reader`, `Writer`, `Manager`, `Sender`, `SecretsReader`, `Operator`, `Administrator`, … */
  roles: z.array(z.string()).min(1),
  /** Instance GUID; absent = every instance of the account. */
  instance: z.string().optional(),
  /** Bucket; absent = every bucket of the instance. */
  bucket: z.string().optional(),
});

const ApiKey = z.strictObject({
  /** How this file names the key; also the name IAM shows, unless `displayName` is set. */
  name: z.string(),
  displayName: z.string().optional(),
  id: z.string().regex(/^ApiKey-/),
  createdDaysAgo: z.number().min(0),
  expiresInDays: z.number().optional(),
  disabled: z.boolean().default(false),
  locked: z.boolean().default(false),
});

const ServiceId = z.strictObject({
  name: z.string(),
  id: z.string().regex(/^ServiceId-/),
  policies: z.array(Policy).default([]),
  apiKeys: z.array(ApiKey).default([]),
});

const Secret = z.strictObject({
  id: guid,
  name: z.string(),
  /** Name of the API key whose value the secret holds. */
  apiKey: z.string(),
  expiresInDays: z.number().optional(),
  /** The keeper's binding for this secret; absent = the keeper knows nothing of it. */
  binding: z.strictObject({ name: z.string(), adopt: z.enum(['disable', 'never']).optional() }).optional(),
});

const Job = z.strictObject({
  id: z.int().min(1),
  name: z.string(),
  dataset: z.enum(['http_requests', 'range_events', 'firewall_events', 'dns_logs']),
  frequency: z.enum(['high', 'low']).default('low'),
  enabled: z.boolean().default(true),
  /** Name of a Cloud Logs instance of this file; or `cos`. */
  cloudLogs: z.string().optional(),
  cos: z
    .strictObject({
      /** Name of a bucket of this file. */
      bucket: z.string(),
      /** Location and instance that the job names; those of the bucket by default. */
      location: z.string().optional(),
      instance: guid.optional(),
      path: z.string().default(''),
      dailySubfolder: z.boolean().default(true),
    })
    .optional(),
  /** Name of the API key that the job carries. */
  apiKey: z.string(),
});

const Bucket = z.strictObject({
  name: z.string(),
  location: z.string(),
  instance: guid,
  account: z.string(),
  firewall: z
    .strictObject({
      allowedIps: z.array(z.string()).optional(),
      deniedIps: z.array(z.string()).optional(),
      allowedNetworks: z.array(z.enum(['public', 'private', 'direct'])).optional(),
    })
    .optional(),
  /** Bytes. */
  hardQuota: z.int().optional(),
  retentionDays: z.number().positive().optional(),
  rootKey: z
    .strictObject({ crn: z.string(), state: z.enum(['active', 'disabled']).default('active') })
    .optional(),
  instanceState: z.enum(['active', 'pending_reclamation', 'removed']).default('active'),
});

const Zone = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  name: z.string(),
  status: z.string().default('active'),
  retention: z.boolean().default(true),
  jobs: z.array(Job).default([]),
});

/** A world as a person writes it. Everything in it is data: the same file and seed give the same run. */
export const WorldFile = z.strictObject({
  name: z.string(),
  about: z.string(),
  startsAt: instant,
  /** How long the story of this world runs. */
  days: z.number().min(0),
  settings: Settings.prefault({}),
  accounts: z.array(
    z.strictObject({
      name: z.string(),
      id: z.string().regex(/^[0-9a-f]{32}$/),
      serviceIds: z.array(ServiceId).default([]),
      /** The service ID (by name) whose API key (by name) the keeper uses in this account. */
      keeper: z.strictObject({ serviceId: z.string(), apiKey: z.string() }).optional(),
    }),
  ),
  cloudLogs: z.array(z.strictObject({ name: z.string(), guid, region: z.string(), account: z.string() })),
  buckets: z.array(Bucket).default([]),
  secretsManagers: z.array(
    z.strictObject({
      name: z.string(),
      guid,
      region: z.string(),
      account: z.string(),
      secrets: z.array(Secret).default([]),
    }),
  ),
  cis: z.array(
    z.strictObject({ name: z.string(), guid, account: z.string(), zones: z.array(Zone).default([]) }),
  ),
  faults: z.array(Fault).default([]),
});
export type WorldFile = z.infer<typeof WorldFile>;

export type WorldJob = z.infer<typeof Job>;

/** The CRN of a CIS instance. */
export const cisCrn = (accountId: string, guid: string): string =>
  `crn:v1:bluemix:public:internet-svcs:global:a/${accountId}:${guid}::`;
