import * as z from 'zod';
import { jsonIn } from '../domain/json.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { type IncidentRecord, noIncidents } from '../domain/repair/incident.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore, Random } from '../ports.ts';

/** The incidents of one CIS instance as they stand in the ledger, with the tag that the next write must name. */
export interface StoredIncidents {
  readonly record: IncidentRecord;
  readonly tag: string | undefined;
}

// Only what decides is checked: a document of another schema must never be read as one of this.
const Envelope = z.lazy(() =>
  z.looseObject({
    schema: z.literal(1),
    instanceCrn: z.string(),
    revision: z.int(),
    open: z.record(
      z.string(),
      z.looseObject({ seenAt: z.number(), attempts: z.array(z.looseObject({ at: z.number() })) }),
    ),
    past: z.array(z.looseObject({ outcome: z.string() })),
  }),
);

const keyOf = (instanceCrn: string): string => `incidents/${instanceCrn.split(':').at(7) ?? 'unknown'}.json`;

/** @throws {LedgerUnavailableError} when unreadable */
export async function readIncidents(ledger: LedgerStore, instanceCrn: string): Promise<StoredIncidents> {
  const stored = await ledger.read(keyOf(instanceCrn));
  if (stored === undefined) return { record: noIncidents(instanceCrn), tag: undefined };
  const json = jsonIn(stored.body);
  const parsed = Envelope.safeParse(json);
  if (!parsed.success || parsed.data.instanceCrn !== instanceCrn) {
    throw new LedgerUnavailableError(whyUnread(keyOf(instanceCrn), json, 'an incident record', 1));
  }
  return { record: parsed.data as unknown as IncidentRecord, tag: stored.tag };
}

/** @throws {LedgerConflictError} when another keeper was faster */
export async function writeIncidents(
  ledger: LedgerStore,
  random: Random,
  { record, tag }: StoredIncidents,
): Promise<StoredIncidents> {
  const next = { ...record, revision: record.revision + 1 };
  const body = `${JSON.stringify({ ...next, nonce: random.hex(16) }, undefined, 2)}\n`;
  return { record: next, tag: await ledger.write(keyOf(record.instanceCrn), body, tag) };
}
