import { expect, test } from 'vitest';
import { readManifest } from '../../../../shared/runtime/manifest/manifest.ts';
import { changed, ENV, GOOD, problemsOf } from './texts.ts';

const inJob = (...more: readonly string[]): string =>
  changed(['timeout: 900', ['timeout: 900', ...more].join('\n          ')]);

test('a job of a function that is split may have several instances', () => {
  expect(problemsOf(inJob('arraySize: 1'))).toBe('');
  const manifest = readManifest({ text: inJob('arraySize: 3'), source: 'manifest.yml', env: ENV });
  expect(manifest.packages[0]?.actions[0]).toMatchObject({ name: 'look', arraySize: 3 });
  const plain = readManifest({ text: GOOD, source: 'manifest.yml', env: ENV });
  expect(plain.packages[0]?.actions[0]).toMatchObject({ name: 'look', arraySize: 1 });
});

const anotherJob = (name: string): readonly [string, string] => [
  '        hook:',
  `        ${name}:\n${GOOD.slice(GOOD.indexOf('          kind: job'), GOOD.indexOf('        hook:'))}        hook:`,
];

test.each<readonly [string, string, string]>([
  ['none', inJob('arraySize: 0'), '18:22 arraySize must be a whole number from 1 to 1000'],
  ['too many', inJob('arraySize: 1001'), '18:22 arraySize must be a whole number from 1 to 1000'],
  ['a text', inJob('arraySize: "3"'), '18:22 arraySize must be a whole number from 1 to 1000'],
  [
    'of a function',
    changed(['timeout: 30', 'timeout: 30\n          arraySize: 3']),
    '27:11 arraySize goes with kind: job (remove it, or write kind: job)',
  ],
  [
    'of a function that is not split',
    inJob('arraySize: 3').replace('check-logpush.ts', 'verify-buckets.ts'),
    '18:11 the work of this function is not split: one instance would do all of it (remove it: only check-logpush and rotate-keys can have several instances)',
  ],
  [
    'as another job is called',
    changed(['timeout: 900', 'timeout: 900\n          arraySize: 3'], anotherJob('look-2')),
    '21:9 an instance of an array job has this name: the two would have one trusted profile (choose another one)',
  ],
  [
    'more instances than run at once, with those of other jobs',
    changed(['timeout: 900', 'timeout: 900\n          arraySize: 250'], anotherJob('more')),
    '18:22 when all jobs run at once that is 251 instances: Code Engine runs at most 250 in a project',
  ],
  [
    'more vCPU',
    inJob('arraySize: 200').replace('cpu: 0.25', 'cpu: 1').replace('memory: 1G', 'memory: 2G'),
    'that is 200 vCPU: Code Engine runs at most 128 in a project (write fewer, or give jobs less cpu and memory)',
  ],
  [
    'more memory',
    inJob('arraySize: 200').replace('cpu: 0.25', 'cpu: 0.5').replace('memory: 1G', 'memory: 4G'),
    'that is 800 GB of memory: Code Engine runs at most 512 in a project',
  ],
])('instances: %s', (_, text, said) => {
  expect(problemsOf(text).split('\n')).toEqual([expect.stringContaining(said)]);
});

test('a name that only begins like that of an instance is free', () => {
  const text = changed(['timeout: 900', 'timeout: 900\n          arraySize: 3'], anotherJob('look-3'));
  expect(problemsOf(text)).toBe('');
});
