import * as z from 'zod';
import { type Finding, finding } from '../domain/finding.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { decideIncidents, type MinSeverity, type ToldRun } from '../domain/notify.ts';
import { omit } from '../domain/omit.ts';
import type { OpenIncidents } from '../domain/open-incident.ts';
import { nextOf, type Outbox, withChanges, withoutSent, withRefused } from '../domain/outbox.ts';
import { formatInstant, minutes, seconds } from '../domain/time.ts';
import { LedgerConflictError, LedgerUnavailableError } from '../errors.ts';
import type { Messenger, Ports } from '../ports.ts';
import { describeError, isExpected } from './context.ts';

/** What stands in the ledger: the incidents that were told, the messages that are to be sent, and who sends them. */
interface NotificationRecord extends Outbox {
  readonly schema: 1;
  readonly revision: number;
  readonly open: OpenIncidents;
  /** The run that sends; after `until` it is taken for dead. */
  readonly claim?: { readonly runId: string; readonly until: number };
}

interface Stored {
  readonly record: NotificationRecord;
  readonly tag: string | undefined;
}

// Only what decides is checked: a document of another schema must never be read as one of this.
const Envelope = z.looseObject({
  schema: z.literal(1),
  revision: z.int(),
  open: z.record(
    z.string(),
    z.looseObject({
      foundBy: z.record(
        z.string(),
        z.looseObject({
          missed: z.int(),
          explains: z.array(z.looseObject({ key: z.string(), missed: z.int() })),
        }),
      ),
    }),
  ),
  messages: z.array(z.looseObject({ id: z.string(), text: z.string(), at: z.number(), tries: z.int() })),
  claim: z.looseObject({ runId: z.string(), until: z.number() }).optional(),
});

/** One document for all functions: what two of them find is one incident, and only one document can tell that once. */
const KEY = 'notifications/incidents.json';
/** Another run may be faster this often in a row. */
const TRIES = 5;
/** One message, its answer and the write after it take much less. */
const CLAIM_MS = minutes(3);
/** What a message may take at most; with less left of the claim none is begun. */
const SEND_MS = seconds(10);

/** The channel and what is told there. */
export interface NotifyPolicy {
  readonly messenger: Messenger;
  readonly minSeverity: MinSeverity;
  readonly link?: string;
}

type Told = ToldRun & { readonly runId: string };

/**
 * Tells people what a run changed: decides from its findings, writes what is to be sent, sends it, and takes each message
 * out of the ledger when it was taken. If the process dies between sending and writing, a later run sends that one message
 * again: a message may come twice, and never not at all. Of runs at the same time the one that claims the outbox sends,
 * also what the others add meanwhile.
 *
 * @returns what kept it from telling; never throws for the channel or the ledger
 */
export async function notify(
  ports: Pick<Ports, 'clock' | 'random' | 'log' | 'ledger'>,
  run: Told,
  policy: NotifyPolicy,
): Promise<readonly Finding[]> {
  try {
    const stored = await decided(ports, run, policy);
    if (stored.record.claim?.runId !== run.runId) return waits(stored.record);
    return await deliver(ports, run, policy.messenger, stored);
  } catch (error) {
    if (!isExpected(error)) throw error;
    ports.log.warn('notifications not kept', {
      function: run.function,
      runId: run.runId,
      error: describeError(error),
    });
    return [
      finding('notification-failed', 'the webhook', `what was told is not known: ${describeError(error)}`),
    ];
  }
}

/** Writes what the run changes, and the claim if there is something to send and nobody else is at it. */
async function decided(
  ports: Pick<Ports, 'clock' | 'random' | 'ledger'>,
  run: Told,
  { minSeverity, link }: NotifyPolicy,
): Promise<Stored> {
  return changed(ports, await read(ports.ledger), (record) => {
    const now = ports.clock.now();
    const { after, changes } = decideIncidents(record.open, run, minSeverity);
    const options = { function: run.function, at: now, ...(link === undefined ? {} : { link }) };
    const outbox = withChanges(record, changes, run.runId, options);
    const next = { ...withOutbox(record, outbox), open: after };
    const isTaken = record.claim !== undefined && record.claim.until > now;
    if (isTaken || nextOf(next) === undefined) return next;
    return { ...next, claim: { runId: run.runId, until: now + CLAIM_MS } };
  });
}

/** Sends what is in the outbox, one message after the other, until it is empty, refused, or the claim ends. */
async function deliver(
  ports: Pick<Ports, 'clock' | 'random' | 'log' | 'ledger'>,
  { function: name, runId }: Told,
  messenger: Messenger,
  claimed: Stored,
): Promise<readonly Finding[]> {
  let stored = claimed;
  for (let next = nextOf(stored.record); next !== undefined; next = nextOf(stored.record)) {
    const { claim } = stored.record;
    if (claim?.runId !== runId) return [];
    if (ports.clock.now() + SEND_MS > claim.until) return [];
    const { id } = next;
    const sent = await messenger.send(next.text);
    stored = await changed(ports, stored, (record) => {
      // Who was taken for dead leaves the rest to whoever took it over.
      const isOurs = record.claim?.runId === runId;
      if (sent.verdict === 'no')
        return isOurs ? unclaimed(withOutbox(record, withRefused(record, id))) : record;
      const rest = withOutbox(record, withoutSent(record, id));
      return isOurs && nextOf(rest) === undefined ? unclaimed(rest) : rest;
    });
    if (sent.verdict === 'no') {
      ports.log.warn('notification not delivered', { function: name, runId, reason: sent.reason });
      return waits(stored.record, sent.reason);
    }
  }
  return [];
}

const withOutbox = (record: NotificationRecord, { messages, lost }: Outbox): NotificationRecord => ({
  ...omit(record, 'lost'),
  messages,
  ...(lost === undefined ? {} : { lost }),
});

const unclaimed = (record: NotificationRecord): NotificationRecord => omit(record, 'claim');

/** What was refused before and still waits. */
function waits({ messages, lost }: NotificationRecord, reason?: string): readonly Finding[] {
  const refused = messages.filter(({ tries }) => tries > 0);
  const oldest = refused[0]?.at;
  if (oldest === undefined && lost === undefined) return [];
  const detail = [
    ...(reason === undefined ? [] : [reason]),
    ...(oldest === undefined ? [] : [`messages wait, the oldest since ${formatInstant(oldest)}`]),
    ...(lost === undefined ? [] : [`${lost.count} were given up`]),
  ].join('; ');
  return [finding('notification-failed', 'the webhook', detail, oldest)];
}

async function read(ledger: Ports['ledger']): Promise<Stored> {
  const stored = await ledger.read(KEY);
  if (stored === undefined)
    return { record: { schema: 1, revision: 0, open: {}, messages: [] }, tag: undefined };
  let json: unknown;
  try {
    json = JSON.parse(stored.body);
  } catch {
    json = undefined;
  }
  const parsed = Envelope.safeParse(json);
  if (!parsed.success) throw new LedgerUnavailableError(whyUnread(KEY, json, 'a record of notifications', 1));
  return { record: parsed.data as unknown as NotificationRecord, tag: stored.tag };
}

/**
 * Writes the record as `change` makes it, from what the ledger holds by then; nothing if that changes nothing.
 *
 * @throws {LedgerConflictError} when others were faster time and again
 */
async function changed(
  { ledger, random }: Pick<Ports, 'random' | 'ledger'>,
  before: Stored,
  change: (record: NotificationRecord) => NotificationRecord,
): Promise<Stored> {
  let stored = before;
  for (let tries = 1; ; tries += 1) {
    const record = change(stored.record);
    if (JSON.stringify(record) === JSON.stringify(stored.record)) return stored;
    const next = { ...record, revision: stored.record.revision + 1 };
    try {
      const body = `${JSON.stringify({ ...next, nonce: random.hex(16) }, undefined, 2)}\n`;
      return { record: next, tag: await ledger.write(KEY, body, stored.tag) };
    } catch (error) {
      if (!(error instanceof LedgerConflictError) || tries >= TRIES) throw error;
      stored = await read(ledger);
    }
  }
}
