import { expect, test } from 'vitest';
import { judgeLimits, type SeenBucket } from '../../../../shared/domain/buckets/limits.ts';
import { days } from '../../../../shared/domain/time.ts';

const NOW = Date.UTC(2026, 2, 11);
const CONFIGURATION = { crn: 'crn', instanceId: 'instance-1', bytesUsed: 950, createdAt: NOW - days(95) };
const NETWORKS = { allowedIps: [], deniedIps: [], allowedNetworks: ['private'] };

const judged = (seen: Partial<SeenBucket>): readonly string[] =>
  judgeLimits(
    {
      subject: 'bucket b (eu-de)',
      configuration: CONFIGURATION,
      shown: new Set(),
      instances: ['instance-1'],
      arrives: false,
      failing: [],
      ...seen,
    },
    NOW,
  ).map(({ code, detail }) => `${code}: ${detail}`);

const codes = (seen: Partial<SeenBucket>): readonly string[] =>
  judged(seen).map((line) => line.split(':')[0] ?? '');

test('what is not shown is fine only for who is known to be allowed to see it', () => {
  expect(judged({})).toEqual([
    'bucket-limits-unclear: firewall: none, or none that is shown without Manager (cloud-object-storage.bucket.get_firewall); quota: none, or none that is shown without Writer (cloud-object-storage.bucket.get_quota); root key: none, or none that is shown without Writer (cloud-object-storage.bucket.list_crk_id)',
  ]);
  expect(judged({ shown: new Set(['quota', 'root key'] as const) })).toEqual([
    'bucket-limits-unclear: firewall: none, or none that is shown without Manager (cloud-object-storage.bucket.get_firewall)',
  ]);
  expect(judged({ shown: new Set(['firewall', 'quota', 'root key'] as const) })).toEqual([]);
});

test('a quota of 0 is none; from nine tenths on it is told, with the day', () => {
  const quota = (hardQuota: number) =>
    judged({
      configuration: { ...CONFIGURATION, hardQuota },
      shown: new Set(['firewall', 'root key'] as const),
    });
  expect(quota(0)).toEqual([]);
  expect(quota(1100)).toEqual([]);
  expect(quota(1000)).toEqual([
    'bucket-quota-near: 950 of 1000 bytes are used; as it grew since it was made, it is full on 2026-03-16',
  ]);
  expect(quota(950)).toEqual(['bucket-quota-reached: 950 of 950 bytes are used']);
  expect(quota(1)).toHaveLength(1);
});

test('a firewall that refuses all of the known ranges, while objects arrive: the ranges are not all there are', () => {
  const configuration = { ...CONFIGURATION, firewall: NETWORKS, hardQuota: 0 };
  expect(codes({ configuration, rootKeyCrn: 'crn:key' })).toEqual([
    'bucket-firewall-refuses',
    'bucket-limits-unclear',
  ]);
  expect(judged({ configuration, arrives: true })[0]).toMatch(
    /^bucket-firewall-partly: .*; objects arrive all the same$/,
  );
});

test('a root key is suspected when jobs fail, and its state is never known', () => {
  const shown = new Set(['firewall', 'quota'] as const);
  expect(judged({ shown, rootKeyCrn: 'crn:key' })).toEqual([
    'bucket-limits-unclear: root key: encrypted with crn:key, whose state is not seen',
  ]);
  expect(codes({ shown, rootKeyCrn: 'crn:key', failing: ['job 1'] })).toEqual([
    'bucket-root-key-suspected',
    'bucket-limits-unclear',
  ]);
  expect(codes({ shown, failing: ['job 1'] })).toEqual(['bucket-limits-unclear']);
});

test('a configuration that could not be read is unclear as a whole', () => {
  expect(judged({ configuration: { unseen: 'cos getBucketConfig: status 500' } })).toEqual([
    'bucket-limits-unclear: cos getBucketConfig: status 500',
  ]);
});

test('jobs that name another instance', () => {
  expect(judged({ instances: ['instance-1', 'instance-2'] })[0]).toBe(
    'bucket-instance-differs: it belongs to COS instance instance-1, its jobs name instance-2',
  );
});
