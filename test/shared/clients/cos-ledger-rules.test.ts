import { expect, test } from 'vitest';
import type { Blockers } from '../../../infra/local/cos/bucket.ts';
import { ledgerIn } from './cos-ledger-contract.ts';
import { inProcessPlace } from './cos-place.ts';

/** What is found about a ledger below `keeper/prod` of a bucket. */
async function found(change: (bucket: Blockers) => void, options: Parameters<typeof ledgerIn>[2] = {}) {
  const place = inProcessPlace();
  const bucket = await place.createBucket();
  place.world.cos.change(bucket, change);
  const findings = await ledgerIn(place, bucket, options).findings();
  for (const { subject } of findings) expect(subject).toMatch(/^ledger cos:\/\/bucket-1\//);
  return findings.map(({ code, detail }) => `${code}: ${detail}`);
}

const rule = (prefix: string, does: object) => ({ id: 'tidy', prefix, enabled: true, ...does });

test('a bucket without rules is fine', async () => {
  expect(await found(() => {})).toEqual([]);
});

test.each([
  ['', 'all objects'],
  ['keeper', 'objects below "keeper"'],
  ['keeper/prod/', 'objects below "keeper/prod/"'],
  ['keeper/prod/runs/', 'objects below "keeper/prod/runs/"'],
])('a rule about %j covers the ledger', async (prefix, objects) => {
  const expires = (bucket: Blockers) => (bucket.lifecycle = [rule(prefix, { expireDays: 30 })]);
  expect(await found(expires)).toEqual([`ledger-expires: rule "tidy" expires ${objects}`]);
  const archives = (bucket: Blockers) => (bucket.lifecycle = [rule(prefix, { archiveDays: 0 })]);
  expect(await found(archives)).toEqual([`ledger-expires: rule "tidy" archives ${objects}`]);
});

test('a rule about something else, or that is off, or that does neither, is none of ours', async () => {
  const lifecycle = [
    rule('keeper/production/', { expireDays: 1 }),
    rule('logs/', { expireDays: 1, archiveDays: 1 }),
    { ...rule('', { expireDays: 1 }), enabled: false },
    rule('', {}),
  ];
  expect(await found((bucket) => (bucket.lifecycle = lifecycle))).toEqual([]);
});

test('a ledger in the whole bucket is touched by every rule', async () => {
  const change = (bucket: Blockers) => (bucket.lifecycle = [rule('logs/', { expireDays: 1 })]);
  expect(await found(change, { prefix: '' })).toHaveLength(1);
});

test('retention and object lock are told', async () => {
  expect(
    await found((bucket) => {
      bucket.retentionDays = 30;
      bucket.objectLockDays = 7;
    }),
  ).toEqual([
    'ledger-retained: retention: no object is replaced for 30 days',
    'ledger-retained: object lock: every replaced version stays for 7 days',
  ]);
});

test('what the keeper may not see is not taken for fine, and names the role', async () => {
  expect(await found(() => {}, { who: 'reader' })).toEqual([
    'ledger-rules-unknown: lifecycle: status 403; retention: status 403; object lock: status 403; it takes Reader on the bucket',
  ]);
});

/** A store that answers questions about its rules in its own way. */
async function answered(
  of: (rules: string) => { readonly status: number; readonly body: string } | undefined,
) {
  const place = inProcessPlace();
  const bucket = await place.createBucket();
  const ledger = ledgerIn(place, bucket, {
    transport: {
      send: async (request) => {
        const answer = of(new URL(request.url).search.replace(/^\?|=$/g, ''));
        return answer === undefined ? place.transport.send(request) : { headers: {}, ...answer };
      },
    },
  });
  return (await ledger.findings()).map(({ code, detail }) => `${code}: ${detail}`);
}

test('a bucket that is gone has rules that nobody knows', async () => {
  const body = '<Error><Code>NoSuchBucket</Code></Error>';
  expect(await answered((rules) => (rules === '' ? undefined : { status: 404, body }))).toEqual([
    'ledger-rules-unknown: lifecycle: status 404; retention: status 404; object lock: status 404; it takes Reader on the bucket',
  ]);
});

test('an answer that cannot be had is told, and does not hide the others', async () => {
  const seen = await answered((rules) => (rules === 'lifecycle' ? { status: 500, body: '' } : undefined));
  expect(seen).toEqual([
    'ledger-rules-unknown: lifecycle: cos getBucketLifecycle: status 500; it takes Reader on the bucket',
  ]);
});

test('rules are read in every form that the API has', async () => {
  const rules = [
    '<Rule><ID>old form</ID><Prefix>keeper</Prefix><Status>Enabled</Status><Expiration><Date>2027-01-01T00:00:00Z</Date></Expiration></Rule>',
    '<Rule><ID>and</ID><Filter><And><Prefix>keeper/</Prefix><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status><Transition><Days>0</Days><StorageClass>ACCELERATED</StorageClass></Transition></Rule>',
    '<Rule><ID>tagged</ID><Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>',
    '<Rule><ID>uploads</ID><Filter/><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>',
  ];
  const body = `<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`;
  expect(await answered((asked) => (asked === 'lifecycle' ? { status: 200, body } : undefined))).toEqual([
    'ledger-expires: rule "old form" expires objects below "keeper"',
    'ledger-expires: rule "and" archives objects below "keeper/"',
  ]);
});
