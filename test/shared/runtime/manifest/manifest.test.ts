import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { manifestJsonSchema } from '../../../../shared/runtime/manifest/json-schema.ts';
import {
  type Action,
  type FunctionAction,
  type JobAction,
  type Package,
  type Rule,
  readManifest,
} from '../../../../shared/runtime/manifest/manifest.ts';
import { changed, ENV, GOOD, problemsOf, read, TRACER } from './texts.ts';

const REPOSITORY = new URL('../../../../manifest.yml', import.meta.url);

test('a manifest is read with its defaults, its variables and what each rule becomes', () => {
  const { project, packages, warnings } = read(GOOD);
  const [keeper]: readonly (Package | undefined)[] = packages;
  expect(project).toEqual({ name: 'edge', region: 'eu-de', roles: 'system' });
  expect(warnings).toEqual([]);
  expect(keeper?.actions).toEqual([
    {
      kind: 'job',
      name: 'look',
      function: 'functions/check-logpush.ts',
      image: ENV.IMAGE,
      runtime: 'nodejs-24',
      cpu: 0.25,
      memory: '1G',
      timeout: 900,
      retries: 1,
      arraySize: 1,
      env: { LOG_LEVEL: 'info' },
      envFrom: ['notify'],
    } satisfies JobAction,
    {
      kind: 'function',
      name: 'hook',
      function: 'functions/webhook.ts',
      runtime: 'nodejs-24',
      cpu: 0.25,
      memory: '1G',
      timeout: 30,
      main: 'main',
      visibility: 'public',
      concurrency: 1,
      env: {},
      envFrom: [],
    } satisfies FunctionAction,
  ] satisfies readonly Action[]);
  expect(keeper?.rules).toEqual([
    {
      name: 'look-often',
      subscription: 'keeper-look-often',
      action: 'look',
      trigger: { kind: 'schedule', schedule: '*/5 * * * *', timezone: 'UTC' },
    },
    {
      name: 'look-by-alert',
      subscription: 'keeper-look-by-alert',
      action: 'look',
      trigger: { kind: 'rings', ring: 'alert' },
    },
  ] satisfies readonly Rule[]);
});

test('the value of a secret is in no text that is made from the manifest', () => {
  const { packages } = read(GOOD);
  expect(packages[0]?.secrets['notify']?.['WEBHOOK_URL']?.reveal()).toBe(TRACER);
  expect(JSON.stringify(packages)).not.toContain('TRACER');
});

test('the manifest of this repository is good, and all that it asks of the environment is named', () => {
  const text = readFileSync(REPOSITORY, 'utf8');
  expect(problemsOf(text, {}).split('\n').length).toBe(7);
  const env = {
    KEEPER_IMAGE: 'icr.io/acme/keeper',
    KEEPER_RINGS_BUCKET: 'acme-rings',
    KEEPER_RINGS_INSTANCE: '33333333-1111-4222-8333-444444444444',
  };
  const { warnings, packages } = readManifest({ text, source: 'manifest.yml', env });
  expect(warnings).toEqual([]);
  expect(packages.flatMap(({ actions }) => actions.map(({ name, function: file }) => [name, file]))).toEqual(
    ['check-logpush', 'reenable-logpush', 'rotate-keys', 'verify-buckets', 'ensure-logpush', 'webhook'].map(
      (name) => [name, `functions/${name}.ts`],
    ),
  );
});

test('a trigger and a runtime in wskdeploy’s spelling are taken, with a warning at each word', () => {
  const text = changed(
    [
      '{ schedule: "*/5 * * * *" }',
      `{ feed: /whisk.system/alarms/alarm, inputs: { cron: "0 5 * * 7", timezone: Europe/Berlin, trigger_payload: '{"a":1}' } }`,
    ],
    ['runtime: nodejs-24', 'runtime: nodejs:24'],
  );
  const { packages, warnings } = read(text);
  expect(packages[0]?.rules[0]?.trigger).toEqual({
    kind: 'schedule',
    schedule: '0 5 * * 0',
    timezone: 'Europe/Berlin',
    data: '{"a":1}',
  });
  expect(packages[0]?.actions[0]?.runtime).toBe('nodejs-24');
  expect(warnings.map(({ line, column, fix }) => `${line}:${column} ${fix}`)).toEqual([
    '14:20 write nodejs-24',
    '28:62 write schedule under the trigger itself',
    '28:81 write timezone under the trigger itself',
    '28:106 write data under the trigger itself',
  ]);
});

test.each([
  ['30 2 * * *', 'Europe/Berlin', true],
  ['30 4 * * *', 'Europe/Berlin', false],
  ['30 2 * * *', 'UTC', false],
  ['30 2 * * *', 'Asia/Tokyo', false],
  ['30 * * * *', 'Europe/Berlin', false],
  ['0 */6 * * *', 'America/New_York', true],
])('whether %s in %s is doubtful when clocks are moved: %s', (schedule, timezone, isDoubtful) => {
  const text = changed(['"*/5 * * * *"', `"${schedule}", timezone: ${timezone}`]);
  expect(read(text).warnings).toHaveLength(isDoubtful ? 1 : 0);
});

test('the JSON Schema knows every key of the file, and lets a variable stand for any text', () => {
  const schema = manifestJsonSchema();
  expect(schema).toMatchObject({
    type: 'object',
    required: ['schema', 'project'],
    additionalProperties: false,
    properties: {
      project: {
        properties: { region: { anyOf: [{ pattern: '\\$\\{' }, { type: 'string' }] } },
        required: ['name', 'region', 'packages'],
      },
    },
  });
  const known = JSON.stringify(schema);
  const { project } = parse(readFileSync(REPOSITORY, 'utf8'));
  for (const key of Object.keys(project.packages.keeper.actions.webhook)) expect(known).toContain(`"${key}"`);
});
