/**
 * Where Cloudflare's machines, and so the pushes of Logpush, come from: the IPv4 ranges that Cloudflare publishes. COS offers
 * no IPv6. Which of them Logpush uses is not told, so a firewall must let all of them in.
 *
 * @see https://www.cloudflare.com/ips/
 */
export const CLOUDFLARE_RANGES = {
  /** When the list was last compared with what Cloudflare publishes. */
  asOf: '2026-09-29',
  ipv4: [
    '173.245.48.0/20',
    '103.21.244.0/22',
    '103.22.200.0/22',
    '103.31.4.0/22',
    '141.101.64.0/18',
    '108.162.192.0/18',
    '190.93.240.0/20',
    '188.114.96.0/20',
    '197.234.240.0/22',
    '198.41.128.0/17',
    '162.158.0.0/15',
    '104.16.0.0/13',
    '104.24.0.0/14',
    '172.64.0.0/13',
    '131.0.72.0/22',
  ],
} as const;
