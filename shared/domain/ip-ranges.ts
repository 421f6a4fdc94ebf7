/** IPv4 addresses as numbers, both ends included. */
export interface IpRange {
  readonly from: number;
  readonly to: number;
}

const OCTET = /^(?:0|[1-9]\d{0,2})$/;

function parseAddress(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255))
    return undefined;
  return octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

/**
 * Reads an address (`192.0.2.1`) or a range (`192.0.2.0/24`; bits behind the prefix do not count).
 *
 * @returns undefined for anything else, IPv6 included
 */
export function parseIpRange(text: string): IpRange | undefined {
  const [address = '', prefix = '32', ...more] = text.trim().split('/');
  const at = parseAddress(address);
  if (at === undefined || more.length > 0 || !/^(?:\d|[12]\d|3[0-2])$/.test(prefix)) return undefined;
  const size = 2 ** (32 - Number(prefix));
  const from = Math.floor(at / size) * size;
  return { from, to: from + size - 1 };
}

/** Reads what `parseIpRange` reads, and a range given by its ends (`192.0.2.1-192.0.2.9`). */
export function parseIpSpan(text: string): IpRange | undefined {
  const [first = '', last, ...more] = text.split('-');
  if (last === undefined) return parseIpRange(text);
  const [from, to] = [parseAddress(first.trim()), parseAddress(last.trim())];
  if (from === undefined || to === undefined || more.length > 0 || from > to) return undefined;
  return { from, to };
}

/** The text that `parseIpSpan` reads as this range. */
export const formatIpSpan = ({ from, to }: IpRange): string =>
  from === to ? formatAddress(from) : `${formatAddress(from)}-${formatAddress(to)}`;

const formatAddress = (at: number): string =>
  [2 ** 24, 2 ** 16, 2 ** 8, 1].map((size) => Math.floor(at / size) % 256).join('.');

/** What of `ranges` is in none of `others`; in ascending order, without overlaps. */
export function subtractRanges(ranges: readonly IpRange[], others: readonly IpRange[]): readonly IpRange[] {
  const holes = others.toSorted((a, b) => a.from - b.from);
  return merged(ranges).flatMap((range) => {
    const left: IpRange[] = [];
    let from = range.from;
    for (const hole of holes) {
      if (hole.to < from || hole.from > range.to) continue;
      if (hole.from > from) left.push({ from, to: hole.from - 1 });
      from = hole.to + 1;
    }
    return from <= range.to ? [...left, { from, to: range.to }] : left;
  });
}

/** What of `range` is in one of `others`. */
export const intersectRanges = (range: IpRange, others: readonly IpRange[]): readonly IpRange[] =>
  subtractRanges([range], subtractRanges([range], others));

/** How many addresses there are in ranges without overlaps. */
export const sizeOf = (ranges: readonly IpRange[]): number =>
  ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);

function merged(ranges: readonly IpRange[]): readonly IpRange[] {
  const result: IpRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || range.from > last.to) result.push(range);
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return result;
}
