import * as z from 'zod';
import { MOST_SHARDS } from '../../domain/shard.ts';
import { choice, hint, list, path, record, text } from '../config/leaves.ts';
import { CRON_FIX, translateCron } from './cron.ts';
import { isTimezone } from './timezone.ts';

/**
 * The shape of `manifest.yml`, schema `code-engine/v1`, after variables were put in. What one place alone can tell is checked
 * here; what takes two places in `checks.ts`. Problems never quote a value: it may be a misplaced key.
 */

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#create-job */
const NAME = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const NAME_FIX = 'write at most 63 lower-case letters, digits and dashes, beginning with a letter';
const nameOf = (what: string) => text(NAME, `the name of ${what}`, NAME_FIX);

/** Longer texts belong into a file of their own. */
const shortText = (what: string, fix: string) => text(/^[\x21-\x7e]{1,512}$/, what, fix);

const whole = (from: number, to: number, fix: string) => {
  const error = hint(`a whole number from ${from} to ${to}`, fix);
  return z.int({ error }).min(from, { error }).max(to, { error });
};

const MEMORY_FIX = 'write a number and G or M, such as 1G or 500M';

const variableName = text(
  /^[A-Za-z_][A-Za-z0-9_]{0,99}$/,
  'the name of an environment variable',
  'write letters, digits and underscores, such as LOG_LEVEL',
);

const ENV_FIX = 'write NAME: text for each variable, numbers in quotes, or leave env out';

const Action = record(
  {
    kind: choice(['job', 'function']),
    function: path('write the path of the entry point, such as functions/check-logpush.ts'),
    runtime: text(
      /^nodejs-[0-9]{2}$/,
      'a Node.js runtime with its version',
      'write nodejs-24; nodejs alone would be whatever IBM takes for the default',
    ),
    image: shortText(
      'the name of an image',
      'write the image with its digest, such as "${KEEPER_IMAGE}"',
    ).optional(),
    // Empty where an image takes none: a variable may say so.
    imageSecret: text(new RegExp(`^$|${NAME.source}`), 'the name of a registry secret', NAME_FIX).optional(),
    main: text(/^[a-zA-Z_][a-zA-Z0-9_]{0,255}$/, 'the name of a function', 'write main').optional(),
    visibility: choice(['public', 'private', 'project']).optional(),
    cpu: z.number({ error: hint('a number of vCPUs', 'write 0.25, as a number') }),
    memory: text(/^[0-9]{1,4}(?:\.[0-9]{1,2})?[GM]$/, 'an amount of memory', MEMORY_FIX),
    timeout: z
      .int({ error: hint('a whole number of seconds', 'write the seconds, such as timeout: 900') })
      .min(1, {
        error: hint('at least one second', 'write the seconds, such as timeout: 900'),
      }),
    retries: whole(0, 5, 'write 1: a run that fails is started again once').optional(),
    arraySize: whole(
      1,
      MOST_SHARDS,
      'write how many instances share the work of one run, such as 3',
    ).optional(),
    concurrency: whole(1, 100, 'write how many requests one instance serves at once, such as 10').optional(),
    env: z
      .record(variableName, z.string({ error: hint('a text', 'put the value into quotes') }), {
        error: hint('a mapping of names to texts', ENV_FIX),
      })
      .default({}),
    envFrom: list(nameOf('a secret of this package'), 'write [NAME], or leave envFrom out').default([]),
  },
  'write kind, function, runtime, cpu, memory and timeout',
);

const JSON_FIX = 'write a mapping, or leave data out';

const Trigger = record(
  {
    schedule: z
      .string({ error: hint('a schedule of five fields', CRON_FIX) })
      .refine((value) => translateCron(value) !== undefined, {
        error: hint('a schedule of five fields that comes', CRON_FIX),
      })
      .optional(),
    timezone: z
      .string({ error: hint('an IANA time zone', 'write UTC, or Europe/Berlin') })
      .refine(isTimezone, { error: hint('an IANA time zone', 'write UTC, or Europe/Berlin') })
      .optional(),
    data: z
      .record(z.string(), z.unknown(), { error: hint('a mapping', JSON_FIX) })
      .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= 4096, {
        error: hint('at most 4096 bytes of JSON', 'write less'),
      })
      .optional(),
    source: z
      .literal('rings', { error: hint('rings', 'write source: rings, or schedule in its place') })
      .optional(),
    kind: choice(['alert', 'secrets']).optional(),
  },
  'write { schedule: "*/5 * * * *", timezone: UTC } or { source: rings, kind: alert }',
);

const Rule = record(
  { trigger: nameOf('a trigger'), action: nameOf('an action') },
  'write { trigger: NAME, action: NAME }',
);

const Secret = record(
  {
    keys: z.record(
      text(
        /^[-._A-Za-z0-9]{1,253}$/,
        'the name of a key',
        'write letters, digits, dots, dashes and underscores, such as KEEPER_WEBHOOK_URL',
      ),
      z
        .string({ error: hint('a text', 'write "${VARIABLE}": a value does not belong in this file') })
        .min(1, {
          error: hint('a text that is not empty', 'write "${VARIABLE}", and set that variable'),
        }),
      { error: hint('a mapping of names to variables', 'write { NAME: "${NAME}" }') },
    ),
  },
  'write { keys: { NAME: "${NAME}" } }',
);

const named = <S extends z.core.$ZodType>(what: string, item: S) =>
  z.record(nameOf(what), item, {
    error: hint('a mapping of names', `write the name of ${what}, and what it is under it`),
  });

const Package = record(
  {
    secrets: named('a secret', Secret).default({}),
    rings: record(
      {
        bucket: text(
          /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
          'the name of a bucket',
          'write the name of the bucket alone, without cos:// and path',
        ),
        instance: text(
          /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
          'a GUID in lower case',
          'write the GUID of the Cloud Object Storage instance, as in 3f2a… with four dashes',
        ),
      },
      'write { bucket: NAME, instance: GUID }, or leave rings out',
    ).optional(),
    actions: named('an action', Action),
    triggers: named('a trigger', Trigger),
    rules: named('a rule', Rule),
  },
  'write actions, triggers and rules',
);

export const ManifestFile = record(
  {
    schema: z.literal('code-engine/v1', { error: hint('code-engine/v1', 'write schema: code-engine/v1') }),
    project: record(
      {
        name: nameOf('a project'),
        region: text(
          /^[a-z]{2}-[a-z]{2,12}[0-9]?$/,
          'an IBM Cloud region',
          'write a region such as eu-de or us-south',
        ),
        resourceGroup: shortText(
          'the id of a resource group',
          'write the id, or leave resourceGroup out',
        ).optional(),
        account: text(
          /^[a-z0-9][a-z0-9-]{0,40}$/,
          'the name of an account of keeper.yml',
          'write a name that stands under accounts there',
        ).optional(),
        roles: choice(['system', 'custom']).default('system'),
        packages: named('a package', Package),
      },
      'write name, region and packages',
    ),
  },
  'write schema: code-engine/v1 and project',
);
export type ManifestFile = z.infer<typeof ManifestFile>;
export type ManifestPackage = ManifestFile['project']['packages'][string];
export type ManifestAction = ManifestPackage['actions'][string];

const partOf = <S extends z.core.$ZodLooseShape>(shape: S) =>
  z.object({ project: z.object({ packages: z.record(z.string(), z.object(shape)) }) });

/** When things run; the rest of the file may hold variables that are not set. */
export const Timetable = partOf({ triggers: Package.shape.triggers, rules: Package.shape.rules });

const { kind, cpu, memory, timeout, arraySize } = Action.shape;

/** Among how many instances things are split that run. */
export const Arrays = partOf({ actions: z.record(z.string(), z.object({ arraySize })) });

/** How large things are that run. */
export const Capacity = partOf({
  actions: z.record(z.string(), z.object({ kind, cpu, memory, timeout, arraySize })),
});
