import S3 from 'ibm-cos-sdk/clients/s3.js';
import { expect, test } from 'vitest';
import type { CosPlace } from './cos-place.ts';

/** Statuses with which the losers of a race may be refused. */
export interface ConditionalPutCapabilities {
  readonly createLosers: readonly number[];
  readonly replaceLosers: readonly number[];
}

const RACERS = Array.from({ length: 20 }, (_, n) => `writer ${n}`);

/**
 * Compare-and-set with the conditions of a PUT, as `ibm-cos-sdk` sends it with its own HTTP and its own login.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api
 */
export function conditionalPutContract(
  kind: string,
  can: ConditionalPutCapabilities,
  place: () => CosPlace,
): void {
  const client = (apiKeyId: string): S3 =>
    new S3({
      endpoint: `${place().endpoints.cos}/${place().location}`,
      s3ForcePathStyle: true,
      apiKeyId,
      ibmAuthEndpoint: `${place().endpoints.iam}/identity/token`,
      maxRetries: 0,
      maxRedirects: 0,
    });

  /** A document that nobody else knows. */
  async function aDocument() {
    const Bucket = await place().createBucket();
    const { writer, reader } = place().apiKeys;
    const [s3, reading] = [client(writer), client(reader)];
    const Key = 'ledger/a b{DATE}.json';
    /** @returns the new tag as it travels, or the status of the refusal */
    const put = (Body: string, headers: Readonly<Record<string, string>> = {}): Promise<string | number> => {
      const request = s3.putObject({ Bucket, Key, Body });
      request.on('build', () => Object.assign(request.httpRequest.headers, headers));
      return request.promise().then(
        ({ ETag = '' }) => ETag,
        (error: { readonly statusCode: number }) => error.statusCode,
      );
    };
    const read = async (): Promise<string> => {
      const { Body } = await reading.getObject({ Bucket, Key }).promise();
      return Buffer.from(Body as Uint8Array).toString();
    };
    return { put, read };
  }

  /** Everybody writes at once under one condition; one wins, and what the winner wrote is there. */
  async function race(
    { put, read }: Awaited<ReturnType<typeof aDocument>>,
    headers: Readonly<Record<string, string>>,
    losers: readonly number[],
  ): Promise<void> {
    const results = await Promise.all(RACERS.map((body) => put(body, headers)));
    const winners = RACERS.filter((_, n) => typeof results[n] === 'string');
    expect(winners).toHaveLength(1);
    expect(await read()).toBe(winners[0]);
    for (const result of results) if (typeof result === 'number') expect(losers).toContain(result);
  }

  test(`${kind}: with If-None-Match: * a document is created once`, async () => {
    const { put, read } = await aDocument();
    expect(await put('1', { 'If-None-Match': '*' })).toMatch(/^"[0-9a-f]{32}"$/);
    expect(await put('2', { 'If-None-Match': '*' })).toBe(412);
    expect(await read()).toBe('1');
  });

  test(`${kind}: with If-Match only the version that was read is replaced`, async () => {
    const { put, read } = await aDocument();
    const first = String(await put('1'));
    const second = String(await put('2', { 'If-Match': first }));
    expect(second).not.toBe(first);
    expect(await put('3', { 'If-Match': first })).toBe(412);
    expect(await put('3', { 'If-Match': second })).toMatch(/^"/);
    expect(await read()).toBe('3');
  });

  test(`${kind}: of twenty that create a document at once, one wins`, async () => {
    await race(await aDocument(), { 'If-None-Match': '*' }, can.createLosers);
  });

  test(`${kind}: of twenty that replace the same version at once, one wins`, async () => {
    const document = await aDocument();
    const tag = String(await document.put('before'));
    await race(document, { 'If-Match': tag }, can.replaceLosers);
  });
}
