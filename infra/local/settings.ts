import * as z from 'zod';

/**
 * How this local cloud behaves where IBM's documentation leaves it open, or where a world wants it unkind.
 * The defaults are the most likely real behaviour; every alternative named here is one that clients must survive.
 */
export const Settings = z.strictObject({
  iam: z
    .strictObject({
      /** 900..3600 s; an account may shorten it. */
      tokenLifeSeconds: z.int().min(900).max(3600).default(3600),
      /** How long a new key answers BXNIM0415E before every region knows it. */
      newKeyDelaySeconds: z.number().min(0).default(2),
      /** How long a disabled or deleted key may still mint tokens. */
      removalDelaySeconds: z.number().min(0).default(0),
      /** How long a changed policy takes to act. */
      policyDelaySeconds: z.number().min(0).default(0),
      /** How long `GET /v1/apikeys` misses a new key. */
      listLagSeconds: z.number().min(0).default(0),
      /** How late `activity` shows a token grant. */
      activityLagSeconds: z.number().min(0).default(0),
      /** `type` of a key listing that does not say: which keys it shows. Undocumented. */
      defaultKeyType: z.enum(['serviceid', 'user']).default('serviceid'),
      /** Answer for a disabled, expired or locked-account key. Undocumented, so worlds try several. */
      deadKeyCode: z.enum(['BXNIM0415E', 'BXNIM0462E']).default('BXNIM0462E'),
      /** Status of an update with a stale `If-Match`. */
      staleTagStatus: z.union([z.literal(409), z.literal(412)]).default(409),
      keysPerIdentity: z.int().min(1).default(20),
      /** Whether an identity that may read no policies still sees those that are about itself. Undocumented. */
      ownPolicies: z.enum(['shown', 'hidden']).default('shown'),
      /** Access groups for who may not read them: an empty list, or a refusal. Undocumented. */
      groupsWithoutRight: z.enum(['empty', 'refuse']).default('empty'),
      /** How long the token in the file of a workload serves. */
      computeResourceTokenSeconds: z.number().min(1).default(3600),
      /** How long a new link or claim rule of a profile takes to act. */
      linkDelaySeconds: z.number().min(0).default(0),
      /** A workload that no link or rule of the profile is for. Undocumented. */
      unlinkedStatus: z.union([z.literal(400), z.literal(401), z.literal(403)]).default(400),
      /** How long a new profile is not found. */
      newProfileDelaySeconds: z.number().min(0).default(0),
      /** Status of a profile whose name its account has already. Undocumented. */
      takenNameStatus: z.union([z.literal(400), z.literal(409)]).default(409),
      /** A link that the profile has already. Undocumented. */
      equalLinks: z.enum(['accept', 'refuse']).default('accept'),
      /** How long a new policy is not found. */
      newPolicyDelaySeconds: z.number().min(0).default(0),
      /** Which policy of the same subject is in the way of a new one: of the same resource, of the same roles as well, or a broader one too. Undocumented. */
      conflictingPolicy: z
        .enum(['same-attributes', 'same-attributes-and-roles', 'broader-too'])
        .default('same-attributes'),
      /** How a refusal shows the policy that is in the way. IBM's texts disagree. */
      conflictShows: z.enum(['policy', 'id']).default('policy'),
      /** Whether version 2 of the API takes authorizations. IBM's texts disagree. */
      authorizationsV2: z.enum(['accept', 'refuse']).default('accept'),
      /** A role that somebody grants who does not hold it: it works all the same, or it does not. Undocumented. */
      grantsBeyondOwn: z.enum(['work', 'idle']).default('work'),
      /** What reading and listing API keys takes: `apikey.get` and `apikey.list`, or no more than `apikey.review`. Undocumented. */
      keyReadTakes: z.enum(['get', 'review']).default('get'),
      /** What disabling an API key takes. Undocumented. */
      keyDisableTakes: z.enum(['apikey.update', 'apikey.delete']).default('apikey.update'),
      /** The activity of an API key for who may not read activities: a refusal, or it is left out. Undocumented. */
      activityWithoutRight: z.enum(['refuse', 'hide']).default('refuse'),
      /** Services that take no custom roles. Undocumented. */
      noCustomRolesFor: z.array(z.string()).default([]),
    })
    .prefault({}),
  secretsManager: z
    .strictObject({
      /** Whether a metadata PATCH works while a lock is on the secret. Undocumented. */
      patchWhileLocked: z.enum(['allow', 'refuse']).default('allow'),
      /** Where between checking the lock on `previous` and writing another writer may slip in. */
      lockRace: z.boolean().default(false),
      /** How the `ttl` of an `iam_credentials` secret is shown, in seconds. Undocumented. */
      ttlOnRead: z.enum(['text', 'number']).default('text'),
      /** Whether a lock on `previous` keeps the key of that version at IAM beyond its lease. Undocumented. */
      lockedLeaseEnd: z.enum(['delete', 'postpone']).default('delete'),
      /** The key of a version that a rotation pushes out: kept to the end of its lease, or deleted at once. Undocumented. */
      pushedOutKey: z.enum(['lease', 'delete']).default('lease'),
      /** Whether reading a key that Secrets Manager made locks it again at IAM; IBM says that it may. */
      readRelocks: z.boolean().default(true),
    })
    .prefault({}),
  eventNotifications: z
    .strictObject({
      /** How a notice names a secret; IBM's examples show both. */
      secretId: z.enum(['uuid', 'crn']).default('uuid'),
      /** Share of the notices whose delivery fails, and of those that are delivered once more. */
      lost: z.number().min(0).max(1).default(0),
      doubled: z.number().min(0).max(1).default(0),
      /** Whether a notice may arrive after later ones. IBM promises no order. */
      reordered: z.boolean().default(false),
    })
    .prefault({}),
  cis: z
    .strictObject({
      /** How `destination_conf` shows the key on read: as it is, as `***`, or not at all. Undocumented. */
      keysOnRead: z.enum(['clear', 'masked', 'absent']).default('clear'),
      /** `zone`: the 100 a minute seen in 2024; `user`: the 1,200 in 5 minutes of the docs; both by default. */
      rateLimits: z
        .strictObject({
          perMinute: z.int().min(1).nullable().default(100),
          perFiveMinutes: z.int().min(1).nullable().default(1200),
        })
        .prefault({}),
      retryAfterHeader: z.boolean().default(true),
      rateLimitHeaders: z.boolean().default(false),
      emptyListAsNull: z.boolean().default(false),
      /** A PUT whose `ibmcl` or `cos` leaves members out: merged with what is stored, or refused. Undocumented. */
      partialDestination: z.enum(['merge', 'refuse']).default('refuse'),
      /** Whether a PUT that changes the destination tries it at once and answers 400 when it refuses. */
      probeOnUpdate: z.boolean().default(true),
      /** Who may read whether log retention is on: with `zones.read`, or with `zones.manage`. Not published. */
      retentionRead: z.enum(['read', 'update', 'manage']).default('read'),
      /** Who may switch it. Not published; Manager is the safe assumption. */
      retentionSet: z.enum(['update', 'manage']).default('manage'),
      /** Creating a job while log retention is off: refused, or accepted and silent. */
      withoutRetention: z.enum(['refuse', 'silent']).default('refuse'),
      /** Shape of refusals made by IBM's gateway rather than passed through. */
      gatewayErrors: z.boolean().default(false),
      /** 0 = the plan has none: even the first is refused. */
      jobsPerZone: z.int().min(0).default(4),
      /** Whether the plan knows Logpush at all; without it the gateway answers 405 to every call about it. */
      plan: z.enum(['enterprise', 'standard']).default('enterprise'),
      /** How long lists miss a job that was just made. Undocumented. */
      listLagSeconds: z.number().min(0).default(0),
      /** The answer to a validated ownership challenge: bare, as the SDKs type it, or in the envelope of all others. */
      ownershipAnswer: z.enum(['bare', 'wrapped']).default('bare'),
      /** Whether a job may still be made with an ownership challenge instead of a key. Undocumented since March 2026. */
      legacyCreate: z.enum(['accept', 'refuse']).default('accept'),
      /** A PUT that gives a key to a job made with an ownership challenge. Undocumented. */
      legacyKey: z.enum(['accept', 'refuse']).default('refuse'),
      /** A second job for the same bucket and path: destinations must be unique, but who checks is not documented. */
      duplicatePath: z.enum(['refuse', 'allow']).default('refuse'),
    })
    .prefault({}),
  alerting: z
    .strictObject({
      /** The alert about a disabled job as type of a policy: CIS documents it for its command line, not for its API. */
      failingJobAlert: z.enum(['accept', 'refuse']).default('accept'),
      /** Jobs that push to Cloud Logs: for a day in 2024 the documentation said that no alert is sent about them. */
      cloudLogsJobs: z.enum(['alert', 'silent']).default('alert'),
      /** What an update may change of a webhook: its name, as in the console, or all, as the API lets one think. */
      webhookUpdate: z.enum(['name', 'all']).default('name'),
      /** How a policy shows the id of a webhook: without dashes, or as it was sent. Examples show both. */
      webhookIdInPolicies: z.enum(['plain', 'sent']).default('plain'),
      /** Share of the alerts whose delivery fails, and of those that are delivered once more. */
      lost: z.number().min(0).max(1).default(0),
      doubled: z.number().min(0).max(1).default(0),
      /** Up to how late an alert is delivered. */
      delayMinutes: z.number().min(0).default(0),
    })
    .prefault({}),
  logpush: z
    .strictObject({
      /** Minutes until a changed destination is used; upstream says 10 to 15. */
      propagationMinutes: z.number().min(0).max(15).default(10),
      /** How long the previous key still serves when the new one fails: 60 (2024-12-12), 30, or 0 (today). */
      previousKeyWindowMinutes: z.number().min(0).default(60),
      /** How long the pusher keeps a token it has minted; never beyond the token's own life. */
      tokenCacheMinutes: z.number().min(0).max(60).default(60),
      disableAfterHours: z.number().min(1).default(24),
      /** Whether enabling a job again clears `last_complete` until the first push. */
      enablingClearsLastComplete: z.boolean().default(true),
      /** Destinations in these regions take the test object, and nothing that is pushed later. */
      probeOnlyRegions: z.array(z.string()).default([]),
      /** How `error_message` words a failure: as well as it can, without saying what, or as if it were another one. Undocumented. */
      errorMessages: z.enum(['telling', 'vague', 'misleading']).default('telling'),
      /** IBM Log Analysis has taken nothing since 2025-03-30. */
      logdna: z.enum(['dead', 'alive']).default('dead'),
      /** Whether uploads to a bucket carry a checksum, as buckets with retention demand. Undocumented. */
      sendsChecksum: z.boolean().default(true),
    })
    .prefault({}),
  cos: z
    .strictObject({
      /** Where the keeper's requests come from; firewalls of buckets and restrictions judge it. */
      callerAddress: z.ipv4().default('198.51.100.7'),
      callerNetwork: z.enum(['public', 'private', 'direct']).default('public'),
      /** Whether listings come sorted. IBM does not promise it. */
      sortedListings: z.boolean().default(false),
      /** What a conditional write is answered that lost. Undocumented under a race. */
      lostCondition: z.union([z.literal(412), z.literal(409)]).default(412),
      /** `If-Match` on a key that is not there. Undocumented. */
      ifMatchMissing: z.union([z.literal(412), z.literal(404)]).default(412),
      /** Conditions are not looked at: what no store should do, and some do. */
      ignoreConditions: z.boolean().default(false),
      /** A missing, broken or expired token. Undocumented. */
      badTokenStatus: z.union([z.literal(401), z.literal(403)]).default(403),
      /** How late the usage counters are; IBM says that they lag. */
      usageLagMinutes: z.number().min(0).default(10),
      /** Whether a HEAD shows the root key to those who may not list it. Undocumented. */
      rootKeyOnHead: z.enum(['permitted', 'everybody']).default('permitted'),
      /** What the configuration of a bucket is for those who may not see all of it. Undocumented. */
      partialConfiguration: z.enum(['hide', 'refuse']).default('hide'),
    })
    .prefault({}),
  cloudLogs: z
    .strictObject({
      /** Body of a 200; undocumented. */
      acceptedBody: z.enum(['', '{}']).default(''),
      /** Largest request body. */
      maxBodyBytes: z.int().default(2_000_000),
      /** What an instance that is not active answers to everybody. Undocumented. */
      inactiveStatus: z.union([z.literal(404), z.literal(403)]).default(404),
    })
    .prefault({}),
  functions: z
    .strictObject({
      /** `__ce_query` of a request without a query; IBM's pages show both. */
      emptyQuery: z.enum(['', 'absent']).default(''),
      /** Whether members of a form are unfolded; an older page said so. */
      formUnfold: z.enum(['off', 'on']).default('off'),
      /** `__ce_body` of a text; IBM's pages say both. */
      textBody: z.enum(['plain', 'base64']).default('plain'),
      /** A multipart body: IBM's pages say base64, and that it is not supported. */
      multipart: z.enum(['base64', 'reject']).default('base64'),
      /** A body without a content type; IBM's pages say both. */
      missingType: z.enum(['json', 'form']).default('json'),
      /** A body of a type that no page lists. Undocumented. */
      unlistedType: z.enum(['base64', 'plain', 'refused']).default('base64'),
      /** `__ce_path` of a path with percent-encoded parts. Undocumented. */
      path: z.enum(['raw', 'decoded']).default('raw'),
      /** A response of more than 5 MB; IBM's pages say both. */
      oversizeResponse: z.union([z.literal(400), z.literal(416)]).default(400),
      /** What is answered for code that throws. Undocumented. */
      uncaughtError: z.union([z.literal(422), z.literal(424), z.literal(500), z.literal(502)]).default(422),
      /** Instances as the platform keeps them; a new one for each request; or none that ever ends. */
      instances: z.enum(['auto', 'always-cold', 'always-warm']).default('auto'),
      /** How long a sender may take for its body. No page gives a limit; without one a slow sender could hold it open. */
      readSeconds: z.number().positive().default(15),
    })
    .prefault({}),
  resourceController: z
    .strictObject({
      /** An instance that the caller may not see, asked for by its id. Undocumented. */
      withoutRight: z.union([z.literal(403), z.literal(404)]).default(403),
      /** Whether the parameters that an instance was made with are shown. Undocumented. */
      parametersOnRead: z.enum(['shown', 'hidden']).default('shown'),
      /** Most instances on one page, whatever is asked for. */
      pageSize: z.int().min(1).default(100),
    })
    .prefault({}),
  codeEngine: z
    .strictObject({
      /** Of every project that is made; the region of the API is in its host name, and here there is one host. */
      region: z.string().default('us-south'),
      /** How long a new project is `creating`, and a deleted one still there. */
      projectDelaySeconds: z.number().min(0).default(10),
      /** How long what was deleted in a project is still there. */
      deleteDelaySeconds: z.number().min(0).default(5),
      /** How long a function is `deploying`. */
      deployDelaySeconds: z.number().min(0).default(5),
      /** What a function that is ready says while a change of it is deployed. Undocumented. */
      statusWhileUpdated: z.enum(['deploying', 'ready']).default('deploying'),
      /** How long a job run is pending: pulling the image, finding a place. */
      startDelaySeconds: z.number().min(0).default(5),
      /** Status of a change with a stale `If-Match`, and of one without. Undocumented. */
      staleTagStatus: z.union([z.literal(409), z.literal(412)]).default(412),
      missingTagStatus: z.union([z.literal(400), z.literal(428)]).default(400),
      /** Whether a call without the query `version` is refused; IBM asks for it always, its SDK does not. */
      requiresVersion: z.boolean().default(true),
      /** Members that only the service sets, in what it is sent. Undocumented. */
      readOnlyMembers: z.enum(['ignore', 'refuse']).default('ignore'),
      /** Most items on one page, whatever is asked for. */
      pageSize: z.int().min(1).default(100),
      /** Job runs that a project keeps, those that have ended included. */
      jobRunQuota: z.int().min(1).default(100),
      /** Status of a create beyond a quota. Undocumented. */
      quotaStatus: z.union([z.literal(403), z.literal(409), z.literal(429)]).default(403),
      /** Shares of the ticks of cron subscriptions that never come, come twice with one id, or come late. */
      cron: z
        .strictObject({
          missed: z.number().min(0).max(1).default(0),
          doubled: z.number().min(0).max(1).default(0),
          late: z.number().min(0).max(1).default(0),
          /** How late at most. */
          lateSeconds: z.number().min(0).default(120),
        })
        .prefault({}),
      /** Events of buckets: how late at most, and shares of those that never come, or come twice with one id. IBM promises nothing. */
      cosEvents: z
        .strictObject({
          delaySeconds: z.number().min(0).default(5),
          lost: z.number().min(0).max(1).default(0),
          doubled: z.number().min(0).max(1).default(0),
        })
        .prefault({}),
    })
    .prefault({}),
  restrictions: z
    .strictObject({
      /** How long a changed restriction takes to act; IBM says up to ten minutes. */
      delaySeconds: z.number().min(0).max(600).default(0),
      /** Rules for who may not see them: a refusal, or an empty list. Undocumented. */
      withoutRight: z.enum(['refuse', 'empty']).default('refuse'),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof Settings>;
