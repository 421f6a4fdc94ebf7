import * as z from 'zod';
import type { Binding } from '../domain/binding.ts';
import { jsonIn } from '../domain/json.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { emptyRecord, RECORD_SCHEMA, type RotationRecord, slotOfRecord } from '../domain/rotation/record.ts';
import type { Neighbours } from '../domain/rotation/steps.ts';
import { parseSlot, type Slot, slotOf } from '../domain/slot.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore, Random } from '../ports.ts';

/** A rotation record as it stands in the ledger, with the tag that the next write must name. */
export interface StoredRecord {
  readonly record: RotationRecord;
  readonly tag: string | undefined;
}

// Only what decides is checked: a document of another schema must never be read as one of this. One of version 1 has the
// same members.
const Envelope = z.lazy(() =>
  z.looseObject({
    schema: z.union([z.literal(1), z.literal(RECORD_SCHEMA)]).transform(() => RECORD_SCHEMA),
    secretId: z.string(),
    member: z.string().optional(),
    revision: z.int(),
    mints: z.array(z.number()),
    suspects: z.array(z.looseObject({ keyId: z.string(), lookAt: z.number() })),
    history: z.array(z.looseObject({ outcome: z.string() })),
  }),
);

const FOLDER = 'rotations/';
const keyOf = (slot: Slot): string => `${FOLDER}${slotOf(slot)}.json`;

/** Reads the record of one slot; an absent one is a first look. @throws {LedgerUnavailableError} when unreadable */
export async function readRecord(ledger: LedgerStore, binding: string, slot: Slot): Promise<StoredRecord> {
  const stored = await ledger.read(keyOf(slot));
  if (stored === undefined) return { record: emptyRecord(binding, slot), tag: undefined };
  const json = jsonIn(stored.body);
  const parsed = Envelope.safeParse(json);
  if (!parsed.success || parsed.data.secretId !== slot.id || parsed.data.member !== slot.member)
    throw new LedgerUnavailableError(whyUnread(keyOf(slot), json, 'a rotation record', RECORD_SCHEMA));
  return { record: parsed.data as unknown as RotationRecord, tag: stored.tag };
}

/** The slots that the ledger has a record of. */
export const recordedSlots = async (ledger: LedgerStore): Promise<readonly Slot[]> =>
  (await ledger.list(FOLDER)).map((key) => parseSlot(key.slice(FOLDER.length, -'.json'.length)));

/** The records of all slots that the ledger knows. @throws {LedgerUnavailableError} when one is unreadable */
export async function readRecords(ledger: LedgerStore): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (const slot of await recordedSlots(ledger)) records.push(await readRecord(ledger, slotOf(slot), slot));
  return records;
}

/** The bindings whose keys are in the same secret. */
export async function neighboursOf(
  ledger: LedgerStore,
  { secret: { id, member } }: Pick<Binding, 'secret'>,
): Promise<Neighbours> {
  const idle: string[] = [];
  let busy: string | undefined;
  if (member === undefined) return { idle };
  for (const key of await ledger.list(`${FOLDER}${id}_`)) {
    const slot = parseSlot(key.slice(FOLDER.length, -'.json'.length));
    const { record } = await readRecord(ledger, slotOf(slot), slot);
    if (slot.member === undefined || slot.member === member) continue;
    if (record.current === undefined) idle.push(slot.member);
    else busy = record.current.binding.name;
  }
  return { idle, ...(busy === undefined ? {} : { busy }) };
}

/**
 * Writes the record if nobody else has since it was read. Each write has a new revision and a nonce, because a store
 * may use the MD5 of the body as its tag, and equal bodies would then pass for each other.
 *
 * @throws {LedgerConflictError} when another keeper was faster
 */
export async function writeRecord(
  ledger: LedgerStore,
  random: Random,
  { record, tag }: StoredRecord,
): Promise<StoredRecord> {
  const next = { ...record, revision: record.revision + 1 };
  const body = `${JSON.stringify({ ...next, nonce: random.hex(16) }, undefined, 2)}\n`;
  return { record: next, tag: await ledger.write(keyOf(slotOfRecord(record)), body, tag) };
}
