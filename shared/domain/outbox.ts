import { changeText, cut, foldedText, lostText, type TextOptions } from './notification-text.ts';
import type { IncidentChange } from './notify.ts';
import { days } from './time.ts';

/** A message that is to be sent. */
export interface OutgoingMessage {
  readonly id: string;
  readonly text: string;
  /** When it was decided. */
  readonly at: number;
  /** How often it was not taken, for whatever reason. */
  readonly tries: number;
  /** How often of those the channel took the call and refused what stands in it. */
  readonly refused?: number;
}

/** Messages in the order in which they are sent, and an account of those that were given up. */
export interface Outbox {
  readonly messages: readonly OutgoingMessage[];
  /** Not told yet. */
  readonly lost?: { readonly count: number; readonly from: number; readonly until: number };
}

/** What one run changes beyond this is folded into one message more: a channel of a thousand messages is read by nobody. */
export const MOST_A_RUN = 20;
/** A message that could not be sent for this long is given up. */
const KEPT_MS = days(7);
/** Nor is one tried more often than this that the channel refuses for what stands in it: it would stay so. */
const MOST_REFUSED = 3;
/** Nor do more than this wait: the oldest are given up. */
const MOST_WAITING = 200;
const LONGEST_TEXT = 2_000;

/** The outbox with a message for each change of a run. */
export function withChanges(
  outbox: Outbox,
  changes: readonly IncidentChange[],
  runId: string,
  options: TextOptions,
): Outbox {
  const rest = changes.slice(MOST_A_RUN);
  const texts = [
    ...changes.slice(0, MOST_A_RUN).map((change) => changeText(change, options)),
    ...(rest.length === 0 ? [] : [foldedText(rest, options)]),
  ];
  const added = texts.map(
    (text, index): OutgoingMessage => ({
      id: `${runId}.${index + 1}`,
      text: cut(text, LONGEST_TEXT),
      at: options.at,
      tries: 0,
    }),
  );
  return bounded({ ...outbox, messages: [...outbox.messages, ...added] }, options.at);
}

function bounded(outbox: Outbox, now: number): Outbox {
  const kept = outbox.messages.filter(({ at }) => now - at < KEPT_MS).slice(-MOST_WAITING);
  return keeping(outbox, kept);
}

/** The outbox with some of its messages; the others are given up. */
function keeping(outbox: Outbox, kept: readonly OutgoingMessage[]): Outbox {
  const { messages, lost } = outbox;
  const given = messages.filter((message) => !kept.includes(message)).map(({ at }) => at);
  if (given.length === 0) return outbox;
  return {
    messages: kept,
    lost: {
      count: (lost?.count ?? 0) + given.length,
      from: Math.min(...given, lost?.from ?? Infinity),
      until: Math.max(...given, lost?.until ?? 0),
    },
  };
}

/**
 * What is sent next: that something was given up comes before all else.
 *
 * @param asked - ids of what this run has sent or tried already
 */
export function nextOf(
  { messages, lost }: Outbox,
  asked: ReadonlySet<string> = new Set(),
): Pick<OutgoingMessage, 'id' | 'text' | 'refused'> | undefined {
  if (lost !== undefined && !asked.has(lostId(lost))) return { id: lostId(lost), text: lostText(lost) };
  return messages.find(({ id }) => !asked.has(id));
}

/** Another count is another message: what was given up meanwhile is told as well. */
const lostId = ({ count }: { readonly count: number }): string => `lost.${count}`;

/** The outbox without a message that was sent. */
export function withoutSent({ messages, lost }: Outbox, id: string): Outbox {
  const isLost = lost !== undefined && lostId(lost) === id;
  return {
    messages: messages.filter((message) => message.id !== id),
    ...(lost === undefined || isLost ? {} : { lost }),
  };
}

/** Whether the next refusal of what stands in it is the last. */
export const isLastTry = ({ refused = 0 }: Pick<OutgoingMessage, 'refused'>): boolean =>
  refused + 1 >= MOST_REFUSED;

/** The outbox after the channel has not taken a message. @param fault - of what stands in it, or of the channel itself */
export function withRefused(outbox: Outbox, id: string, fault: 'message' | 'channel'): Outbox {
  const isGiven = (message: OutgoingMessage): boolean =>
    message.id === id && fault === 'message' && isLastTry(message);
  const { messages, ...rest } = keeping(
    outbox,
    outbox.messages.filter((message) => !isGiven(message)),
  );
  const refused = ({ refused: before = 0 }: OutgoingMessage) =>
    fault === 'message' ? { refused: before + 1 } : {};
  return {
    ...rest,
    messages: messages.map((message) =>
      message.id === id ? { ...message, tries: message.tries + 1, ...refused(message) } : message,
    ),
  };
}
