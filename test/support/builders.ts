import type { Binding } from '../../shared/domain/binding.ts';
import type { ApiKey, SecretLock, SecretMetadata, SecretVersion } from '../../shared/domain/keys.ts';
import type { LogpushJob, Zone } from '../../shared/domain/logpush.ts';
import {
  emptyRecord,
  type Rotation,
  type RotationRecord,
  untouched,
} from '../../shared/domain/rotation/record.ts';
import { emptyMemory, type RotationView } from '../../shared/domain/rotation/steps.ts';
import { days, minutes } from '../../shared/domain/time.ts';

/** 2026-03-01T00:00:00Z, where all literal dates of the tests begin. */
export const START = Date.UTC(2026, 2, 1);

export const INSTANCE_CRN =
  'crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::';
export const LOGS_INSTANCE = 'cccccccc-1111-4222-8333-dddddddddddd';
const SECRET_ID = '0f7c6a52-0000-4000-8000-000000000001';

export const aZone = (fields: Partial<Zone> = {}): Zone => ({
  id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  name: 'shop.example',
  status: 'active',
  paused: false,
  ...fields,
});

export const aJob = ({
  jobId = 1,
  ...fields
}: Partial<LogpushJob> & { readonly jobId?: number } = {}): LogpushJob => ({
  ref: { instanceCrn: INSTANCE_CRN, zoneId: aZone().id, jobId },
  name: `job-${jobId}`,
  dataset: 'http_requests',
  enabled: true,
  frequency: 'low',
  destination: { kind: 'cloud-logs', instanceId: LOGS_INSTANCE, region: 'eu-de' },
  destinationKey: { state: 'masked' },
  lastCompleteAt: START,
  ...fields,
});

export const aKey = (fields: Partial<ApiKey> = {}): ApiKey => ({
  id: 'ApiKey-old',
  name: 'made by a person',
  iamId: 'iam-ServiceId-1',
  accountId: '0123456789abcdef0123456789abcdef',
  createdAt: START - days(85),
  locked: false,
  disabled: false,
  ...fields,
});

export const aSecret = (fields: Partial<SecretMetadata> = {}): SecretMetadata => ({
  id: SECRET_ID,
  name: 'edge-key',
  type: 'arbitrary',
  state: 1,
  ...fields,
});

export const aVersion = (fields: Partial<SecretVersion> = {}): SecretVersion => ({
  id: 'version-1',
  alias: 'current',
  createdAt: START - days(85),
  payloadAvailable: true,
  metadata: {},
  ...fields,
});

export const aLock = (fields: Partial<SecretLock> = {}): SecretLock => ({
  name: 'logpush-keeper-guard',
  versionId: 'version-1',
  versionAlias: 'current',
  attributes: {},
  ...fields,
});

export const aBinding = (fields: Partial<Binding> = {}): Binding => ({
  name: 'edge-logs',
  managedBy: 'keeper',
  account: 'edge',
  accountId: '0123456789abcdef0123456789abcdef',
  iamId: 'iam-ServiceId-1',
  secret: { instanceId: 'sm', region: 'eu-de', network: 'public', account: 'edge', id: SECRET_ID },
  jobs: [
    {
      instance: '*',
      zone: '*',
      dataset: '*',
      destination: { kind: 'cloud-logs', instanceId: LOGS_INSTANCE, region: 'eu-de' },
    },
  ],
  qualify: 'action',
  rotation: { beforeMs: days(30), maxAgeMs: days(80), keyLifeMs: days(120), drainMs: minutes(135) },
  ...fields,
});

export const aRotation = (fields: Partial<Rotation> = {}): Rotation => ({
  runId: 'run1',
  attempt: 1,
  reason: 'too-old',
  startedAt: START,
  phase: 'moving',
  phases: [],
  oldKeyId: 'ApiKey-old',
  oldKeyOrigin: 'stamped',
  oldKeyDead: false,
  binding: aBinding(),
  mintIntentAt: START,
  newKeyName: `logpush-keeper.${SECRET_ID}.run1.1`,
  newKeyId: 'ApiKey-new',
  newKeyExpiresAt: START + days(120),
  qualified: 'action',
  versionId: 'version-2',
  ...untouched,
  ...fields,
});

export const aRecord = (fields: Partial<RotationRecord> = {}): RotationRecord => ({
  ...emptyRecord('edge-logs', { id: SECRET_ID }),
  ...fields,
});

/** Every run has looked at the new key first, and it is good. */
export const aView = ({ facts = {}, ...fields }: Partial<RotationView> = {}): RotationView => ({
  binding: aBinding(),
  record: aRecord(),
  facts: { newKey: aKey({ id: 'ApiKey-new', createdAt: START }), ...facts },
  memory: emptyMemory,
  now: START,
  runId: 'run1',
  holds: [],
  forced: false,
  neighbours: { idle: [] },
  ...fields,
});
