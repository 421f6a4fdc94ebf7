import { expect, test } from 'vitest';
import { CallBudget } from '../../../shared/clients/budget.ts';
import { createCosLedger } from '../../../shared/clients/cos-ledger.ts';
import { HttpClient } from '../../../shared/clients/http.ts';
import { TokenProvider } from '../../../shared/clients/tokens.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import type { Clock, Transport } from '../../../shared/ports.ts';
import { fixedRandom } from '../../support/fake-clock.ts';
import { ledgerContract } from '../runtime/ledger-contract.ts';
import type { CosPlace } from './cos-place.ts';

interface LedgerOptions {
  readonly who?: keyof CosPlace['apiKeys'];
  readonly prefix?: string;
  readonly transport?: Transport;
  readonly clock?: Clock;
}

/** The ledger of one process in a bucket. */
export function ledgerIn(place: CosPlace, bucket: string, options: LedgerOptions = {}) {
  const {
    who = 'ledger',
    prefix = 'keeper/prod',
    transport = place.transport,
    clock = place.clock,
  } = options;
  const tokens = new TokenProvider({
    http: new HttpClient({ transport, clock, random: fixedRandom }),
    clock,
    iamUrl: place.endpoints.iam,
    account: who,
    credential: { kind: 'api-key', apiKey: new Secret(place.apiKeys[who]) },
    readFile: () => '',
  });
  return createCosLedger({
    transport,
    clock,
    random: fixedRandom,
    tokens,
    endpoints: place.endpoints,
    budget: new CallBudget(clock, 1000, seconds(1), [seconds(2), seconds(8)]),
    place: { bucket, prefix, location: place.location },
  });
}

/** What a ledger in a bucket does, wherever the bucket is. */
export function cosLedgerContract(kind: string, place: () => CosPlace): void {
  ledgerContract(`${kind}, ledger`, async () => ledgerIn(place(), await place().createBucket()));

  test(`${kind}, ledger: of twenty processes that begin with the same document, exactly one wins`, async () => {
    const bucket = await place().createBucket();
    const bodies = Array.from({ length: 20 }, (_, n) => `process ${n}`);

    const results = await Promise.allSettled(
      bodies.map((body) => ledgerIn(place(), bucket).write('a.json', body, undefined)),
    );

    const winners = bodies.filter((_, n) => results[n]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect((await ledgerIn(place(), bucket).read('a.json'))?.body).toBe(winners[0]);
  });

  test(`${kind}, ledger: two prefixes of a bucket, or none, do not meet`, async () => {
    const bucket = await place().createBucket();
    const [prod, production, whole] = ['prod', 'production', ''].map((prefix) =>
      ledgerIn(place(), bucket, { prefix }),
    );

    await prod?.write('a.json', '1', undefined);
    await production?.write('a.json', '2', undefined);
    await whole?.write('a.json', '3', undefined);

    expect((await prod?.read('a.json'))?.body).toBe('1');
    expect(await prod?.list('')).toEqual(['a.json']);
    expect(await whole?.list('')).toEqual(['a.json', 'prod/a.json', 'production/a.json']);
  });

  test(`${kind}, ledger: a bucket that is not there is not an empty ledger`, async () => {
    const ledger = ledgerIn(place(), 'no-such-bucket');
    const unavailable = {
      name: 'LedgerUnavailableError',
      message: expect.stringContaining('404 NoSuchBucket'),
    };

    await expect(ledger.read('a.json')).rejects.toMatchObject(unavailable);
    await expect(ledger.list('')).rejects.toMatchObject(unavailable);
    await expect(ledger.write('a.json', '{}', undefined)).rejects.toMatchObject(unavailable);
    await expect(ledger.write('a.json', '{}', '"1"')).rejects.toMatchObject(unavailable);
  });

  test(`${kind}, ledger: who may not is told so, with bucket and key and without a token`, async () => {
    const bucket = await place().createBucket();
    const ledger = ledgerIn(place(), bucket, { who: 'stranger' });

    await expect(ledger.read('a.json')).rejects.toMatchObject({
      name: 'LedgerUnavailableError',
      message: `ledger read ${bucket}/keeper/prod/a.json: COS answered 403 AccessDenied`,
    });
    await expect(ledger.list('')).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    await expect(ledger.write('a.json', '{}', undefined)).rejects.toMatchObject({
      message: `ledger write ${bucket}/keeper/prod/.selftest.json: COS answered 403 AccessDenied`,
    });
  });

  test.each([-10, 10])(
    `${kind}, ledger: knows the time of the store with a clock that is %i min off`,
    async (off) => {
      const { clock } = place();
      const wrong: Clock = { now: () => clock.now() + minutes(off), sleep: (ms) => clock.sleep(ms) };
      const ledger = ledgerIn(place(), await place().createBucket(), { clock: wrong });
      expect(() => ledger.now()).toThrow('the store has not answered yet');

      await ledger.read('a.json');

      const before = clock.now();
      const { atLeast, atMost } = ledger.now();
      expect(atLeast).toBeLessThanOrEqual(clock.now());
      expect(atMost).toBeGreaterThanOrEqual(before);
      expect(atMost - atLeast).toBeLessThan(seconds(30));
    },
  );
}
