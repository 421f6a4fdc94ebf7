import { expect, test } from 'vitest';
import { foreignPrefixes, judgePaths } from '../../../../shared/domain/buckets/paths.ts';
import type { CosDestination } from '../../../../shared/domain/logpush.ts';

const aJob = (label: string, path: string, more: Partial<CosDestination> = {}) => ({
  label,
  destination: {
    kind: 'cos' as const,
    instanceId: 'instance-1',
    region: 'eu-de',
    bucket: 'logs',
    path,
    dailySubfolder: true,
    ...more,
  },
});

const told = (...jobs: Parameters<typeof judgePaths>[0]): readonly string[] =>
  judgePaths(jobs).map(({ code, subject, detail }) => `${code} ${subject}: ${detail}`);

test('one path, two jobs', () => {
  expect(
    told(aJob('a', 'x'), aJob('b', 'x', { dailySubfolder: false }), aJob('c', 'x', { bucket: 'other' })),
  ).toEqual(['bucket-path-shared bucket logs/x: jobs a, b']);
});

test('a path below another mixes only without daily folders between them', () => {
  expect(told(aJob('a', 'x'), aJob('b', 'x/y'))).toEqual([]);
  const flat = aJob('a', 'x', { dailySubfolder: false });
  expect(told(flat, aJob('b', 'x/y'))).toEqual([
    'bucket-path-nested bucket logs/x: of jobs a; below it lie the paths of b',
  ]);
  expect(told(flat, aJob('b', 'xy'))).toEqual([]);
  expect(told(aJob('a', '', { dailySubfolder: false }), aJob('b', 'y'))).toHaveLength(1);
});

test('what lies below a path and belongs to others', () => {
  const flat = aJob('a', 'x', { dailySubfolder: false });
  const jobs = [
    flat,
    aJob('b', 'x/y'),
    aJob('c', 'x/y'),
    aJob('d', 'z'),
    aJob('e', 'x/w', { bucket: 'other' }),
  ];
  expect(foreignPrefixes(flat.destination, jobs)).toEqual(['x/y/']);
  expect(foreignPrefixes(aJob('d', 'x').destination, jobs)).toEqual([]);
});
