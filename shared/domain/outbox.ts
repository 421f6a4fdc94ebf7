import { changeText, foldedText, lostText, type TextOptions } from './notification-text.ts';
import type { IncidentChange } from './notify.ts';
import { days } from './time.ts';

/** A message that is to be sent. */
export interface OutgoingMessage {
  readonly id: string;
  readonly text: string;
  /** When it was decided. */
  readonly at: number;
  /** How often the channel has refused it. */
  readonly tries: number;
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
      text: text.slice(0, LONGEST_TEXT),
      at: options.at,
      tries: 0,
    }),
  );
  return bounded({ ...outbox, messages: [...outbox.messages, ...added] }, options.at);
}

function bounded(outbox: Outbox, now: number): Outbox {
  const { messages, lost } = outbox;
  const kept = messages.filter(({ at }) => now - at < KEPT_MS).slice(-MOST_WAITING);
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

/** What is sent next: that something was given up comes before all else. */
export function nextOf({ messages, lost }: Outbox): Pick<OutgoingMessage, 'id' | 'text'> | undefined {
  return lost === undefined ? messages[0] : { id: lostId(lost), text: lostText(lost) };
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

/** The outbox after the channel has refused a message. */
export const withRefused = (outbox: Outbox, id: string): Outbox => ({
  ...outbox,
  messages: outbox.messages.map((message) =>
    message.id === id ? { ...message, tries: message.tries + 1 } : message,
  ),
});
