import * as z from 'zod';
import { type Finding, finding } from '../domain/finding.ts';
import { jsonIn } from '../domain/json.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { decideIncidents, type MinSeverity, type ToldRun } from '../domain/notify.ts';
import { omit } from '../domain/omit.ts';
import type { OpenIncidents } from '../domain/open-incident.ts';
import { isLastTry, nextOf, type Outbox, withChanges, withoutSent, withRefused } from '../domain/outbox.ts';
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
const Envelope = z.lazy(() =>
  z.looseObject({
    schema: z.literal(1),
    revision: z.int(),
    open: z.record(
      z.string(),
      z.looseObject({
        foundBy: z.record(
          z.string(),
          z.looseObject({
            missed: z.int(),
            explains: z.array(
              z.looseObject({ key: z.string(), missed: z.int(), severity: z.string().optional() }),
            ),
            idle: z.looseObject({ days: z.int(), on: z.int() }).optional(),
          }),
        ),
      }),
    ),
    messages: z.array(
      z.looseObject({
        id: z.string(),
        text: z.string(),
        at: z.number(),
        tries: z.int(),
        refused: z.int().optional(),
      }),
    ),
    claim: z.looseObject({ runId: z.string(), until: z.number() }).optional(),
  }),
);

/** One document for all functions: what two of them find is one incident, and only one document can tell that once. */
const KEY = 'notifications/incidents.json';
/** Another run may be faster this often in a row. */
const TRIES = 5;
/** The document may be large, so messages are taken out of it in rounds; as many may come twice. */
const ROUND = 5;
/** So many refused one after the other and none taken: it is not what stands in them. */
const MOST_REFUSED_IN_A_ROW = 3;
/** A round and the write after it take much less. */
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
 * Tells people what a run changed: decides from its findings, writes what is to be sent, sends it, and takes out of
 * the ledger what was taken, five messages at a time. If the process dies between sending and writing, a later run sends those
 * again: five messages at most come twice, and none not at all. What the channel refuses three times for what stands in it is
 * given up, and that is told; it keeps nothing back. Of runs at the same time the one that claims the outbox sends,
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

/** Sends what is in the outbox, round by round, until it is empty, the channel takes no more, or the claim ends. */
async function deliver(
  ports: Pick<Ports, 'clock' | 'random' | 'log' | 'ledger'>,
  { function: name, runId }: Told,
  messenger: Messenger,
  claimed: Stored,
): Promise<readonly Finding[]> {
  let stored = claimed;
  let round: Round = { asked: new Set(), sent: [], refused: [], inARow: 0, isOver: false };
  const reasons = new Set<string>();
  while (!round.isOver && stored.record.claim?.runId === runId) {
    const sent = await sendRound(ports.clock, messenger, stored.record, round);
    stored = await changed(ports, stored, (record) => afterRound(record, sent, runId));
    for (const { reason } of sent.refused) {
      ports.log.warn('notification not delivered', { function: name, runId, reason });
      reasons.add(reason);
    }
    round = sent;
  }
  return reasons.size === 0 ? [] : waits(stored.record, [...reasons]);
}

/** What came of some messages. */
interface Round {
  /** Ids of all that this run has tried. */
  readonly asked: ReadonlySet<string>;
  readonly sent: readonly string[];
  readonly refused: readonly { readonly id: string; readonly fault: Fault; readonly reason: string }[];
  /** How many of the last were refused for what stands in them, one after the other. */
  readonly inARow: number;
  /** The channel takes no more, or there is no time for more. */
  readonly isOver: boolean;
}

type Fault = 'message' | 'channel';

async function sendRound(
  clock: Ports['clock'],
  messenger: Messenger,
  record: NotificationRecord,
  { asked: before, inARow: beforeInARow }: Round,
): Promise<Round> {
  const asked = new Set(before);
  const sent: string[] = [];
  const refused: { id: string; fault: Fault; reason: string }[] = [];
  let inARow = beforeInARow;
  const ended = (isOver: boolean): Round => ({ asked, sent, refused, inARow, isOver });
  for (let n = 0; n < ROUND; n += 1) {
    const next = nextOf(record, asked);
    if (next === undefined) return ended(false);
    if (clock.now() + SEND_MS > (record.claim?.until ?? 0)) return ended(true);
    const answer = await messenger.send(next.text);
    asked.add(next.id);
    if (answer.verdict === 'yes') {
      sent.push(next.id);
      inARow = 0;
      continue;
    }
    const { reason, fault = 'channel' } = answer;
    inARow += 1;
    const isGiven = fault === 'message' && isLastTry(next);
    refused.push({
      id: next.id,
      fault,
      reason: isGiven ? `${reason} for the third time, and it is given up` : reason,
    });
    if (fault === 'channel' || inARow >= MOST_REFUSED_IN_A_ROW) return ended(true);
  }
  return ended(false);
}

/** The record after a round. Who was taken for dead leaves the rest to whoever took it over. */
function afterRound(
  record: NotificationRecord,
  { sent, refused, asked, isOver }: Round,
  runId: string,
): NotificationRecord {
  const rest = withOutbox(record, sent.reduce<Outbox>(withoutSent, record));
  if (record.claim?.runId !== runId) return rest;
  const counted = withOutbox(
    rest,
    refused.reduce<Outbox>((outbox, { id, fault }) => withRefused(outbox, id, fault), rest),
  );
  const isDone = nextOf(counted, asked) === undefined;
  return isDone || (isOver && refused.length > 0) ? unclaimed(counted) : counted;
}

const withOutbox = (record: NotificationRecord, { messages, lost }: Outbox): NotificationRecord => ({
  ...omit(record, 'lost'),
  messages,
  ...(lost === undefined ? {} : { lost }),
});

const unclaimed = (record: NotificationRecord): NotificationRecord => omit(record, 'claim');

/** What was refused before and still waits; and what was refused now. */
function waits({ messages, lost }: NotificationRecord, reasons: readonly string[] = []): readonly Finding[] {
  const oldest = messages.find(({ tries }) => tries > 0)?.at;
  if (oldest === undefined && lost === undefined && reasons.length === 0) return [];
  const detail = [
    ...reasons,
    ...(oldest === undefined ? [] : [`messages wait, the oldest since ${formatInstant(oldest)}`]),
    ...(lost === undefined ? [] : [`${lost.count} were given up`]),
  ].join('; ');
  return [finding('notification-failed', 'the webhook', detail, oldest)];
}

async function read(ledger: Ports['ledger']): Promise<Stored> {
  const stored = await ledger.read(KEY);
  if (stored === undefined)
    return { record: { schema: 1, revision: 0, open: {}, messages: [] }, tag: undefined };
  const json = jsonIn(stored.body);
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
