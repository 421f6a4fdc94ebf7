import * as z from 'zod';
import { HEALTHS } from '../domain/health.ts';

/**
 * The shape of the fleet report, version 1, as `keeper report --json` prints it and `keeper report schema` describes it.
 *
 * Within a version members are added and nothing else: none is removed, renamed, made optional or given another meaning, and
 * a member that is added is optional here, so that reports of before stay good. What is a plain string (codes, states of
 * rotations, reasons) may take new values at any time; what is a list of words here may not. Anything else is another version,
 * and `schema` says which one a report is of.
 */

const at = z.number().describe('an instant, milliseconds since 1970-01-01T00:00:00Z');
const text = z.string();
const counts = z.record(z.string(), z.number());

const lost = z
  .object({ min: z.number(), max: z.number().exactOptional() })
  .describe('log minutes: at least, and at most as far as that is known');

const outage = z.object({ from: at, until: at.exactOptional(), lostMinutes: lost.exactOptional() });

const incident = z.object({
  seenAt: at,
  tries: z.number(),
  enabledAt: at.exactOptional(),
  enabledBy: z.enum(['keeper', 'others']).exactOptional(),
  cause: text.exactOptional(),
  endedAt: at.exactOptional(),
  outcome: z.enum(['proven', 'by-hand', 'gone']).exactOptional(),
  lost: lost.exactOptional(),
});

const job = z.object({
  jobId: z.number(),
  name: text.exactOptional(),
  label: text.describe('for people'),
  dataset: text.exactOptional(),
  frequency: text.exactOptional(),
  destination: text.exactOptional().describe('in words, never its key'),
  health: z.enum(HEALTHS),
  reason: text.exactOptional(),
  firstSeenAt: at,
  seenAt: at.exactOptional(),
  outdated: text.exactOptional().describe('why health is not what it is now; absent when it is'),
  lastCompleteAt: at.exactOptional(),
  lastErrorAt: at.exactOptional(),
  errorMessage: text.exactOptional(),
  outages: z.array(outage).exactOptional(),
  incidents: z.array(incident),
});

const finding = z.object({
  code: text,
  severity: z.enum(['info', 'warning', 'critical']),
  subject: text,
  detail: text,
  todo: text,
  repair: z.enum(['keeper', 'person', 'none']).describe('who mends it'),
  since: at.exactOptional(),
  because: z
    .array(text)
    .exactOptional()
    .describe('the findings that explain this one, each as its code, a space and its subject'),
  hides: z
    .array(text)
    .exactOptional()
    .describe(
      'codes of what it may hide on its subject, or on any if that is “this run”: not found beside it, they are not gone',
    ),
  function: text,
  runAt: at,
});

const rotation = z.object({
  binding: text,
  secretId: text,
  member: text.exactOptional(),
  runId: text,
  attempt: z.number(),
  reason: text,
  state: text,
  startedAt: at,
  endedAt: at.exactOptional(),
  detail: text.exactOptional(),
  oldKeyId: text.exactOptional(),
  newKeyId: text.exactOptional(),
  phases: z.array(z.object({ phase: text, at })),
  waitsFor: text.exactOptional(),
  until: at.exactOptional(),
  jobs: z.array(z.object({ label: text, state: text, movedAt: at, lastCompleteAt: at.exactOptional() })),
  jobCounts: counts.exactOptional(),
  calls: counts,
});

const key = z.object({
  keyId: text.describe('the id of an API key, never its value'),
  role: z.enum(['current', 'old', 'new']),
  createdAt: at.exactOptional(),
  expiresAt: z.union([at, z.literal('never')]).exactOptional(),
  disabled: z.boolean().exactOptional(),
});

const run = z.object({
  function: text,
  everyMs: z.number().exactOptional(),
  last: z
    .object({
      runId: text,
      mode: z.enum(['act', 'observe', 'plan']),
      outcome: z.enum(['ok', 'findings', 'partial', 'failed']),
      startedAt: at,
      finishedAt: at,
      calls: counts,
    })
    .exactOptional(),
  stale: z.boolean(),
});

/** What the report of the fleet must be. Members that it does not know are taken out of what it parses. */
export const FleetReportSchema = z.object({
  schema: z.literal(1),
  at,
  instances: z.array(
    z.object({
      crn: text,
      seenAt: at.exactOptional(),
      zones: z.array(z.object({ id: text, name: text, jobs: z.array(job) })),
    }),
  ),
  findings: z.array(finding),
  rotations: z.array(rotation),
  keys: z.array(
    z.object({
      binding: text,
      secretId: text,
      member: text.exactOptional(),
      configured: z.boolean(),
      keys: z.array(key),
    }),
  ),
  runs: z.array(run),
  unreadable: z.array(text).describe('what could not be read; the report says nothing about it'),
});

/** The JSON Schema of the fleet report. Whoever reads one ignores what it does not know. */
export const fleetReportJsonSchema = (): z.core.JSONSchema.BaseSchema => ({
  $id: 'urn:logpush-keeper:fleet-report:1',
  title: 'the report of the fleet, version 1',
  ...z.toJSONSchema(FleetReportSchema, { io: 'input' }),
});
