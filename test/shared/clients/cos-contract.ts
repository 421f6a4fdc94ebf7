import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { CallBudget } from '../../../shared/clients/budget.ts';
import { createCos } from '../../../shared/clients/cos.ts';
import { createBuckets } from '../../../shared/clients/cos-reader.ts';
import { HttpClient } from '../../../shared/clients/http.ts';
import { TokenProvider } from '../../../shared/clients/tokens.ts';
import type { CosDestination } from '../../../shared/domain/logpush.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { seconds } from '../../../shared/domain/time.ts';
import type { HttpRequest } from '../../../shared/ports.ts';
import { fixedRandom } from '../../support/fake-clock.ts';
import type { CosPlace } from './cos-place.ts';

/** What S3 servers do differently. */
export interface CosCapabilities {
  /** Only the endpoint of its own location knows a bucket. */
  readonly knowsLocations: boolean;
  /** Listings come in no order, as IBM's do: reading them right shows that no order is relied on. */
  readonly listsInNoOrder: boolean;
  /** Who wrote an object may read it, whatever its role says. */
  readonly writersRead: boolean;
}

type Who = keyof CosPlace['apiKeys'];

/** Letters that mean something to URLs, to XML, or to a server that decodes twice. */
const ODD_PATHS = ['http', 'edge/http', 'a b+c', 'é世界', '{DATE}', 'x&y<z>"\'', '100%41~!*()@:$,;=#?[]|^`'];

const AT = Date.UTC(2026, 2, 1, 23, 59);

/** What the keeper's writing to and looking into buckets come to, wherever the buckets are. */
export function cosContract(kind: string, can: CosCapabilities, place: () => CosPlace): void {
  /** The clients of production, one login for each who asks. */
  function keeper() {
    const { transport, clock, endpoints, location, apiKeys } = place();
    const http = new HttpClient({ transport, clock, random: fixedRandom });
    const login = (who: Who) =>
      new TokenProvider({
        http,
        clock,
        iamUrl: endpoints.iam,
        account: who,
        credential: { kind: 'api-key', apiKey: new Secret(apiKeys[who]) },
        readFile: () => '',
      });
    const cos = createCos(http, endpoints);
    return {
      tokenOf: (who: Who) => login(who).token(),
      buckets: (who: Who) =>
        createBuckets({
          http,
          tokens: login(who),
          endpoints,
          budget: new CallBudget(clock, 1000, seconds(1)),
        }),
      at: (name: string) => ({ name, location }),
      write: async (who: Who, bucket: string, more: Partial<CosDestination> = {}) =>
        cos.writeTestObject(destination(bucket, location, more), await login(who).token(), AT),
    };
  }

  /** One request past the clients, as whoever it is. */
  async function send(
    who: Who,
    method: HttpRequest['method'],
    path: string,
    more: Partial<HttpRequest> = {},
  ) {
    const { transport, endpoints, location } = place();
    return transport.send({
      method,
      url: `${endpoints.cos}/${location}/${path}`,
      timeoutMs: seconds(10),
      ...more,
      headers: { authorization: `Bearer ${(await keeper().tokenOf(who)).reveal()}`, ...more.headers },
    });
  }

  const pathOf = (key: string): string => key.split('/').map(encodeURIComponent).join('/');

  async function put(bucket: string, key: string, body = 'x'): Promise<void> {
    expect((await send('writer', 'PUT', `${bucket}/${pathOf(key)}`, { body })).status).toBe(200);
  }

  /** The keys of one page, and when each was written, as they stand in the listing. */
  async function listed(bucket: string, prefix = '') {
    const { body } = await send(
      'reader',
      'GET',
      `${bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`,
    );
    return [...body.matchAll(/<Key>([^<]*)<\/Key>.*?<LastModified>([^<]*)</gs)].map(
      ([, key = '', time = '']) => ({ key, at: Date.parse(time) }),
    );
  }
  const writtenAt = async (bucket: string, key: string): Promise<number> => {
    const found = (await listed(bucket, key)).find((object) => object.key === key);
    return found?.at ?? Number.NaN;
  };

  test.each(ODD_PATHS)(`${kind}: writes below the path %s, and over it again`, async (path) => {
    const bucket = await place().createBucket();
    const { write } = keeper();
    expect(await write('writer', bucket, { path })).toEqual({ verdict: 'yes' });
    expect(await write('writer', bucket, { path })).toEqual({ verdict: 'yes' });
    expect(await listed(bucket)).toHaveLength(1);
    const { status, headers } = await send('reader', 'HEAD', `${bucket}/${pathOf(`${path}/test.txt.gz`)}`);
    expect([status, headers['etag']]).toEqual([200, expect.stringMatching(/^"[0-9a-f]{32}"$/)]);
  });

  test(`${kind}: writes into the folder of the day, and at the top of a bucket`, async () => {
    const bucket = await place().createBucket();
    const { write } = keeper();
    await write('writer', bucket, { path: 'http', dailySubfolder: true });
    await write('writer', bucket, { path: '' });
    await write('writer', bucket, { path: '', dailySubfolder: true });
    const keys = (await listed(bucket)).map(({ key }) => key).toSorted();
    expect(keys).toEqual(['20260301/test.txt.gz', 'http/20260301/test.txt.gz', 'test.txt.gz']);
  });

  test(`${kind}: no bucket is a no, and so is no right`, async () => {
    const bucket = await place().createBucket();
    const { write } = keeper();
    expect(await write('writer', 'no-such-bucket')).toEqual({ verdict: 'no', status: 404 });
    expect(await write('stranger', bucket)).toEqual({ verdict: 'no', status: 403 });
    expect(await write('reader', bucket)).toEqual({ verdict: 'no', status: 403 });
    expect(await listed(bucket)).toEqual([]);
  });

  test(`${kind}: a bucket that is full refuses`, async () => {
    const bucket = await place().createBucket();
    const { write } = keeper();
    expect(await write('writer', bucket)).toEqual({ verdict: 'yes' });
    await place().fill(bucket);
    // With which status IBM does, is not documented.
    expect((await write('writer', bucket, { path: 'dns' })).verdict).not.toBe('yes');
    expect((await listed(bucket)).map(({ key }) => key).toSorted()).toEqual([
      'http/test.txt.gz',
      'something',
    ]);
  });

  test(`${kind}: a refusal of the request itself says nothing about the key`, async () => {
    const bucket = await place().createBucket();
    const tooLong = Array.from({ length: 30 }, () => 'a'.repeat(40)).join('/');
    expect(await keeper().write('writer', bucket, { path: tooLong })).toEqual({
      verdict: 'unknown',
      reason: 'COS answered 400',
    });
  });

  test(`${kind}: a body that is not the one of its Content-MD5 is refused`, async () => {
    const bucket = await place().createBucket();
    const headers = { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }; // of nothing
    const { status, body } = await send('writer', 'PUT', `${bucket}/a`, { body: 'x', headers });
    expect([status, body]).toEqual([400, expect.stringContaining('<Code>BadDigest</Code>')]);
  });

  test(`${kind}: a look at a bucket says yes with the time, 403, or 404`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    const seen = await buckets('reader').head(at(bucket));
    expect(seen).toEqual({ verdict: 'yes', answeredAt: expect.any(Number) });
    const answeredAt = 'answeredAt' in seen ? (seen.answeredAt ?? 0) : 0;
    expect(Math.abs(answeredAt - place().clock.now())).toBeLessThan(seconds(60));
    expect(await buckets('stranger').head(at(bucket))).toEqual({ verdict: 'no', status: 403 });
    // Who may write may not look: a refused look says nothing about writing.
    expect(await buckets('writer').head(at(bucket))).toEqual({ verdict: 'no', status: 403 });
    expect(await buckets('reader').head(at('no-such-bucket'))).toEqual({ verdict: 'no', status: 404 });
  });

  test(`${kind}: a listing is refused as a look is`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    const all = { prefix: '', maxPages: 1, except: [] };
    for (const who of ['stranger', 'writer'] as const)
      expect(await buckets(who).newest(at(bucket), all)).toEqual({ verdict: 'no', status: 403 });
    expect(await buckets('reader').newest(at('no-such-bucket'), all)).toEqual({ verdict: 'no', status: 404 });
  });

  test(`${kind}: an empty bucket was seen completely`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    const seen = await buckets('reader').newest(at(bucket), { prefix: '', maxPages: 1, except: [] });
    expect(seen).toEqual({ verdict: 'yes', complete: true });
  });

  test(`${kind}: the newest is found on any page, and only all pages are complete`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    const name = (n: number): string => `http/${String(n).padStart(4, '0')}.log.gz`;
    const newest = (maxPages: number) =>
      buckets('reader').newest(at(bucket), { prefix: 'http/', maxPages, except: [] });
    const atOnce = pLimit(8);
    const write = (from: number, to: number) =>
      Promise.all(Array.from({ length: to - from }, (_, n) => atOnce(() => put(bucket, name(from + n)))));
    await write(1, 1001);
    expect(await newest(1)).toMatchObject({ verdict: 'yes', complete: true });
    await write(1001, 1101);
    for (const n of [2000, 0]) {
      await place().passTime();
      await put(bucket, name(n));
      const newestAt = await writtenAt(bucket, name(n));
      expect(await newest(2)).toEqual({ verdict: 'yes', complete: true, newestAt });
    }
    expect(await newest(1)).toMatchObject({ verdict: 'yes', complete: false });
  }, 60_000);

  test(`${kind}: startAfter skips by name, and is never complete`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    for (const name of ['http/b', 'http/c', 'http/a']) {
      await put(bucket, name);
      await place().passTime();
    }
    const newest = (startAfter: string) =>
      buckets('reader').newest(at(bucket), { prefix: 'http/', startAfter, maxPages: 2, except: [] });
    const newestAt = await writtenAt(bucket, 'http/c');
    expect(newestAt).toBeLessThan(await writtenAt(bucket, 'http/a'));
    expect(await newest('http/a')).toEqual({ verdict: 'yes', complete: false, newestAt });
    expect(await newest('http/c')).toEqual({ verdict: 'yes', complete: false });
  });

  test.each(ODD_PATHS)(`${kind}: finds what is below the prefix %s, and nothing beside it`, async (path) => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    await put(bucket, `${path}/a.log.gz`);
    const newestAt = (await listed(bucket)).at(0)?.at;
    await place().passTime();
    await put(bucket, `${path}-2/b.log.gz`);
    const seen = await buckets('reader').newest(at(bucket), { prefix: `${path}/`, maxPages: 1, except: [] });
    expect(seen).toEqual({ verdict: 'yes', complete: true, newestAt });
  });

  test(`${kind}: what Logpush does not write is no evidence`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at, write } = keeper();
    const look = () => buckets('reader').newest(at(bucket), { prefix: '', maxPages: 1, except: [] });
    await put(bucket, 'http/a.log.gz');
    const newestAt = await writtenAt(bucket, 'http/a.log.gz');
    await place().passTime();
    await write('writer', bucket, { path: 'http' });
    await put(bucket, 'http/ownership-challenge-1f2e.txt');
    await put(bucket, 'http/empty.log.gz', '');
    await put(bucket, 'http/folder/');
    await put(bucket, 'http/.hidden');
    expect(await writtenAt(bucket, 'http/test.txt.gz')).toBeGreaterThan(newestAt);
    expect(await listed(bucket)).toHaveLength(6);
    expect(await look()).toEqual({ verdict: 'yes', complete: true, newestAt });
  });

  test(`${kind}: the text of an object, without white space around it; 403 and 404 as they come`, async () => {
    const bucket = await place().createBucket();
    const { buckets, at } = keeper();
    await put(bucket, 'http/token é.txt', '\n eyJhbGciOi.x.y \n');
    const read = await buckets('reader').readText(at(bucket), 'http/token é.txt');
    expect(read.verdict === 'yes' && read.text.reveal()).toBe('eyJhbGciOi.x.y');
    expect(JSON.stringify(read)).not.toContain('eyJ');
    for (const who of can.writersRead ? (['stranger'] as const) : (['stranger', 'writer'] as const))
      expect(await buckets(who).readText(at(bucket), 'http/token é.txt')).toEqual({
        verdict: 'no',
        status: 403,
      });
    expect(await buckets('reader').readText(at(bucket), 'http/none')).toEqual({ verdict: 'no', status: 404 });
    await put(bucket, 'http/blank', ' ');
    expect((await buckets('reader').readText(at(bucket), 'http/blank')).verdict).toBe('unknown');
  });

  if (can.knowsLocations)
    test(`${kind}: a bucket of another location is no bucket`, async () => {
      const name = await place().createBucket();
      const { buckets, write } = keeper();
      const elsewhere = { name, location: 'us-south' };
      expect(await write('writer', name, { region: 'us-south' })).toEqual({ verdict: 'no', status: 404 });
      expect(await buckets('reader').head(elsewhere)).toEqual({ verdict: 'no', status: 404 });
    });

  test(`${kind}: listings come ${can.listsInNoOrder ? 'in no order' : 'sorted'}`, async () => {
    const bucket = await place().createBucket();
    for (const name of ['d', 'b', 'e', 'a', 'c', 'f']) await put(bucket, name);
    const keys = (await listed(bucket)).map(({ key }) => key);
    expect(keys.join('') === 'abcdef').toBe(!can.listsInNoOrder);
  });
}

const destination = (bucket: string, region: string, more: Partial<CosDestination>): CosDestination => ({
  kind: 'cos',
  instanceId: '33333333-1111-4222-8333-444444444444',
  region,
  bucket,
  path: 'http',
  dailySubfolder: false,
  ...more,
});
