import * as z from 'zod';
import { parseInstant } from '../../shared/domain/time.ts';
import { ELSEWHERE } from './cis/elsewhere.ts';
import { Fault } from './faults.ts';
import { INSTANCE_STATES } from './resource-controller/instance.ts';
import { Settings } from './settings.ts';
import { Secret } from './world-secrets.ts';

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
  /** `internet-svcs`, `logs`, `secrets-manager`, `iam-identity`, …; absent = all services but IAM's own. */
  service: z.string().optional(),
  /** `Reader`, `Writer`, `Manager`, `Sender`, `SecretsReader`, `Operator`, `Administrator`, …, or a custom one. */
  roles: z.array(z.string()).min(1),
  /** Instance GUID; absent = every instance of the account. */
  instance: z.string().optional(),
  /** Bucket; absent = every bucket of the instance. */
  bucket: z.string().optional(),
  /** Id of the service ID whose API keys it is about; absent = those of every one. */
  keysOf: z
    .string()
    .regex(/^ServiceId-/)
    .optional(),
  /** Id of a group of secrets; absent = every one. */
  secretGroup: z.string().optional(),
  /** Keys of objects, for example `http/*`; absent = all. */
  path: z.string().optional(),
  /** Id of a resource group; absent = all. */
  resourceGroup: z.string().optional(),
});
export type WorldPolicy = z.infer<typeof Policy>;

const AccessGroup = z.strictObject({
  name: z.string(),
  id: z.string().regex(/^AccessGroupId-/),
  /** IAM ids, of this account or of others. */
  members: z.array(z.string()).default([]),
  policies: z.array(Policy).default([]),
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

/** A person, whose keys are their own. */
const User = z.strictObject({
  name: z.string(),
  iamId: z.string().regex(/^IBMid-/),
  policies: z.array(Policy).default([]),
  apiKeys: z.array(ApiKey).default([]),
});

const Job = z.strictObject({
  id: z.int().min(1),
  name: z.string(),
  dataset: z.enum(['http_requests', 'range_events', 'firewall_events', 'dns_logs']),
  frequency: z.enum(['high', 'low']).default('low'),
  enabled: z.boolean().default(true),
  /** Who disabled it: a person, who wants it so (the default), or the platform after its failures. */
  disabledBy: z.enum(['person', 'platform']).optional(),
  /** False: there is nothing to push, and nothing to lose. */
  traffic: z.boolean().optional(),
  /** What it went through before this world begins; absent = nothing yet. */
  past: z
    .strictObject({
      pushedHoursAgo: z.number().min(0),
      failedHoursAgo: z.number().min(0).optional(),
      error: z.string().default('error writing to destination: permission denied'),
    })
    .optional(),
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
      /** It was made with an ownership challenge, and carries no key. */
      ownership: z.literal('legacy').optional(),
    })
    .optional(),
  /** It pushes to a system of this kind, with a secret of its own. */
  other: z.enum(ELSEWHERE).optional(),
  /** Name of the API key that the job carries, or `secret:<name>` for one that Secrets Manager made; absent where its destination carries none. */
  apiKey: z.string().optional(),
  /** How the API shows the secrets of this job, where that is not as `settings.cis.keysOnRead` says. */
  keysOnRead: z.enum(['clear', 'masked', 'absent']).optional(),
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
  objectLockDays: z.number().positive().optional(),
  lifecycle: z
    .array(
      z.strictObject({
        id: z.string(),
        prefix: z.string().default(''),
        enabled: z.boolean().default(true),
        expireDays: z.int().min(1).optional(),
        archiveDays: z.int().min(0).optional(),
      }),
    )
    .optional(),
  rootKey: z
    .strictObject({ crn: z.string(), state: z.enum(['active', 'disabled']).default('active') })
    .optional(),
  /** Its account has made IBM's own Logpush identity an Object Writer: what jobs without a key need. */
  grantsLogpush: z.boolean().default(false),
  instanceState: z.enum(INSTANCE_STATES).default('active'),
});

/** A context-based restriction of an account. */
const Restriction = z.strictObject({
  id: z.string(),
  service: z.enum(['logs', 'cloud-object-storage']),
  /** What it is about; what is absent is any. */
  instance: guid.optional(),
  bucket: z.string().optional(),
  enforcement: z.enum(['enabled', 'disabled', 'report']).default('enabled'),
  /** IPv4 addresses, and ranges (`192.0.2.0/24`), that it lets through; empty = nobody. */
  addresses: z.array(z.union([z.ipv4(), z.cidrv4()])),
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
  /** What its keeper is told beyond accounts, instances and bindings. */
  keeper: z
    .strictObject({
      onFirstLook: z.enum(['report', 'repair']).optional(),
      /** Jobs that it is to make, as `keeper.yml` spells them. */
      logpushJobs: z.array(z.record(z.string(), z.unknown())).optional(),
    })
    .prefault({}),
  /** Where its keeper is deployed; absent = it is run by hand alone. */
  codeEngine: z
    .strictObject({
      /** Account of the project. */
      account: z.string(),
      region: z.string(),
      /** As `keeper.yml` spells it. */
      ledger: z.string(),
      /** Name of the bucket of the rings. */
      rings: z.string(),
    })
    .optional(),
  accounts: z.array(
    z.strictObject({
      name: z.string(),
      id: z.string().regex(/^[0-9a-f]{32}$/),
      serviceIds: z.array(ServiceId).default([]),
      users: z.array(User).default([]),
      /** Policies for identities that are not of this account, or that have no key here. */
      policies: z.array(Policy.extend({ iamId: z.string() })).default([]),
      accessGroups: z.array(AccessGroup).default([]),
      customRoles: z.array(z.strictObject({ name: z.string(), actions: z.array(z.string()) })).default([]),
      restrictions: z.array(Restriction).default([]),
      /** An instance that is in none of these is in the default group of the account. */
      resourceGroups: z.array(z.strictObject({ id: z.string(), instances: z.array(guid) })).default([]),
      /** The service ID (by name) whose API key (by name) the keeper uses in this account. */
      keeper: z.strictObject({ serviceId: z.string(), apiKey: z.string() }).optional(),
      /** The same for who deploys the keeper. */
      deployer: z.strictObject({ serviceId: z.string(), apiKey: z.string() }).optional(),
    }),
  ),
  cloudLogs: z.array(
    z.strictObject({
      name: z.string(),
      guid,
      region: z.string(),
      account: z.string(),
      state: z.enum(INSTANCE_STATES).default('active'),
      /** It takes nothing on its public host. */
      privateOnly: z.boolean().default(false),
    }),
  ),
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
  /** What people do, in the order of time. */
  timeline: z
    .array(
      z.strictObject({
        afterHours: z.number().min(0),
        /** Name of a service ID, and the role that it gets. */
        gives: Policy.extend({ serviceId: z.string() }).optional(),
        /** Name of a service ID, and the service whose roles it loses. */
        takes: z.strictObject({ serviceId: z.string(), service: z.string() }).optional(),
      }),
    )
    .default([]),
});
export type WorldFile = z.infer<typeof WorldFile>;

export type WorldJob = z.infer<typeof Job>;
export type WorldDeed = WorldFile['timeline'][number];

/** The CRN of a CIS instance. */
export const cisCrn = (accountId: string, guid: string): string =>
  `crn:v1:bluemix:public:internet-svcs:global:a/${accountId}:${guid}::`;

/** The identities of an account that may have API keys: its service IDs and its people. */
export const keyOwners = ({ serviceIds, users }: WorldFile['accounts'][number]) => [
  ...serviceIds.map(({ id, name, apiKeys }) => ({ iamId: `iam-${id}`, name, apiKeys })),
  ...users,
];

/** Who bears a name in a world file. @throws {Error} when nobody does */
export function ownerOf(
  { accounts }: WorldFile,
  name: string,
): { readonly iamId: string; readonly accountId: string } {
  for (const account of accounts)
    for (const owner of keyOwners(account))
      if (owner.name === name) return { iamId: owner.iamId, accountId: account.id };
  throw new Error(`the world file has no identity named "${name}"`);
}
