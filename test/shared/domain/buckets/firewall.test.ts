import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Firewall, judgeFirewall } from '../../../../shared/domain/buckets/firewall.ts';
import { CLOUDFLARE_RANGES } from '../../../../shared/domain/cloudflare-ranges.ts';

const ALL = CLOUDFLARE_RANGES.ipv4;
const aFirewall = (firewall: Partial<Firewall>): Firewall => ({
  allowedIps: [],
  deniedIps: [],
  allowedNetworks: [],
  ...firewall,
});

test.each<readonly [string, Partial<Firewall>, string]>([
  ['nothing at all', {}, 'passes'],
  ['all ranges allowed', { allowedIps: ALL }, 'passes'],
  ['more than all allowed', { allowedIps: ['0.0.0.0/1', '128.0.0.0/1'] }, 'passes'],
  [
    'two halves of a range, and the rest',
    { allowedIps: ['104.16.0.0/14', '104.20.0.0/14', ...ALL.filter((range) => range !== '104.16.0.0/13')] },
    'passes',
  ],
  ['the public network among others', { allowedNetworks: ['private', 'public'] }, 'passes'],
  ['all but one', { allowedIps: ALL.slice(1) }, 'partly'],
  ['all but one address', { deniedIps: ['104.16.0.1'] }, 'partly'],
  ['another network', { allowedIps: ['192.0.2.0/24'] }, 'refuses'],
  ['IPv6 alone', { allowedIps: ['2400:cb00::/32'] }, 'refuses'],
  ['no public network', { allowedNetworks: ['private', 'direct'] }, 'refuses'],
  ['everybody denied', { allowedIps: ALL, deniedIps: ['0.0.0.0/0'] }, 'refuses'],
  [
    'an entry that cannot be read may allow the rest',
    { allowedIps: ['104.16.0.0-104.23.255.255'] },
    'unknown',
  ],
  ['an entry that cannot be read adds nothing to all', { allowedIps: [...ALL, 'somewhere'] }, 'passes'],
  ['an entry that cannot be read may deny', { deniedIps: ['somewhere'] }, 'unknown'],
  [
    'what cannot be read denies no more than all',
    { allowedIps: ['192.0.2.0/24'], deniedIps: ['somewhere'] },
    'refuses',
  ],
])('%s', (_, firewall, verdict) => {
  expect(judgeFirewall(aFirewall(firewall)).verdict).toBe(verdict);
});

test('what is not let in is named', () => {
  expect(judgeFirewall(aFirewall({ allowedIps: ALL.slice(6) })).detail).toMatchInlineSnapshot(
    `"of Cloudflare’s addresses it does not let in all of 173.245.48.0/20, 103.21.244.0/22, 103.22.200.0/22, 103.31.4.0/22 and 2 more"`,
  );
});

test('allowing more never makes it worse, denying more never better', () => {
  const RANK = { refuses: 0, partly: 1, unknown: 1, passes: 2 };
  const some = fc.subarray([...ALL, '0.0.0.0/2', '162.158.0.0/16', '172.64.0.0/14']);
  fc.assert(
    fc.property(some, some, fc.constantFrom(...ALL), (allowedIps, deniedIps, more) => {
      fc.pre(allowedIps.length > 0);
      const rank = (firewall: Partial<Firewall>): number => RANK[judgeFirewall(aFirewall(firewall)).verdict];
      const now = rank({ allowedIps, deniedIps });
      expect(rank({ allowedIps: [...allowedIps, more], deniedIps })).toBeGreaterThanOrEqual(now);
      expect(rank({ allowedIps, deniedIps: [...deniedIps, more] })).toBeLessThanOrEqual(now);
    }),
  );
});
