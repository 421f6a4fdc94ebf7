import { BlockList } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpRange, sizeOf, subtractRanges } from '../../../shared/domain/ip-ranges.ts';

const address = fc.ipV4();
const cidr = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([net, prefix]) => `${net}/${prefix}`);
/** Ranges that are likely to meet: all of one network. */
const near = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 32 }))
  .map(([last, prefix]) => `192.0.2.${last}/${prefix}`);

const range = (text: string) => {
  const parsed = parseIpRange(text);
  if (parsed === undefined) throw new Error(`${text} is no range`);
  return parsed;
};

test('an address is in a range exactly if Node says so', () => {
  fc.assert(
    fc.property(address, fc.oneof(cidr, near), (one, text) => {
      const [net = '', prefix] = text.split('/');
      const list = new BlockList();
      list.addSubnet(net, Number(prefix));
      const { from, to } = range(text);
      const at = range(one).from;
      expect(at >= from && at <= to).toBe(list.check(one));
    }),
  );
});

test('subtraction leaves exactly what is in the ranges and in none of the others', () => {
  fc.assert(
    fc.property(fc.array(near, { maxLength: 4 }), fc.array(near, { maxLength: 4 }), (ranges, others) => {
      const left = subtractRanges(ranges.map(range), others.map(range));
      const isIn = (text: readonly string[], at: number): boolean =>
        text.some((one) => range(one).from <= at && at <= range(one).to);
      const base = range('192.0.2.0').from;
      let size = 0;
      for (let at = base; at < base + 256; at += 1) {
        const expected = isIn(ranges, at) && !isIn(others, at);
        if (expected) size += 1;
        expect(left.some(({ from, to }) => from <= at && at <= to)).toBe(expected);
      }
      expect(sizeOf(left)).toBe(size);
    }),
    { numRuns: 50 },
  );
});

test.each([
  '',
  '192.0.2',
  '192.0.2.256',
  '192.0.2.1/33',
  '192.0.2.1/',
  '192.0.2.1/8/8',
  '01.2.3.4',
  '2001:db8::1',
  '192.0.2.1-192.0.2.9',
])('no range: %j', (text) => {
  expect(parseIpRange(text)).toBeUndefined();
});
