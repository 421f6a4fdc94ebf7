import { bucketPlace } from '../domain/access-grant.ts';
import { judgeLimits, type SeenBucket } from '../domain/buckets/limits.ts';
import { judgeMissing } from '../domain/buckets/presence.ts';
import { absentLimits, accountOf, type Limit, shownLimits } from '../domain/buckets/shown.ts';
import type { Finding } from '../domain/finding.ts';
import type { BucketRef, BucketsPort } from '../ports.ts';
import type { SweepContext } from './context.ts';
import { Once } from './once.ts';
import type { WriteAccess } from './write-access.ts';

type Head = Awaited<ReturnType<BucketsPort['head']>>;
type Configuration = Awaited<ReturnType<BucketsPort['configuration']>>;

/** One bucket as an account sees it. */
export interface BucketLook {
  readonly account: string;
  readonly bucket: BucketRef;
  /** For findings. */
  readonly subject: string;
  readonly head: Head;
  readonly configuration: Configuration;
}

/** What pushes to a bucket, and how that goes. */
export interface Pushing {
  /** COS instances that the jobs name. */
  readonly instances: readonly string[];
  readonly jobs: readonly string[];
  /** Jobs that fail, or that failures disabled. */
  readonly failing: readonly string[];
  /** Fresh objects of a job are there. */
  readonly arrives: boolean;
}

/** Looks at buckets, each once a run: one HEAD and one read of its configuration. It only reads. */
export class BucketLooks {
  readonly #context: SweepContext;
  readonly #access: WriteAccess;
  readonly #looks = new Once<BucketLook>();

  constructor(context: SweepContext, access: WriteAccess) {
    this.#context = context;
    this.#access = access;
  }

  /** Never throws for what COS answers. */
  of(account: string, bucket: BucketRef): Promise<BucketLook> {
    return this.#looks.get(`${account} ${bucket.location}/${bucket.name}`, async () => {
      const buckets = this.#context.ports.services.buckets(account);
      const [head, configuration] = await Promise.all([
        buckets.head(bucket),
        buckets.configuration(bucket.name),
      ]);
      const subject = `bucket ${bucket.name} (${bucket.location})`;
      return { account, bucket, subject, head, configuration };
    });
  }

  /** A bucket of another location and one that is gone are answered alike: the listing of the instance tells them apart. */
  async missing(
    { account, bucket, configuration }: BucketLook,
    { jobs, instances }: Pushing,
  ): Promise<Finding> {
    const instanceId =
      configuration.verdict === 'yes' ? configuration.configuration.instanceId : (instances[0] ?? '');
    const listed = await this.#context.ports.services.buckets(account).locate(bucket, instanceId);
    return judgeMissing({
      bucket,
      jobs,
      known: isKnown(configuration),
      listed: listed.verdict === 'yes' ? (listed.location ?? 'nowhere') : undefined,
    });
  }

  /** What would refuse what is pushed, as far as it shows. */
  async limits(look: BucketLook, pushing: Pushing): Promise<readonly Finding[]> {
    const { head } = look;
    const now = this.#context.ports.clock.now();
    const at = (head.verdict === 'yes' ? head.answeredAt : undefined) ?? now;
    return judgeLimits(await this.seen(look, pushing), at);
  }

  /** What is known of its limits. */
  async seen(look: BucketLook, pushing: Pushing): Promise<SeenBucket> {
    const { configuration, subject } = look;
    const now = this.#context.ports.clock.now();
    const rootKeyCrn = rootKeyOf(look);
    return {
      subject,
      configuration:
        configuration.verdict === 'yes' ? configuration.configuration : { unseen: why(configuration) },
      ...(rootKeyCrn === undefined ? {} : { rootKeyCrn }),
      shown: await this.#shown(look, now),
      ...pushing,
    };
  }

  /** Nothing in the answers tells what would have been shown if it were there; the keeper's own policies may. */
  async #shown(
    { account, bucket: { name }, head, configuration }: BucketLook,
    now: number,
  ): Promise<ReadonlySet<Limit>> {
    if (configuration.verdict !== 'yes') return new Set();
    const { configuration: seen } = configuration;
    const accountId = accountOf(seen);
    // A HEAD that was not answered shows no root key to anybody.
    const absent = absentLimits(seen, head.verdict === 'yes' ? head.rootKeyCrn : undefined).filter(
      (limit) => limit !== 'root key' || head.verdict === 'yes',
    );
    if (absent.length === 0 || accountId === undefined) return new Set();
    const own = await this.#access.ofKeeper(account, accountId);
    return shownLimits(absent, own, bucketPlace(accountId, seen.instanceId, name), now);
  }
}

export const isMissing = ({ head }: BucketLook): boolean => head.verdict === 'no' && head.status === 404;

export const rootKeyOf = ({ head }: BucketLook): string | undefined =>
  head.verdict === 'yes' ? head.rootKeyCrn : undefined;

const isKnown = (configuration: Configuration): boolean | undefined => {
  if (configuration.verdict === 'yes') return true;
  return configuration.verdict === 'no' && configuration.status === 404 ? false : undefined;
};

const why = (configuration: Exclude<Configuration, { verdict: 'yes' }>): string => {
  if (configuration.verdict === 'unknown') return configuration.reason;
  return configuration.status === 403
    ? 'its configuration is refused (403): it takes Reader (cloud-object-storage.bucket.get_basic), for the quota Writer, for the firewall Manager'
    : `its configuration is answered ${configuration.status}`;
};
