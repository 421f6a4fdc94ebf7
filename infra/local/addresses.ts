import { BlockList, isIP } from 'node:net';

/** Building one takes longer than asking it, and every push asks. */
const LISTS = new WeakMap<readonly string[], BlockList>();

/** Whether an IPv4 address is one of these addresses and ranges. */
export const isAmong = (address: string, ranges: readonly string[]): boolean =>
  blockList(ranges).check(address);

function blockList(ranges: readonly string[]): BlockList {
  const known = LISTS.get(ranges);
  if (known !== undefined) return known;
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', prefix] = range.split('/');
    const family = isIP(net) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(net, family);
    else list.addSubnet(net, Number(prefix), family);
  }
  LISTS.set(ranges, list);
  return list;
}
