import { expect, test } from 'vitest';
import { type RightName, rightOf } from '../../shared/domain/rights.ts';
import { NOTHING, removals, withAll } from '../support/rights-removed.ts';
import * as worlds from '../support/rights-worlds.ts';

/**
 * Each function, as an identity that has the policies made from `RIGHTS` and `NEEDS` and no others: with all of them it does
 * everything that it is for and is refused nothing; without any one of them somebody notices.
 */
const SCENARIOS = [
  worlds.CHECK,
  worlds.REENABLE_LOGS,
  worlds.REENABLE_BUCKET,
  worlds.ROTATE_KEEPER,
  worlds.ROTATE_SECRETS_MANAGER,
  worlds.ROTATE_OTHERS,
  worlds.VERIFY,
  worlds.ENSURE,
];

test('with all of its rights each function does what it is for, and no call is refused', async () => {
  const lines: string[] = [];
  for (const scenario of SCENARIOS) {
    const { outcome } = await withAll(scenario, 'system');
    expect([scenario.name, scenario.about, outcome.refused]).toEqual([scenario.name, scenario.about, []]);
    const kinds = [...outcome.done, ...outcome.told].map((line) => line.split(' ')[0]);
    lines.push([scenario.name, scenario.about ?? '', ...new Set(kinds)].filter(Boolean).join(' '));
  }
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "check-logpush job-disabled-by-failures key-expired sender-not-granted logs-instance-inactive restriction-refuses bucket-write-not-granted
    reenable-logpush Cloud Logs enable-job job-enabled-again job-recovered
    reenable-logpush a bucket enable-job job-enabled-again job-recovered
    rotate-keys keeper lock-version mint-key enable-key qualify-key extend-secret publish-key move-job disable-key delete-key release-previous
    rotate-keys secrets-manager lock-version request-version qualify-key move-job release-previous
    rotate-keys others qualify-key move-job
    verify-buckets bucket-path-shared bucket-write-not-granted
    ensure-logpush set-retention create-job update-job declared-job-created"
  `);
});

test('roles of the account’s own that hold exactly the actions do the same', async () => {
  for (const scenario of SCENARIOS) {
    const [system, custom] = [await withAll(scenario, 'system'), await withAll(scenario, 'custom')];
    const { used: _system, ...expected } = system.outcome;
    const { used: _custom, ...seen } = custom.outcome;
    expect([scenario.name, seen]).toEqual([scenario.name, expected]);
  }
});

test('no action is in a right that no function uses; what one function does not use, another does', async () => {
  const used = new Map<RightName, ReadonlySet<string>>();
  const lines: string[] = [];
  for (const scenario of SCENARIOS) {
    const { grants, outcome } = await withAll(scenario, 'custom');
    for (const right of grants.flatMap(({ rights }) => rights))
      used.set(right, new Set([...(used.get(right) ?? []), ...outcome.used]));
    const idle = grants.flatMap(({ custom }) => custom).filter((action) => !outcome.used.has(action));
    lines.push([scenario.name, scenario.about ?? '', ...new Set(idle)].filter(Boolean).join(' '));
  }
  const inVain = [...used].flatMap(([right, actions]) =>
    rightOf(right)
      .parts.flatMap((part) => part.actions)
      .filter((action) => !actions.has(action)),
  );
  expect(inVain).toEqual([]);
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "check-logpush iam-identity.activity.get
    reenable-logpush Cloud Logs iam-identity.activity.get
    reenable-logpush a bucket iam-identity.activity.get
    rotate-keys keeper
    rotate-keys secrets-manager secrets-manager.secret-metadata.update
    rotate-keys others
    verify-buckets
    ensure-logpush secrets-manager.secret-versions.list"
  `);
});

test('each role of the account’s own is missed as well', async () => {
  for (const scenarios of [
    [worlds.CHECK],
    [worlds.REENABLE_LOGS, worlds.REENABLE_BUCKET],
    [worlds.ROTATE_KEEPER],
    [worlds.ROTATE_SECRETS_MANAGER],
    [worlds.ROTATE_OTHERS],
    [worlds.VERIFY],
    [worlds.ENSURE],
  ] as const)
    expect(await removals(scenarios, 'custom')).not.toContain(NOTHING);
});

test('check-logpush misses each of its roles', async () => {
  const table = await removals([worlds.CHECK]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "check-logpush without
    cis-read: Reader on internet-svcs
        not told: job-disabled-by-failures, key-expired, sender-not-granted, logs-instance-inactive, restriction-refuses, bucket-write-not-granted; told: instance-unreadable; says: cis listZones: 403 10000 You are not authorized to access this resource
    key-read: Editor on iam-identity
        not told: key-expired; told: cause-partly-unclear; says: key: iam getApiKeyDetails: 403 forbidden You are not authorized to perform this action
    policy-read: Viewer on iam-access-management
        not told: sender-not-granted, bucket-write-not-granted; told: cause-partly-unclear; says: role: …: it is not certain that all policies were seen: … needs Viewer on IAM Access Management in account …
    policy-read: Viewer on iam-groups
        not told: sender-not-granted, bucket-write-not-granted; told: cause-partly-unclear; says: role: …: it is not certain that all policies were seen: … needs Viewer on IAM Access Groups in account …
    secret-read: SecretsReader on secrets-manager
        told: cause-partly-unclear; says: key: secrets-manager listSecretVersions: 403 secrets-manager.Error00403 You are not authorized to perform secrets-manager.secret-versions.list.
    destination-read: Viewer on logs
        not told: logs-instance-inactive; told: cause-partly-unclear; says: to see it, the keeper needs Viewer on it, for the Resource Controller
    destination-read: Viewer on cloud-object-storage
        told: cause-partly-unclear; says: to see it, the keeper needs Viewer on it, for the Resource Controller
    restriction-read: Viewer on context-based-restrictions
        not told: restriction-refuses; told: cause-partly-unclear; says: destination: context-based restrictions are refused (403): they take Viewer on context-based restrictions in the account of the destination
    bucket-read, bucket-config: Manager on cloud-object-storage
        told: cause-partly-unclear; says: to see it, the keeper needs Reader on the bucket
    bucket-config, with Reader left on cloud-object-storage
        told: cause-partly-unclear; says: destination: bucket acme-edge-logs (eu-de): firewall: none, or none that is shown without Manager (cloud-object-storage.bucket.get_firewall)
    ledger: Content Reader on cloud-object-storage
        not told: job-disabled-by-failures, key-expired, sender-not-granted, logs-instance-inactive, restriction-refuses, bucket-write-not-granted; told: run-failed; says: ledger read acme-keeper/prod/observations/….json: COS answered 403 AccessDenied
    ledger: Object Writer on cloud-object-storage
        told: ledger-unwritable; says: the observation could not be kept: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied"
  `);
});

test('reenable-logpush misses each of its roles', async () => {
  const table = await removals([worlds.REENABLE_LOGS, worlds.REENABLE_BUCKET]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "reenable-logpush without
    cis-edit: Writer on internet-svcs
        not done: enable-job; told: instance-unreadable; says: cis listZones: 403 10000 You are not authorized to access this resource
    key-read: Editor on iam-identity
        not done: enable-job; told: repair-unclear; says: iam getApiKeyDetails: 403 forbidden You are not authorized to perform this action
    policy-read: Viewer on iam-access-management
        not done: enable-job; told: repair-uncertain; says: no cause was ever seen, and one may be where the keeper does not see: role: …: it is not certain that all policies were seen: … needs Viewer on IAM Access Management in a
    policy-read: Viewer on iam-groups
        not done: enable-job; told: repair-uncertain; says: no cause was ever seen, and one may be where the keeper does not see: role: …: it is not certain that all policies were seen: … needs Viewer on IAM Access Groups in accou
    secret-read: SecretsReader on secrets-manager
        not done: enable-job; told: repair-unclear; says: secrets-manager listSecretVersions: 403 secrets-manager.Error00403 You are not authorized to perform secrets-manager.secret-versions.list.
    destination-read: Viewer on logs
        not done: enable-job; told: repair-uncertain; says: to see it, the keeper needs Viewer on it, for the Resource Controller
    destination-read: Viewer on cloud-object-storage
        not done: enable-job; told: repair-uncertain; says: to see it, the keeper needs Viewer on it, for the Resource Controller
    restriction-read: Viewer on context-based-restrictions
        not done: enable-job; told: repair-uncertain; says: no cause was ever seen, and one may be where the keeper does not see: destination: context-based restrictions are refused (403): they take Viewer on context-based restric
    ledger: Content Reader on cloud-object-storage
        not done: enable-job; told: run-failed; says: ledger read acme-keeper/prod/observations/….json: COS answered 403 AccessDenied
    ledger: Object Writer on cloud-object-storage
        not done: enable-job; told: ledger-unwritable, repair-stopped; says: the observation could not be kept: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied
    bucket-read, bucket-config: Manager on cloud-object-storage
        not done: enable-job; told: repair-uncertain; says: to see it, the keeper needs Reader on the bucket
    bucket-config, with Reader left on cloud-object-storage
        not done: enable-job; told: repair-uncertain; says: no cause was ever seen, and one may be where the keeper does not see: destination: bucket acme-edge-logs (eu-de): firewall: none, or none that is shown without Manager (c"
  `);
});

test('rotate-keys misses each of its roles where the keeper makes the keys', async () => {
  const table = await removals([worlds.ROTATE_KEEPER]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "rotate-keys without
    cis-edit: Writer on internet-svcs
        not done: lock-version, mint-key, enable-key, qualify-key, extend-secret, publish-key, move-job, disable-key, delete-key, release-previous; told: zone-unreadable; says: cis listZones: 403 10000 You are not authorized to access this resource
    key-rotate: Operator on iam-identity
        not done: lock-version, mint-key, enable-key, qualify-key, extend-secret, publish-key, move-job, disable-key, delete-key, release-previous; told: binding-failed; says: iam getApiKeyDetails: 403 forbidden You are not authorized to perform this action
    secret-rotate: Writer on secrets-manager
        not done: lock-version, mint-key, enable-key, qualify-key, extend-secret, publish-key, move-job, disable-key, delete-key, release-previous; told: binding-failed; says: secrets-manager getSecretMetadata: 403 secrets-manager.Error00403 You are not authorized to perform secrets-manager.secret-metadata.read.
    ledger: Content Reader on cloud-object-storage
        not done: lock-version, mint-key, enable-key, qualify-key, extend-secret, publish-key, move-job, disable-key, delete-key, release-previous; told: run-failed; says: ledger list acme-keeper/prod/rotations/: COS answered 403 AccessDenied
    ledger: Object Writer on cloud-object-storage
        not done: lock-version, mint-key, enable-key, qualify-key, extend-secret, publish-key, move-job, disable-key, delete-key, release-previous; told: binding-failed; says: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied"
  `);
});

test('rotate-keys misses each of its roles where Secrets Manager makes them', async () => {
  const table = await removals([worlds.ROTATE_SECRETS_MANAGER]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "rotate-keys without
    cis-edit: Writer on internet-svcs
        not done: lock-version, request-version, qualify-key, move-job, release-previous; told: zone-unreadable; says: cis listZones: 403 10000 You are not authorized to access this resource
    key-read: Editor on iam-identity
        not done: lock-version, request-version, qualify-key, move-job, release-previous; told: binding-failed; says: iam getApiKey: 403 forbidden You are not authorized to perform this action
    secret-rotate: Writer on secrets-manager
        not done: lock-version, request-version, qualify-key, move-job, release-previous; told: binding-failed; says: secrets-manager getSecretMetadata: 403 secrets-manager.Error00403 You are not authorized to perform secrets-manager.secret-metadata.read.
    ledger: Content Reader on cloud-object-storage
        not done: lock-version, request-version, qualify-key, move-job, release-previous; told: run-failed; says: ledger list acme-keeper/prod/rotations/: COS answered 403 AccessDenied
    ledger: Object Writer on cloud-object-storage
        not done: lock-version, request-version, qualify-key, move-job, release-previous; told: binding-failed; says: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied"
  `);
});

test('rotate-keys misses each of its roles where others make them', async () => {
  const table = await removals([worlds.ROTATE_OTHERS]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "rotate-keys without
    cis-edit: Writer on internet-svcs
        not done: qualify-key, move-job; told: zone-unreadable; says: cis listZones: 403 10000 You are not authorized to access this resource
    key-read: Editor on iam-identity
        not done: qualify-key, move-job; told: binding-failed; says: iam getApiKeyDetails: 403 forbidden You are not authorized to perform this action
    secret-read: SecretsReader on secrets-manager
        not done: qualify-key, move-job; told: binding-failed; says: secrets-manager getSecretMetadata: 403 secrets-manager.Error00403 You are not authorized to perform secrets-manager.secret-metadata.read.
    ledger: Content Reader on cloud-object-storage
        not done: qualify-key, move-job; told: run-failed; says: ledger list acme-keeper/prod/rotations/: COS answered 403 AccessDenied
    ledger: Object Writer on cloud-object-storage
        not done: qualify-key, move-job; told: binding-failed; says: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied"
  `);
});

test('verify-buckets misses each of its roles', async () => {
  const table = await removals([worlds.VERIFY]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "verify-buckets without
    cis-read: Reader on internet-svcs
        not told: bucket-path-shared, bucket-write-not-granted; told: instance-unreadable; says: cis listZones: 403 10000 You are not authorized to access this resource
    bucket-read, bucket-config: Manager on cloud-object-storage
        told: bucket-check-refused; says: HEAD bucket is answered 403
    bucket-config, with Reader left on cloud-object-storage
        told: bucket-limits-unclear; says: firewall: none, or none that is shown without Manager (cloud-object-storage.bucket.get_firewall)
    policy-read: Viewer on iam-access-management
        not told: bucket-write-not-granted; told: bucket-write-unclear; says: …: it is not certain that all policies were seen: … needs Viewer on IAM Access Management in account …
    policy-read: Viewer on iam-groups
        not told: bucket-write-not-granted; told: bucket-write-unclear; says: …: it is not certain that all policies were seen: … needs Viewer on IAM Access Groups in account …
    ledger, ledger-rules: Object Writer on cloud-object-storage
        told: ledger-unwritable; says: the observation could not be kept: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied
    ledger, ledger-rules: Reader on cloud-object-storage
        not told: bucket-path-shared, bucket-write-not-granted; told: run-failed; says: ledger read acme-keeper/prod/observations/….json: COS answered 403 AccessDenied
    ledger, with Reader left on cloud-object-storage
        told: ledger-unwritable; says: the observation could not be kept: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied
    ledger-rules, with Content Reader and Object Writer left on cloud-object-storage
        told: ledger-rules-unknown; says: it takes Reader on the bucket"
  `);
});

test('ensure-logpush misses each of its roles', async () => {
  const table = await removals([worlds.ENSURE]);
  expect(table).not.toContain(NOTHING);
  expect(table).toMatchInlineSnapshot(`
    "ensure-logpush without
    cis-own: Manager on internet-svcs
        not done: set-retention, create-job, update-job; told: declared-failed; says: cis listZones: 403 10000 You are not authorized to access this resource
    secret-read: SecretsReader on secrets-manager
        not done: create-job; told: declared-failed; says: secrets-manager getSecretMetadata: 403 secrets-manager.Error00403 You are not authorized to perform secrets-manager.secret-metadata.read.
    token-read: Object Reader on cloud-object-storage
        not done: create-job; told: declared-token-unreadable; says: the token file in bucket acme-edge-logs (eu-de), read with the rights of account edge: it is answered 403
    ledger: Content Reader on cloud-object-storage
        not done: set-retention, create-job, update-job; told: declared-failed; says: ledger read acme-keeper/prod/declared/….json: COS answered 403 AccessDenied
    ledger: Object Writer on cloud-object-storage
        not done: create-job, update-job; told: declared-failed; says: ledger write acme-keeper/prod/.selftest.json: COS answered 403 AccessDenied"
  `);
});
