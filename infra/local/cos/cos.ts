import { createHash } from 'node:crypto';
import { minutes } from '../../../shared/domain/time.ts';
import type {
  CosForCodeEngine,
  Host,
  IamForServices,
  ObjectChange,
  Principal,
  RestrictionsForServices,
  Target,
} from '../host.ts';
import type { InstanceState } from '../resource-controller/instance.ts';
import { type CosAnswer, DENIED, NO_BUCKET, refused } from './answer.ts';
import { isFull, isRetained, isSealed, type Origin, passesFirewall } from './blockers.ts';
import {
  type Blockers,
  type Bucket,
  type NewBucket,
  newBucket,
  type StoredObject,
  usageOf,
} from './bucket.ts';
import { type Conditions, lostRead, lostWrite, wrongDigest } from './conditions.ts';

/** Characters. */
const LONGEST_KEY = 1024;

/** Who asks, and from where. */
export interface Caller {
  readonly principal: Principal | undefined;
  readonly origin: Origin;
}

type About = Pick<Target, 'path' | 'prefix' | 'delimiter'> & { readonly at?: number };

/** A bucket, at the location whose endpoint is asked. */
export interface Place {
  readonly location: string;
  readonly name: string;
}

export interface Write extends Conditions {
  readonly key: string;
  readonly body: string;
  /** `Content-MD5` in Base64. */
  readonly md5?: string | undefined;
  /** Another checksum came along. */
  readonly checksum?: boolean;
}

/** Cloud Object Storage, as far as Logpush and the keeper use it. @see https://cloud.ibm.com/docs/cloud-object-storage */
export class Cos implements CosForCodeEngine {
  readonly #host: Host;
  readonly #iam: IamForServices;
  readonly #restrictions: RestrictionsForServices;
  readonly #buckets = new Map<string, Bucket>();
  #settle: () => void = () => {};
  #changed: (change: ObjectChange) => void = () => {};
  #lastEtag: { readonly body: string | undefined; readonly etag: string } = { body: undefined, etag: '' };

  constructor(host: Host, iam: IamForServices, restrictions: RestrictionsForServices) {
    this.#host = host;
    this.#iam = iam;
    this.#restrictions = restrictions;
  }

  /** For the engine: `settle` does every push that was due before now, and runs before each change. */
  beforeEachChange(settle: () => void): void {
    this.#settle = settle;
  }

  onChange(listener: (change: ObjectChange) => void): void {
    this.#changed = listener;
  }

  addBucket(bucket: NewBucket): void {
    this.#buckets.set(bucket.name, newBucket(bucket));
  }

  /** Somebody changes a bucket. @throws {Error} for a name that does not exist */
  change(name: string, change: (bucket: Blockers) => void): void {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new Error(`no bucket ${name}`);
    this.#settle();
    change(bucket);
  }

  /** A rule, or a person, deletes objects of a bucket: those below a prefix, or those written before an instant. */
  empty(name: string, { prefix = '', before = Infinity }: { prefix?: string; before?: number } = {}): void {
    this.#settle();
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return;
    for (const { key, body, lastModified } of bucket.objects.values()) {
      if (!key.startsWith(prefix) || lastModified >= before) continue;
      bucket.objects.delete(key);
      bucket.bytes -= body.length;
    }
  }

  /** What is in a bucket, for truth. */
  objects(name: string): readonly StoredObject[] {
    return [...(this.#buckets.get(name)?.objects.values() ?? [])];
  }

  /** A client outside: it comes from the address that the world gives to the keeper. */
  caller(authorization: string | undefined): Caller {
    const { callerAddress: address, callerNetwork: network } = this.#host.settings.cos;
    const principal = this.#iam.authenticate(authorization, this.#host.now());
    return { principal, origin: { address, network } };
  }

  /** One push of Logpush: a token of its key, or its own identity, and an object under the job's path. */
  push(
    location: string,
    name: string,
    by: string | Principal,
    write: Write,
    address: string,
    at: number,
  ): CosAnswer {
    const principal = typeof by === 'string' ? this.#iam.principalOf(by, at) : by;
    const caller: Caller = { principal, origin: { address, network: 'public' } };
    const checksum = this.#host.settings.logpush.sendsChecksum;
    return this.#write({ location, name }, caller, { ...write, checksum }, at);
  }

  put(place: Place, caller: Caller, write: Write): CosAnswer {
    return this.#write(place, caller, write, this.#host.now());
  }

  get(place: Place, caller: Caller, key: string, head: boolean, conditions: Conditions): CosAnswer {
    const bucket = this.admit(place, caller, head ? 'object.head' : 'object.get', { path: key });
    if ('status' in bucket) return bucket;
    const object = bucket.objects.get(key);
    if (object === undefined) return refused(404, 'NoSuchKey');
    return lostRead(object, conditions) ?? { status: 200, object };
  }

  delete(place: Place, caller: Caller, key: string): CosAnswer {
    const bucket = this.admit(place, caller, 'object.delete', { path: key });
    if ('status' in bucket) return bucket;
    const object = bucket.objects.get(key);
    if (isRetained(bucket, object, this.#host.now())) return DENIED;
    this.#count(bucket, this.#host.now());
    bucket.objects.delete(key);
    bucket.bytes -= object?.body.length ?? 0;
    if (object !== undefined) this.#tell(bucket, object, 'delete', this.#host.now());
    return { status: 204 };
  }

  head(place: Place, caller: Caller): CosAnswer {
    const bucket = this.admit(place, caller, 'bucket.head');
    if ('status' in bucket) return bucket;
    const shown =
      this.#host.settings.cos.rootKeyOnHead === 'everybody' ||
      this.may(caller, bucket, 'bucket.list_crk_id', this.#host.now());
    return {
      status: 200,
      ...(shown && bucket.rootKey !== undefined ? { rootKeyCrn: bucket.rootKey.crn } : {}),
    };
  }

  create({ location, name }: Place, caller: Caller, instanceId: string): CosAnswer {
    const accountId = caller.principal?.accountId ?? '';
    const existing = this.#buckets.get(name);
    const bucket = newBucket({ name, location, instanceId, accountId, createdAt: this.#host.now() });
    if (caller.principal === undefined) return this.#noPrincipal();
    if (!this.may(caller, bucket, 'bucket.put_bucket', this.#host.now())) return DENIED;
    if (this.#isRestricted(bucket, caller.origin, this.#host.now())) return DENIED;
    if (existing !== undefined && !existing.deleted)
      return refused(
        409,
        existing.instanceId === instanceId ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists',
      );
    this.#buckets.set(name, bucket);
    return { status: 200 };
  }

  /** Whether listings come sorted. */
  get sorted(): boolean {
    return this.#host.settings.cos.sortedListings;
  }

  /** The buckets of an instance, wherever they are. */
  buckets(caller: Caller, instanceId: string): CosAnswer | readonly Bucket[] {
    const { principal } = caller;
    if (principal === undefined) return this.#noPrincipal();
    const target = { service: 'cloud-object-storage', accountId: principal.accountId, instanceId };
    const action = 'cloud-object-storage.account.get_account_buckets';
    if (!this.#iam.allows(principal.iamId, action, target, this.#host.now())) return DENIED;
    if (this.#restrictions.refuses(target, caller.origin.address, this.#host.now())) return DENIED;
    return [...this.#buckets.values()].filter(
      (bucket) => bucket.instanceId === instanceId && !bucket.deleted,
    );
  }

  /** A bucket by its name alone, as the Resource Configuration API finds it. */
  configured(name: string): Bucket | undefined {
    const bucket = this.#buckets.get(name);
    return bucket?.deleted === true ? undefined : bucket;
  }

  /** Of an instance, which is no more active than each of its buckets says. */
  instanceState(instanceId: string): InstanceState {
    const buckets = [...this.#buckets.values()].filter((bucket) => bucket.instanceId === instanceId);
    return buckets.find(({ instanceState }) => instanceState !== 'active')?.instanceState ?? 'active';
  }

  usage(bucket: Bucket): ReturnType<typeof usageOf> {
    return this.#count(bucket, this.#host.now());
  }

  /** @param about - what of the bucket the action is about, for policies that reach that far */
  may(
    { principal }: Caller,
    bucket: Bucket,
    action: string,
    at: number,
    about: Pick<Target, 'path' | 'prefix' | 'delimiter'> = {},
  ): boolean {
    const { name, instanceId, accountId } = bucket;
    const resource = { type: 'bucket', name } as const;
    const target = { service: 'cloud-object-storage', accountId, instanceId, resource, ...about };
    return (
      principal !== undefined &&
      this.#iam.allows(principal.iamId, `cloud-object-storage.${action}`, target, at)
    );
  }

  #write(place: Place, caller: Caller, write: Write, at: number): CosAnswer {
    const bucket = this.admit(place, caller, 'object.put', { path: write.key, at });
    if ('status' in bucket) return bucket;
    const { key, body, md5, checksum = false } = write;
    if (key.length > LONGEST_KEY) return refused(400, 'KeyTooLong');
    const wrong = wrongDigest(body, md5);
    if (wrong !== undefined) return wrong;
    const keeps = bucket.retentionDays !== undefined || bucket.objectLockDays !== undefined;
    if (keeps && md5 === undefined && !checksum) return refused(400, 'InvalidRequest');
    const existing = bucket.objects.get(key);
    const lost = lostWrite(existing, write, this.#host.settings.cos);
    if (lost !== undefined) return lost;
    if (isRetained(bucket, existing, at) || isFull(bucket)) return DENIED;
    this.#count(bucket, at);
    const object = { key, body, etag: this.#etagOf(body), lastModified: at };
    bucket.objects.set(key, object);
    bucket.bytes += body.length - (existing?.body.length ?? 0);
    this.#tell(bucket, object, 'write', at);
    return { status: 200, object };
  }

  #tell(
    { name }: Bucket,
    { key, etag, body }: StoredObject,
    operation: 'write' | 'delete',
    at: number,
  ): void {
    const about = { bucket: name, key, operation, length: body.length, at };
    this.#changed(operation === 'write' ? { ...about, etag } : about);
  }

  /** A bucket of another location does not exist; what refuses, a role or something else, looks alike. */
  admit(
    { location, name }: Place,
    caller: Caller,
    action: string,
    { at = this.#host.now(), ...about }: About = {},
  ): Bucket | CosAnswer {
    const bucket = this.#buckets.get(name);
    if (caller.principal === undefined) return this.#noPrincipal();
    if (bucket === undefined || bucket.deleted || bucket.location !== location) return NO_BUCKET;
    if (!this.may(caller, bucket, action, at, about)) return DENIED;
    if (!passesFirewall(bucket.firewall, caller.origin) || isSealed(bucket, action)) return DENIED;
    return this.#isRestricted(bucket, caller.origin, at) ? DENIED : bucket;
  }

  #isRestricted({ accountId, instanceId, name }: Bucket, { address }: Origin, at: number): boolean {
    const target = { service: 'cloud-object-storage', accountId, instanceId, bucket: name };
    return this.#restrictions.refuses(target, address, at);
  }

  /** Every push carries the same bytes. */
  #etagOf(body: string): string {
    if (this.#lastEtag.body !== body)
      this.#lastEtag = { body, etag: `"${createHash('md5').update(body, 'latin1').digest('hex')}"` };
    return this.#lastEtag.etag;
  }

  #count(bucket: Bucket, at: number): ReturnType<typeof usageOf> {
    return usageOf(bucket, at, minutes(this.#host.settings.cos.usageLagMinutes));
  }

  #noPrincipal(): CosAnswer {
    return refused(this.#host.settings.cos.badTokenStatus, 'AccessDenied');
  }
}
