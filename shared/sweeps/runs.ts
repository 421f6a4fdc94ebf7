import * as z from 'zod';
import { KEPT_FOR_MS } from '../domain/fleet-build.ts';
import { jsonIn } from '../domain/json.ts';
import { isOfNewer, whyUnread } from '../domain/ledger-document.ts';
import { omit } from '../domain/omit.ts';
import type { KeptRun, ReportedAction, RunReport } from '../domain/report.ts';
import { type Shard, WHOLE } from '../domain/shard.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore, Ports } from '../ports.ts';

const SCHEMA = 1;
// Only what decides, and what times are counted from, is checked.
const Document = z.lazy(() =>
  z.looseObject({
    schema: z.literal(SCHEMA),
    revision: z.int(),
    report: z.looseObject({
      schema: z.literal(1),
      function: z.string(),
      runId: z.string(),
      outcome: z.string(),
      startedAt: z.number(),
      finishedAt: z.number(),
      findings: z.array(
        z.looseObject({ code: z.string(), severity: z.string(), subject: z.string(), detail: z.string() }),
      ),
      actions: z.array(z.looseObject({ kind: z.string(), outcome: z.string() })),
    }),
  }),
);

const keyOf = (name: string, { index, of }: Shard): string =>
  of === 1 ? `runs/${name}.json` : `runs/${name}/${index}-of-${of}.json`;

/** The document as it was written: its members in their order, so that two runs can be compared as text. */
const keptIn = (json: unknown): { readonly revision: number; readonly report: KeptRun } | undefined =>
  Document.safeParse(json).success
    ? (json as { readonly revision: number; readonly report: KeptRun })
    : undefined;

/** The newest kept run of a function, or of a shard of it. @throws {LedgerUnavailableError} when unreadable */
export async function readRun(
  ledger: LedgerStore,
  name: string,
  shard: Shard = WHOLE,
): Promise<KeptRun | undefined> {
  const key = keyOf(name, shard);
  const stored = await ledger.read(key);
  if (stored === undefined) return undefined;
  const json = jsonIn(stored.body);
  const document = keptIn(json);
  if (document?.report.function !== name)
    throw new LedgerUnavailableError(whyUnread(key, json, 'a run', SCHEMA));
  return document.report;
}

/**
 * Keeps what a run found and did, for the report of the fleet: at most one write, and none while it would only say the
 * same again. What a shard keeps is its own; what all of them found the first one keeps as the run of the function. If the
 * process dies before or after, the kept run is older, and nothing else depends on it.
 *
 * @throws {LedgerConflictError} when another run was faster; what it keeps is as good as ours
 * @throws {LedgerUnavailableError} also when a newer version of the keeper has kept one
 */
export async function keepRun(
  { ledger, random }: Pick<Ports, 'ledger' | 'random'>,
  report: RunReport,
  shard: Shard = WHOLE,
): Promise<void> {
  const key = keyOf(report.function, shard);
  const stored = await ledger.read(key);
  const json = stored === undefined ? undefined : jsonIn(stored.body);
  if (isOfNewer(json, SCHEMA)) throw new LedgerUnavailableError(whyUnread(key, json, 'a run', SCHEMA));
  // What else cannot be read is written over: it is a report and decides nothing.
  const before = keptIn(json);
  const kept = omit(report, 'jobs', 'rotations');
  if (before !== undefined && !isNews(before.report, kept)) return;
  const revision = (before?.revision ?? 0) + 1;
  const document = { schema: SCHEMA, revision, nonce: random.hex(16), report: kept };
  await ledger.write(key, `${JSON.stringify(document)}\n`, stored?.tag);
}

const isNews = (before: KeptRun, now: KeptRun): boolean =>
  now.finishedAt - before.finishedAt >= KEPT_FOR_MS || said(before) !== said(now);

/** What was only planned is planned anew in every run, and is no news at another time. */
const said = ({ outcome, findings, actions, shard, resumeAt }: KeptRun): string =>
  JSON.stringify([outcome, findings, actions.map(timed), shard, resumeAt]);
const timed = (action: ReportedAction) => (action.outcome === 'planned' ? omit(action, 'at') : action);
