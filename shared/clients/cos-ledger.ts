import type S3 from 'ibm-cos-sdk/clients/s3.js';
import { isLedgerKey, ledgerKey, ledgerPrefix } from '../domain/ledger-key.ts';
import { seconds } from '../domain/time.ts';
import {
  ApiError,
  DeadlineError,
  LedgerConflictError,
  LedgerUnavailableError,
  SchemaError,
} from '../errors.ts';
import type { Clock, LedgerStore, Random, StoredDocument, Transport } from '../ports.ts';
import type { CallBudget } from './budget.ts';
import { CosAccess } from './cos-access.ts';
import { type Carrier, carry, createS3 } from './cos-carrier.ts';
import { readLedgerRules } from './cos-ledger-rules.ts';
import { codeOf, statusOf } from './cos-look.ts';
import { cosUrl, type Endpoints } from './endpoints.ts';
import { HttpClient } from './http.ts';
import { StoreClock } from './store-clock.ts';
import type { TokenProvider } from './tokens.ts';

/** A prefix of a bucket, and the location whose endpoint knows the bucket. */
export interface CosLedgerPlace {
  readonly bucket: string;
  /** Without a slash at the end; empty for the whole bucket. */
  readonly prefix: string;
  readonly location: string;
}

/** The HTTP client gives an answer 30 s; a request waits at most 10 s for its turn. */
const REQUEST_MS = seconds(40);
const READS = 3;
const MOST_PAGES = 100;

/** Begins with a dot, so that it is no document. */
const PROBE = '.selftest.json';
const PROBE_BODY =
  '{"about":"logpush-keeper writes this once, to see that this store honours If-None-Match and If-Match"}\n';
/** The tag of no content that anybody knows. */
const NO_TAG = '"00000000000000000000000000000000"';

/**
 * A ledger in a bucket: each document is an object, its tag the ETag as it came. Every write carries a condition, and
 * none is ever sent twice: where its outcome is unclear, the document is read back and compared, which works because
 * each document has a nonce in it.
 *
 * Before the first write it is tried whether the store honours conditions. One that does not can still be read.
 *
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-api
 */
export function createCosLedger(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the account that may read, write and list below the prefix. */
  readonly tokens: TokenProvider;
  readonly endpoints: Endpoints;
  readonly budget: CallBudget;
  readonly place: CosLedgerPlace;
  /** No request starts that could not end by then. */
  readonly deadlineAt?: number;
}): Required<LedgerStore> {
  const { transport, clock, random, tokens, endpoints, budget, place, deadlineAt = Infinity } = options;
  const storeClock = new StoreClock(clock);
  const http = new HttpClient({ transport: storeClock.reading(transport), clock, random, deadlineAt });
  const endsBy = (): number => clock.now() + REQUEST_MS;
  const objects = new Objects({ http, access: new CosAccess(tokens), budget, endsBy }, clock, {
    ...place,
    url: cosUrl(endpoints, place.location),
  });
  let proven: Promise<void> | undefined;
  const prove = (): Promise<void> => {
    proven ??= selfTest(objects).catch((error: unknown) => {
      proven = undefined;
      throw error;
    });
    return proven;
  };
  return {
    read: async (key) => objects.read(ledgerKey(key)),
    async write(key, body, tag) {
      ledgerKey(key);
      await prove();
      return writeOnce(objects, key, body, tag);
    },
    list: async (prefix) => objects.list(ledgerPrefix(prefix)),
    now: () => storeClock.now(),
    findings: () => readLedgerRules(objects.carrier, () => objects.s3(), place),
  };
}

/** @throws {LedgerUnavailableError} when the store takes what its condition forbids, or nothing can be told */
async function selfTest(objects: Objects): Promise<void> {
  const refuses = async (tag: string | undefined): Promise<boolean> => {
    try {
      await objects.put(PROBE, PROBE_BODY, tag);
      return false;
    } catch (error) {
      if (isLost(error, tag)) return true;
      throw objects.unavailable('write', PROBE, error);
    }
  };
  // The first may create it; then the second must not.
  const creates = (await refuses(undefined)) || (await refuses(undefined));
  if (creates && (await refuses(NO_TAG))) return;
  const header = creates ? 'If-Match' : 'If-None-Match';
  const where = objects.nameOf(PROBE);
  throw new LedgerUnavailableError(
    `ledger write ${where}: this store ignores ${header}, so nothing is written`,
  );
}

async function writeOnce(
  objects: Objects,
  key: string,
  body: string,
  tag: string | undefined,
): Promise<string> {
  const conflict = (): LedgerConflictError =>
    new LedgerConflictError(`ledger document ${objects.nameOf(key)} is not what it was when it was read`);
  try {
    return await objects.put(key, body, tag);
  } catch (error) {
    if (isLost(error, tag)) throw conflict();
    if (!isUnclear(error)) throw objects.unavailable('write', key, error);
    const found = await objects.read(key);
    if (found?.body === body.toWellFormed()) return found.tag;
    // While it is as it was, what was sent may still come: nobody has won yet.
    throw found?.tag === tag ? objects.unavailable('write', key, error) : conflict();
  }
}

/** Whether the condition of a write did not hold. Who lost a race may be told 409, who names an absent key 404. */
const isLost = (error: unknown, tag: string | undefined): boolean => {
  const status = statusOf(error);
  if (status === 404) return tag !== undefined && codeOf(error) !== 'NoSuchBucket';
  return status === 412 || status === 409;
};

/** Whether a write that failed may have been done all the same. */
const isUnclear = (error: unknown): boolean =>
  error instanceof SchemaError ||
  // A login without an answer is of no matter: without a token nothing was sent.
  (error instanceof ApiError && error.service === 'cos' && error.effect === 'unknown') ||
  (statusOf(error) ?? 0) >= 500;

const isPassing = (error: unknown): boolean =>
  (error instanceof ApiError && error.service === 'cos') || (statusOf(error) ?? 0) >= 500;

/** The objects below the prefix of a ledger, by their keys without it. */
class Objects {
  readonly carrier: Carrier;
  readonly #clock: Clock;
  readonly #place: CosLedgerPlace & { readonly url: string };
  #s3: Promise<S3> | undefined;

  constructor(carrier: Carrier, clock: Clock, place: CosLedgerPlace & { readonly url: string }) {
    this.carrier = carrier;
    this.#clock = clock;
    this.#place = place;
  }

  s3(): Promise<S3> {
    this.#s3 ??= createS3(this.#place.url);
    return this.#s3;
  }

  nameOf(key: string): string {
    return `${this.#place.bucket}/${this.#pathOf(key)}`;
  }

  /** @throws {LedgerUnavailableError} */
  async read(key: string): Promise<StoredDocument | undefined> {
    const s3 = await this.s3();
    const object = { Bucket: this.#place.bucket, Key: this.#pathOf(key) };
    return this.#repeated('read', key, async () => {
      try {
        const { data, headers } = await carry(this.carrier, 'getObject', s3.getObject(object));
        return {
          body: Buffer.from((data.Body ?? '') as Uint8Array).toString(),
          tag: tagOf('getObject', headers),
        };
      } catch (error) {
        // A bucket that is not there is not an empty ledger.
        if (statusOf(error) === 404 && codeOf(error) === 'NoSuchKey') return undefined;
        throw error;
      }
    });
  }

  /** One request, whose failure says nothing yet. @throws whatever `carry` throws */
  async put(key: string, body: string, tag: string | undefined): Promise<string> {
    const s3 = await this.s3();
    const request = s3.putObject({
      Bucket: this.#place.bucket,
      Key: this.#pathOf(key),
      Body: body,
      ContentType: 'application/json',
      ...(tag === undefined ? { IfNoneMatch: '*' } : {}),
    });
    // The SDK does not know this condition of a PUT.
    if (tag !== undefined)
      request.on('build', () => {
        request.httpRequest.headers['If-Match'] = tag;
      });
    const { headers } = await carry(this.carrier, 'putObject', request);
    return tagOf('putObject', headers);
  }

  /** @throws {LedgerUnavailableError} also when there are more than a ledger can have */
  async list(prefix: string): Promise<readonly string[]> {
    const s3 = await this.s3();
    const start = this.#pathOf('');
    const keys: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const query = {
        Bucket: this.#place.bucket,
        Prefix: `${start}${prefix}`,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      };
      const data = await this.#repeated('list', prefix, async () => {
        const { data: seen } = await carry(this.carrier, 'listObjects', s3.listObjectsV2(query));
        const isWhole = seen.IsTruncated !== true || seen.NextContinuationToken !== undefined;
        if (seen.KeyCount === undefined || !isWhole)
          throw new SchemaError('cos', 'listObjects', 'unexpected KeyCount or NextContinuationToken');
        return seen;
      });
      for (const { Key = '' } of data.Contents ?? []) keys.push(Key.slice(start.length));
      token = data.IsTruncated === true ? data.NextContinuationToken : undefined;
      // IBM promises no order.
      if (token === undefined) return keys.filter(isLedgerKey).toSorted();
    }
    throw new LedgerUnavailableError(`ledger list ${this.nameOf(prefix)}: more than ${MOST_PAGES} pages`);
  }

  unavailable(verb: 'read' | 'write' | 'list', key: string, error: unknown): LedgerUnavailableError {
    const reason = `ledger ${verb} ${this.nameOf(key)}: ${reasonOf(error)}`;
    return new LedgerUnavailableError(reason, { status: statusOf(error) });
  }

  #pathOf(key: string): string {
    const { prefix } = this.#place;
    return prefix === '' ? key : `${prefix}/${key}`;
  }

  /** Reading twice does no harm. */
  async #repeated<T>(verb: 'read' | 'list', key: string, look: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await look();
      } catch (error) {
        if (tries >= READS || !isPassing(error)) throw this.unavailable(verb, key, error);
        await this.#clock.sleep(seconds(tries));
      }
    }
  }
}

function tagOf(operation: string, { etag }: Readonly<Record<string, string>>): string {
  if (etag === undefined) throw new SchemaError('cos', operation, 'no ETag');
  return etag;
}

/** Our own errors are built without secrets; of the SDK's only status and code are told. */
function reasonOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof SchemaError || error instanceof DeadlineError)
    return error.message;
  const status = statusOf(error);
  return status === undefined
    ? 'the answer could not be read'
    : `COS answered ${status} ${codeOf(error) ?? ''}`.trim();
}
