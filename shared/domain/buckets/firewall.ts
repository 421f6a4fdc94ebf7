import { type Admission, admissionOf, readRanges, unreadable } from '../admission.ts';
import { CLOUDFLARE_RANGES } from '../cloudflare-ranges.ts';
import { intersectRanges, subtractRanges } from '../ip-ranges.ts';

/** The legacy firewall of a bucket; an empty list does not restrict. */
export interface Firewall {
  /** Addresses and CIDR ranges, as IBM shows them. */
  readonly allowedIps: readonly string[];
  readonly deniedIps: readonly string[];
  /** `public`, `private`, `direct`. */
  readonly allowedNetworks: readonly string[];
}

export interface FirewallVerdict {
  readonly verdict: Admission['verdict'] | 'unknown';
  /** What refuses, or what could not be read. */
  readonly detail: string;
}

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
  const allowed = readRanges(allowedIps);
  const denied = readRanges(deniedIps);
  const admission = admissionOf(ranges, (range) =>
    subtractRanges(allowedIps.length === 0 ? [range] : intersectRanges(range, allowed.ranges), denied.ranges),
  );
  // What cannot be read may open more, or shut more.
  const unread = [
    ...(admission.verdict === 'passes' ? [] : allowed.unread),
    ...(admission.verdict === 'refuses' ? [] : denied.unread),
  ];
  return unread.length > 0 ? { verdict: 'unknown', detail: unreadable(unread) } : admission;
}
