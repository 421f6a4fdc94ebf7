/** One address in each of the IPv4 ranges that Cloudflare publishes. @see https://www.cloudflare.com/ips/ */
const ADDRESSES = [
  '173.245.49.7',
  '103.21.245.7',
  '103.22.201.7',
  '103.31.5.7',
  '141.101.65.7',
  '108.162.193.7',
  '190.93.241.7',
  '188.114.97.7',
  '197.234.241.7',
  '198.41.129.7',
  '162.158.1.7',
  '104.16.1.7',
  '104.24.1.7',
  '172.64.1.7',
  '131.0.73.7',
] as const;

/** Where a push comes from: every address gets its turn, whether a job pushes each minute or every five. */
export function addressOf(jobId: number, at: number): string {
  const minute = Math.floor(at / 60_000);
  return ADDRESSES[(minute + 2 * Math.floor(minute / 5) + jobId) % ADDRESSES.length] ?? ADDRESSES[0];
}
