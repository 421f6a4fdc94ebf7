import { CLOUDFLARE_RANGES } from '../cloudflare-ranges.ts';
import { intersectRanges, parseIpRange, sizeOf, subtractRanges } from '../ip-ranges.ts';

/** The legacy firewall of a bucket; an empty list does not restrict. */
export interface Firewall {
  /** Addresses and CIDR ranges, as IBM shows them. */
  readonly allowedIps: readonly string[];
  readonly deniedIps: readonly string[];
  /** `public`, `private`, `direct`. */
  readonly allowedNetworks: readonly string[];
}

export interface FirewallVerdict {
  readonly verdict: 'passes' | 'refuses' | 'partly' | 'unknown';
  /** What refuses, or what could not be read. */
  readonly detail: string;
}

const SHOWN = 4;

/**
 * Whether a firewall lets Logpush in, which comes from Cloudflare's addresses over the public network.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-setting-a-firewall
 */
export function judgeFirewall(
  { allowedIps, deniedIps, allowedNetworks }: Firewall,
  ranges: readonly string[] = CLOUDFLARE_RANGES.ipv4,
): FirewallVerdict {
  if (allowedNetworks.length > 0 && !allowedNetworks.includes('public'))
    return { verdict: 'refuses', detail: `only the network types ${allowedNetworks.join(', ')} may enter` };
  const allowed = read(allowedIps);
  const denied = read(deniedIps);
  const looks = ranges.flatMap((name) => {
    const range = parseIpRange(name);
    if (range === undefined) return [];
    const inside = allowedIps.length === 0 ? [range] : intersectRanges(range, allowed.ranges);
    return [{ name, size: sizeOf([range]), open: sizeOf(subtractRanges(inside, denied.ranges)) }];
  });
  const closed = looks.filter(({ open, size }) => open < size).map(({ name }) => name);
  // What cannot be read may open more, or shut more.
  const refuses = looks.every(({ open }) => open === 0);
  const unread = [...(closed.length === 0 ? [] : allowed.unread), ...(refuses ? [] : denied.unread)];
  if (unread.length > 0)
    return { verdict: 'unknown', detail: `it has entries that cannot be read: ${some(unread)}` };
  if (refuses) return { verdict: 'refuses', detail: 'it lets none of Cloudflare’s addresses in' };
  if (closed.length === 0) return { verdict: 'passes', detail: 'it lets all of Cloudflare’s addresses in' };
  return { verdict: 'partly', detail: `of Cloudflare’s addresses it does not let in all of ${some(closed)}` };
}

/** IPv6 entries let nobody in: COS offers no IPv6. */
function read(entries: readonly string[]) {
  const ipv4 = entries.filter((entry) => !entry.includes(':'));
  return {
    ranges: ipv4.flatMap((entry) => parseIpRange(entry) ?? []),
    unread: ipv4.filter((entry) => parseIpRange(entry) === undefined),
  };
}

const some = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`;
