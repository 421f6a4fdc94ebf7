import { createHash } from 'node:crypto';
import type { Host, IamForServices, Principal, Target } from '../host.ts';

/** An object, without more of its content than a test needs. */
interface StoredObject {
  readonly key: string;
  readonly body: string;
  /** Quoted, as it travels. */
  readonly etag: string;
  readonly lastModified: number;
  readonly rank: string;
}

interface Bucket {
  readonly name: string;
  /** `eu-de`, `us-south`, `us`, … */
  readonly location: string;
  readonly instanceId: string;
  readonly accountId: string;
  readonly objects: Map<string, StoredObject>;
  bytes: number;
  /** Only addresses inside IBM's network get in: what Logpush sends is refused. */
  firewalled: boolean;
  /** Bytes; absent = none. */
  hardQuota?: number;
  deleted: boolean;
}

/** What an S3 request came to: a status, and the code of the error. */
export interface CosAnswer {
  readonly status: number;
  readonly code?: string;
  readonly object?: StoredObject;
}

/** Who asks: a client with a principal, or Logpush from outside IBM's network. */
interface Caller {
  readonly principal: Principal | undefined;
  readonly fromLogpush?: boolean;
}

/** `write` also says under which condition: the tag that must be there, or `*` for none at all. */
interface Write {
  readonly key: string;
  readonly body: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

/** Cloud Object Storage, as far as Logpush and the keeper use it. @see https://cloud.ibm.com/docs/cloud-object-storage */
export class Cos {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #buckets = new Map<string, Bucket>();
  #settle: () => void = () => {};

  constructor(host: Host, iam: IamForServices) {
    this.#host = host;
    this.#iam = iam;
  }

  /** For the engine: `settle` does every push that was due before now, and runs before each change. */
  beforeEachChange(settle: () => void): void {
    this.#settle = settle;
  }

  addBucket(bucket: Pick<Bucket, 'name' | 'location' | 'instanceId' | 'accountId'>): void {
    this.#buckets.set(bucket.name, {
      ...bucket,
      objects: new Map(),
      bytes: 0,
      firewalled: false,
      deleted: false,
    });
  }

  /** Somebody changes a bucket. @throws {Error} for a name that does not exist */
  change(name: string, change: (bucket: Pick<Bucket, 'firewalled' | 'hardQuota' | 'deleted'>) => void): void {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new Error(`no bucket ${name}`);
    this.#settle();
    change(bucket);
  }

  /** A rule, or a person, deletes everything in a bucket. */
  empty(name: string): void {
    this.#settle();
    const bucket = this.#buckets.get(name);
    bucket?.objects.clear();
    if (bucket !== undefined) bucket.bytes = 0;
  }

  /** What is in a bucket, for truth. */
  objects(name: string): readonly StoredObject[] {
    return [...(this.#buckets.get(name)?.objects.values() ?? [])];
  }

  principal(authorization: string | undefined): Principal | undefined {
    return this.#iam.authenticate(authorization, this.#host.now());
  }

  /** One push of Logpush: a token of its key, or its own identity, and an object under the job's path. */
  push(location: string, name: string, by: string | Principal, write: Write, at: number): CosAnswer {
    const principal = typeof by === 'string' ? this.#iam.principalOf(by, at) : by;
    return this.#write(location, name, { principal, fromLogpush: true }, write, at);
  }

  put(location: string, name: string, principal: Principal | undefined, write: Write): CosAnswer {
    return this.#write(location, name, { principal }, write, this.#host.now());
  }

  get(
    location: string,
    name: string,
    principal: Principal | undefined,
    key: string,
    head: boolean,
  ): CosAnswer {
    const action = head ? 'object.head' : 'object.get';
    const bucket = this.#admit(location, name, { principal }, action, this.#host.now(), { path: key });
    if ('status' in bucket) return bucket;
    const object = bucket.objects.get(key);
    return object === undefined ? { status: 404, code: 'NoSuchKey' } : { status: 200, object };
  }

  head(location: string, name: string, principal: Principal | undefined): CosAnswer {
    const bucket = this.#admit(location, name, { principal }, 'bucket.head', this.#host.now());
    return 'status' in bucket ? bucket : { status: 200 };
  }

  /** @returns the objects below a prefix in an order that means nothing, as IBM says */
  list(
    location: string,
    name: string,
    principal: Principal | undefined,
    prefix: string,
  ): CosAnswer | readonly StoredObject[] {
    const bucket = this.#admit(location, name, { principal }, 'bucket.get', this.#host.now(), { prefix });
    if ('status' in bucket) return bucket;
    const found = [...bucket.objects.values()].filter(({ key }) => key.startsWith(prefix));
    return found.toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
  }

  #write(location: string, name: string, caller: Caller, write: Write, at: number): CosAnswer {
    const bucket = this.#admit(location, name, caller, 'object.put', at, { path: write.key });
    if ('status' in bucket) return bucket;
    const existing = bucket.objects.get(write.key);
    if (write.ifNoneMatch === '*' && existing !== undefined) return PRECONDITION;
    if (write.ifMatch !== undefined && existing?.etag !== write.ifMatch) return PRECONDITION;
    if (bucket.hardQuota !== undefined && bucket.bytes >= bucket.hardQuota)
      return { status: 403, code: 'AccessDenied' };
    const etag = `"${createHash('md5').update(write.body).digest('hex')}"`;
    const rank = createHash('md5').update(write.key).digest('hex');
    const object = { key: write.key, body: write.body, etag, lastModified: at, rank };
    bucket.objects.set(write.key, object);
    bucket.bytes += write.body.length - (existing?.body.length ?? 0);
    return { status: 200, object };
  }

  /** A bucket of another location does not exist; a firewall and a missing role look alike. */
  #admit(
    location: string,
    name: string,
    caller: Caller,
    action: string,
    at: number,
    about: Pick<Target, 'path' | 'prefix'> = {},
  ): Bucket | CosAnswer {
    const bucket = this.#buckets.get(name);
    if (caller.principal === undefined) return { status: 403, code: 'AccessDenied' };
    if (bucket === undefined || bucket.deleted || bucket.location !== location)
      return { status: 404, code: 'NoSuchBucket' };
    const { instanceId, accountId } = bucket;
    const target = { service: 'cloud-object-storage', accountId, instanceId, resource: name, ...about };
    const allowed = this.#iam.allows(caller.principal.iamId, `cloud-object-storage.${action}`, target, at);
    if (!allowed || (bucket.firewalled && caller.fromLogpush === true))
      return { status: 403, code: 'AccessDenied' };
    return bucket;
  }
}

const PRECONDITION: CosAnswer = { status: 412, code: 'PreconditionFailed' };
