import { type IpRange, parseIpRange, sizeOf } from './ip-ranges.ts';

/** How much of Cloudflare's addresses gets in. */
export interface Admission {
  readonly verdict: 'passes' | 'refuses' | 'partly';
  /** A sentence about `it`: a firewall, a restriction. */
  readonly detail: string;
}

const SHOWN = 4;

/**
 * @param ranges - where Logpush comes from
 * @param open - what of such a range gets in, without overlaps
 */
export function admissionOf(
  ranges: readonly string[],
  open: (range: IpRange) => readonly IpRange[],
): Admission {
  const looks = ranges.flatMap((name) => {
    const range = parseIpRange(name);
    return range === undefined ? [] : [{ name, size: sizeOf([range]), open: sizeOf(open(range)) }];
  });
  const closed = looks.filter(({ open, size }) => open < size).map(({ name }) => name);
  if (looks.every(({ open }) => open === 0))
    return { verdict: 'refuses', detail: 'it lets none of Cloudflare’s addresses in' };
  if (closed.length === 0) return { verdict: 'passes', detail: 'it lets all of Cloudflare’s addresses in' };
  return { verdict: 'partly', detail: `of Cloudflare’s addresses it does not let in all of ${some(closed)}` };
}

/** Reads the IPv4 ranges of a list. IPv6 entries let none of Cloudflare's ranges in, which are IPv4. */
export function readRanges(
  entries: readonly string[],
  parse: (text: string) => IpRange | undefined = parseIpRange,
): { readonly ranges: readonly IpRange[]; readonly unread: readonly string[] } {
  const ipv4 = entries.filter((entry) => !entry.includes(':'));
  return {
    ranges: ipv4.flatMap((entry) => parse(entry) ?? []),
    unread: ipv4.filter((entry) => parse(entry) === undefined),
  };
}

/** What is said of entries that `readRanges` could not read. */
export const unreadable = (entries: readonly string[]): string =>
  `it has entries that cannot be read: ${some(entries)}`;

const some = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
