import { afterAll, beforeAll, expect, test } from 'vitest';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { seconds } from '../../../shared/domain/time.ts';
import {
  type HttpRequest,
  type HttpResponse,
  type Transport,
  TransportError,
} from '../../../shared/ports.ts';
import { cosLedgerContract, ledgerIn } from './cos-ledger-contract.ts';
import { type CosPlace, inProcessPlace, servedPlace } from './cos-place.ts';

const inProcess = inProcessPlace();
let served: CosPlace;
beforeAll(async () => {
  served = await servedPlace();
});
afterAll(() => served.close());

cosLedgerContract('local cloud in process', () => inProcess);
cosLedgerContract('local cloud on loopback', () => served);
const unkind = inProcessPlace({ lostCondition: 409, ifMatchMissing: 404, badTokenStatus: 401 });
cosLedgerContract('local cloud with other answers', () => unkind);

/** Something puts an empty document into a bucket, past the ledger. */
function put(place: ReturnType<typeof inProcessPlace>, bucket: string, key: string): void {
  const grant = place.world.iam.grantToken(place.apiKeys.ledger, place.clock.now());
  const caller = place.world.cos.caller(`Bearer ${grant.ok ? grant.token : ''}`);
  const at = { name: bucket, location: place.location };
  expect(place.world.cos.put(at, caller, { key: `keeper/prod/${key}`, body: '{}' }).status).toBe(200);
}

type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** A transport on which the next write of a document goes another way. */
function disturbed(transport: Transport, how: (send: Send, request: HttpRequest) => Promise<HttpResponse>) {
  let left = 1;
  const send: Send = (request) => transport.send(request);
  return {
    send: (request: HttpRequest) =>
      request.method === 'PUT' && request.url.endsWith('/a.json') && left-- > 0
        ? how(send, request)
        : send(request),
  } satisfies Transport;
}

/** A ledger with one document, whose next write goes another way; and a second process beside it. */
async function aDisturbedLedger(how: (send: Send, request: HttpRequest) => Promise<HttpResponse>) {
  const place = inProcessPlace();
  const bucket = await place.createBucket();
  const other = ledgerIn(place, bucket);
  const tag = await other.write('a.json', '{"nonce":"before"}', undefined);
  const ledger = ledgerIn(place, bucket, { transport: disturbed(place.transport, how) });
  const write = () => place.clock.run(ledger.write('a.json', '{"nonce":"mine"}', tag));
  return { ledger, other, tag, write };
}

const answer = (status: number, body = '', headers = {}): HttpResponse => ({ status, headers, body });
const HTML = answer(200, '<html></html>', { 'content-type': 'text/html' });
const fail = (kind: 'reset' | 'timeout' | 'refused'): never => {
  throw new TransportError(kind);
};

/** What may come back although it was done, and what may come back although it was not. */
const UNCLEAR: readonly (readonly [string, () => HttpResponse])[] = [
  ['a reset', () => fail('reset')],
  ['a timeout', () => fail('timeout')],
  ['status 500', () => answer(500)],
  ['status 503', () => answer(503)],
  ['a page of a proxy', () => HTML],
  ['an answer without a tag', () => answer(200)],
];

test.each(UNCLEAR)('%s after a write that was done: it is read back, and counts', async (_, come) => {
  const { other, write, tag } = await aDisturbedLedger(async (send, request) => {
    await send(request);
    return come();
  });

  const written = await write();

  expect(written).not.toBe(tag);
  expect(await other.read('a.json')).toEqual({ body: '{"nonce":"mine"}', tag: written });
});

test.each(UNCLEAR)('%s instead of a write: nobody is told that it was done', async (_, come) => {
  const { other, write, tag } = await aDisturbedLedger(async () => come());

  await expect(write()).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
  expect(await other.read('a.json')).toEqual({ body: '{"nonce":"before"}', tag });
});

test.each(UNCLEAR)('%s, and meanwhile somebody else wrote: lost, and theirs stays', async (_, come) => {
  const { other, write, tag } = await aDisturbedLedger(async () => {
    await other.write('a.json', '{"nonce":"theirs"}', tag);
    return come();
  });

  await expect(write()).rejects.toMatchObject({ name: 'LedgerConflictError' });
  expect((await other.read('a.json'))?.body).toBe('{"nonce":"theirs"}');
});

test('a write that comes late overwrites nobody', async () => {
  let late: (() => Promise<HttpResponse>) | undefined;
  const { ledger, other, write, tag } = await aDisturbedLedger(async (send, request) => {
    late = () => send(request);
    return fail('timeout');
  });
  await expect(write()).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
  await ledger.write('a.json', '{"nonce":"again"}', tag);

  expect((await late?.())?.status).toBe(412);
  expect((await other.read('a.json'))?.body).toBe('{"nonce":"again"}');
});

test('a write that was never sent is not looked after', async () => {
  const { other, write, tag } = await aDisturbedLedger(async () => fail('refused'));

  await expect(write()).rejects.toMatchObject({
    name: 'LedgerUnavailableError',
    message: expect.stringContaining('the connection was refused'),
  });
  expect((await other.read('a.json'))?.tag).toBe(tag);
});

test('an unclear write that cannot be read back is unavailable', async () => {
  const place = inProcessPlace();
  const bucket = await place.createBucket();
  const sent: string[] = [];
  const ledger = ledgerIn(place, bucket, {
    transport: {
      send: async (request) => {
        if (!request.url.endsWith('/a.json')) return place.transport.send(request);
        sent.push(request.method);
        return answer(500);
      },
    },
  });

  await expect(place.clock.run(ledger.write('a.json', '{}', undefined))).rejects.toMatchObject({
    name: 'LedgerUnavailableError',
    message: `ledger read ${bucket}/keeper/prod/a.json: COS answered 500`,
  });
  expect(sent).toEqual(['PUT', 'GET', 'GET', 'GET']);
});

test('a listing is read to its last page, in whatever order it comes', async () => {
  const place = inProcessPlace();
  const bucket = await place.createBucket();
  const keys = Array.from({ length: 2100 }, (_, n) => `runs/${String(n).padStart(4, '0')}.json`);
  for (const key of keys) put(place, bucket, key);

  expect(await ledgerIn(place, bucket).list('runs/')).toEqual(keys);
});

test.each([
  ['without a count', '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'],
  [
    'that breaks off',
    '<ListBucketResult><IsTruncated>true</IsTruncated><KeyCount>0</KeyCount></ListBucketResult>',
  ],
  ['of a proxy', HTML.body],
])('a listing %s is not taken for an empty one', async (_, body) => {
  const place = inProcessPlace();
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: {
      send: async (request) =>
        request.url.includes('list-type')
          ? answer(200, body, body === HTML.body ? HTML.headers : {})
          : place.transport.send(request),
    },
  });

  await expect(ledger.list('')).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
});

test('a store that ignores conditions is read, and never written', async () => {
  const place = inProcessPlace({ ignoreConditions: true });
  const bucket = await place.createBucket();
  put(place, bucket, 'a.json');
  const ledger = ledgerIn(place, bucket);

  expect((await ledger.read('a.json'))?.body).toBe('{}');
  expect(await ledger.list('')).toEqual(['a.json']);
  for (const tag of [undefined, '"1"'])
    await expect(ledger.write('a.json', '2', tag)).rejects.toMatchObject({
      name: 'LedgerUnavailableError',
      message: `ledger write ${bucket}/keeper/prod/.selftest.json: this store ignores If-None-Match, so nothing is written`,
    });
  expect((await ledger.read('a.json'))?.body).toBe('{}');
});

test('a store that ignores If-Match alone is found out as well', async () => {
  const place = inProcessPlace();
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: {
      send: ({ headers: { 'If-Match': _dropped, ...headers }, ...request }) =>
        place.transport.send({ ...request, headers }),
    },
  });

  await expect(ledger.write('a.json', '{}', undefined)).rejects.toThrow('this store ignores If-Match');
});

test('a process tries the store once, before its first write, and an unclear try is made again', async () => {
  const place = inProcessPlace();
  const probes: number[] = [];
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: {
      send: async (request) => {
        const isProbe = request.url.endsWith('/.selftest.json');
        const seen = isProbe && probes.length === 0 ? answer(500) : await place.transport.send(request);
        if (isProbe) probes.push(seen.status);
        return seen;
      },
    },
  });
  await ledger.read('a.json');
  expect(probes).toEqual([]);

  await expect(ledger.write('a.json', '1', undefined)).rejects.toMatchObject({
    name: 'LedgerUnavailableError',
  });
  await ledger.write('a.json', '1', undefined);
  await ledger.write('b.json', '1', undefined);

  expect(probes).toEqual([500, 200, 412, 412]);
});

test('a token that COS takes no longer is renewed', async () => {
  const place = inProcessPlace();
  const sent: string[] = [];
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: {
      send: async (request) => {
        if (!request.url.includes('/cos/')) return place.transport.send(request);
        sent.push(request.method);
        if (sent.length > 1) return place.transport.send(request);
        // The next token is another one.
        place.clock.advance(seconds(1));
        return answer(401);
      },
    },
  });

  await ledger.write('a.json', '1', undefined);

  expect(sent).toEqual(['PUT', 'PUT', 'PUT', 'PUT', 'PUT']);
  expect((await ledger.read('a.json'))?.body).toBe('1');
});

test('a login that IAM refuses is an unavailable ledger, and names the account', async () => {
  const place = inProcessPlace();
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: { send: async () => answer(400, '{"errorCode":"BXNIM0415E"}') },
  });

  await expect(ledger.read('a.json')).rejects.toMatchObject({
    name: 'LedgerUnavailableError',
    message: expect.stringContaining('IAM does not accept the credentials of account "ledger"'),
  });
});

test('COS says that it is too busy: the ledger waits seconds, and reads again', async () => {
  const place = inProcessPlace();
  let busy = 2;
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: {
      send: async (request) =>
        request.url.includes('/cos/') && busy-- > 0 ? answer(503) : place.transport.send(request),
    },
  });
  const before = place.clock.now();

  expect(await place.clock.run(ledger.read('a.json'))).toBeUndefined();

  expect(place.clock.now() - before).toBe(seconds(4));
});

test('retention refuses what a ledger lives on', async () => {
  const place = inProcessPlace();
  const bucket = await place.createBucket();
  const ledger = ledgerIn(place, bucket);
  place.world.cos.change(bucket, (state) => {
    state.retentionDays = 1;
  });
  const tag = await ledger.write('a.json', '1', undefined);

  await expect(ledger.write('a.json', '2', tag)).rejects.toThrow('COS answered 403');
});

test('the time of the store is known as well as an answer tells it, however long it took', async () => {
  const place = inProcessPlace();
  const transport = new InProcessTransport(place.world.app, place.clock, 1700);
  const ledger = ledgerIn(place, await place.createBucket(), { transport });

  await place.clock.run(ledger.read('a.json'));

  for (const _ of [1, 2]) {
    const { atLeast, atMost } = ledger.now();
    expect(atLeast).toBeLessThanOrEqual(place.clock.now());
    expect(atMost).toBeGreaterThanOrEqual(place.clock.now());
    expect(atMost - atLeast).toBe(1700 + 999);
    place.clock.advance(seconds(90));
  }
});

test('an answer that the store did not make shows no time', async () => {
  const place = inProcessPlace();
  let isCutOff = false;
  const ledger = ledgerIn(place, await place.createBucket(), {
    transport: {
      send: async (request) =>
        isCutOff ? answer(502, '', { date: 'Thu, 01 Jan 2099 00:00:00 GMT' }) : place.transport.send(request),
    },
  });
  await ledger.read('a.json');
  isCutOff = true;

  await expect(place.clock.run(ledger.read('a.json'))).rejects.toThrow('502');
  expect(ledger.now().atMost).toBeLessThan(place.clock.now() + seconds(10));
});
