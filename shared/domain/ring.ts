import { formatInstant } from './time.ts';

/** What a ring may be about, by the path at which it is asked for. */
const KINDS = { '/alert': 'alert', '/secrets': 'secrets' } as const;

export type RingKind = (typeof KINDS)[keyof typeof KINDS];

/** More than any alert or notification has. */
const LARGEST_BYTES = 64 * 1024;

/** One request to the webhook, as far as it counts. Its body is a doorbell: only its size is looked at. */
export interface RingRequest {
  /** Whether it carries the secret. */
  readonly isKnown: boolean;
  readonly method: string;
  readonly path: string;
  /** The value of the header; absent = none, or several. */
  readonly contentType?: string;
  readonly bytes: number;
}

/** The HTTP status that refuses a request. */
export type RefusalStatus = 401 | 404 | 405 | 413 | 415;

/** What a request leads to. Without the secret the answer is always the same, whatever else is wrong. */
export function decideRing(
  request: RingRequest,
): { readonly ring: RingKind } | { readonly refuse: RefusalStatus } {
  const { isKnown, method, path, contentType = '', bytes } = request;
  if (!isKnown) return { refuse: 401 };
  const kind = kindAt(path);
  if (kind === undefined) return { refuse: 404 };
  if (method !== 'POST') return { refuse: 405 };
  if (bytes > LARGEST_BYTES) return { refuse: 413 };
  if (!/^application\/json\s*(?:;|$)/i.test(contentType.trim())) return { refuse: 415 };
  return { ring: kind };
}

const kindAt = (path: string): RingKind | undefined =>
  Object.hasOwn(KINDS, path) ? KINDS[path as keyof typeof KINDS] : undefined;

/** The object that rings: one a minute and kind, however often it is asked for. `rings/alert/20260301T0417`, in UTC. */
export const ringKey = (kind: RingKind, at: number): string =>
  `rings/${kind}/${formatInstant(at).slice(0, 16).replaceAll(/[-:]/g, '')}`;

/** The kind of ring that the key of an object names, if it is a word that may be shown; nothing is believed of it. */
export const ringKindOf = (key: string): string | undefined =>
  /^rings\/([a-z][a-z0-9-]{0,19})\/\d{8}T\d{4}$/.exec(key)?.[1];
