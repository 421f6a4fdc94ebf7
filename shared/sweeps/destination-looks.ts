import { seesInstances, seesRestrictions } from '../domain/access-sight.ts';
import { unseenLimits } from '../domain/buckets/limits.ts';
import { accountOf } from '../domain/buckets/shown.ts';
import {
  broken,
  type Cause,
  type Doubt,
  doubtful,
  good,
  type LinkLook,
  together,
} from '../domain/diagnosis/chain.ts';
import { type InstanceLook, judgeCosInstance, judgeLogsInstance } from '../domain/diagnosis/logs-instance.ts';
import type { Finding, FindingCode } from '../domain/finding.ts';
import type { CosDestination, KeyedDestination } from '../domain/logpush.ts';
import { judgeRestrictions } from '../domain/restrictions.ts';
import type { ResourceInstance, RestrictionsPort } from '../ports.ts';
import { BucketLooks, isMissing } from './bucket-looks.ts';
import type { SweepContext } from './context.ts';
import { Once } from './once.ts';
import type { WriteAccess } from './write-access.ts';

/** A job that should push, and with whose rights its destination is looked at. */
export interface PushingJob {
  readonly label: string;
  readonly destination: KeyedDestination;
  /** It was seen to push before. */
  readonly hasPushed: boolean;
  /** An account of `keeper.yml`. */
  readonly account: string;
  /** The IBM account of the destination, where a binding or the key tells it. */
  readonly accountId?: string;
}

type Restrictions = Awaited<ReturnType<RestrictionsPort['list']>>;
type Instance = Awaited<ReturnType<ReturnType<SweepContext['ports']['services']['resources']>['instance']>>;

/** What stops a push for certain, of what is found on a bucket. */
const CERTAIN: ReadonlySet<FindingCode> = new Set([
  'bucket-absent',
  'bucket-elsewhere',
  'bucket-not-found',
  'bucket-firewall-refuses',
  'bucket-quota-reached',
]);
/** What may stop one. */
const SUSPECTED: ReadonlySet<FindingCode> = new Set(['bucket-firewall-partly', 'bucket-root-key-suspected']);
/** What could not be seen. */
const DOUBTS: ReadonlySet<FindingCode> = new Set(['bucket-unclear']);

/** Looks at where jobs push: whether it is there and what keeps Logpush out. Each place once a run; it only reads. */
export class DestinationLooks {
  readonly #context: SweepContext;
  readonly #access: WriteAccess;
  readonly #buckets: BucketLooks;
  readonly #instances = new Once<Instance>();
  readonly #restrictions = new Once<Restrictions>();
  readonly #places = new Once<LinkLook>();

  constructor(context: SweepContext, access: WriteAccess) {
    this.#context = context;
    this.#access = access;
    this.#buckets = new BucketLooks(context, access);
  }

  /** @param neighbours - failing jobs of the same bucket */
  async of(job: PushingJob, neighbours: readonly { readonly label: string }[]): Promise<LinkLook> {
    const { destination, account } = job;
    const accountId = job.accountId ?? (await this.accountOf(job));
    const walls = await this.#walls(account, accountId, destination);
    const { kind, instanceId, region } = destination;
    if (kind === 'cloud-logs') {
      const seen = await this.#instance(account, accountId, instanceId, 'logs');
      return together('destination', [
        judgeLogsInstance({ kind, instanceId, region }, seen, job.hasPushed),
        walls,
      ]);
    }
    const labels = neighbours.map(({ label }) => label);
    const bucket = await this.#places.get(`${account} ${region}/${destination.bucket}`, () =>
      this.#bucket(account, destination, labels),
    );
    const cos = judgeCosInstance(
      instanceId,
      await this.#instance(account, accountId, instanceId, 'cloud-object-storage'),
    );
    return together('destination', [cos, bucket, walls]);
  }

  /** The IBM account that a destination is in, as the destination itself shows it. */
  async accountOf({ account, destination }: PushingJob): Promise<string | undefined> {
    if (destination.kind === 'cos') {
      const { configuration } = await this.#buckets.of(account, placeOf(destination));
      if (configuration.verdict === 'yes') return accountOf(configuration.configuration);
    }
    const seen = await this.#resource(account, destination.instanceId);
    return seen.verdict === 'yes' ? seen.instance.accountId : undefined;
  }

  #resource(account: string, guid: string): Promise<Instance> {
    const resources = this.#context.ports.services.resources(account);
    return this.#instances.get(`${account} ${guid}`, () => resources.instance(guid));
  }

  /** An instance that is not shown is gone only for one who would be shown it. */
  async #instance(
    account: string,
    accountId: string | undefined,
    guid: string,
    service: 'logs' | 'cloud-object-storage',
  ): Promise<InstanceLook> {
    const look = await this.#resource(account, guid);
    if (look.verdict === 'yes') return { seen: 'instance', instance: stateOf(look.instance) };
    if (look.verdict === 'unknown') return { seen: 'nothing', why: look.reason };
    const right = 'to see it, the keeper needs Viewer on it, for the Resource Controller';
    if (look.status === 404 && accountId !== undefined) {
      const own = await this.#access.ofKeeper(account, accountId);
      if (seesInstances(own, service, this.#context.ports.clock.now())) return { seen: 'missing' };
    }
    return { seen: 'nothing', why: `the Resource Controller answers ${look.status}; ${right}` };
  }

  /** Context-based restrictions of the account that the destination is in. */
  async #walls(
    account: string,
    accountId: string | undefined,
    destination: KeyedDestination,
  ): Promise<LinkLook> {
    const service = destination.kind === 'cos' ? 'cloud-object-storage' : 'logs';
    if (accountId === undefined)
      return doubtful(
        'destination',
        'context-based restrictions: the account of the destination does not show',
      );
    const look = await this.#restrictions.get(`${account} ${accountId} ${service}`, () =>
      this.#context.ports.services.restrictions(account).list(accountId, service),
    );
    if (look.verdict === 'unknown')
      return doubtful('destination', `context-based restrictions: ${look.reason}`);
    const right = 'they take Viewer on context-based restrictions in the account of the destination';
    if (look.verdict === 'no')
      return doubtful('destination', `context-based restrictions are refused (${look.status}): ${right}`);
    const { instanceId, region } = destination;
    const place = {
      instanceId,
      region,
      ...(destination.kind === 'cos' ? { bucket: destination.bucket } : {}),
    };
    const { verdict, detail } = judgeRestrictions(look.restrictions, place);
    if (verdict === 'passes') return this.#unseenWalls(account, accountId, look.restrictions.length);
    if (verdict === 'unclear') return doubtful('destination', detail);
    const subject =
      destination.kind === 'cos' ? `bucket ${destination.bucket}` : `Cloud Logs instance ${instanceId}`;
    return verdict === 'refuses'
      ? broken('destination', { code: 'restriction-refuses', subject, detail })
      : broken('destination', { code: 'restriction-partly', subject, detail, suspected: true });
  }

  /** Who may not read restrictions may be shown an empty list. */
  async #unseenWalls(account: string, accountId: string, shown: number): Promise<LinkLook> {
    if (shown > 0) return good('destination');
    const own = await this.#access.ofKeeper(account, accountId);
    if (seesRestrictions(own, this.#context.ports.clock.now())) return good('destination');
    const right = 'the keeper needs Viewer on context-based restrictions to be sure';
    return doubtful('destination', `context-based restrictions: none are shown; ${right}`);
  }

  /** Whether it takes nothing that comes without a checksum. */
  async #keeping(account: string, destination: CosDestination, subject: string): Promise<LinkLook> {
    const look = await this.#context.ports.services.buckets(account).keeping(placeOf(destination));
    const right = 'to see it, the keeper needs Reader on the bucket';
    if (look.verdict !== 'yes') {
      const why = look.verdict === 'no' ? `status ${look.status}` : look.reason;
      return doubtful('destination', `${subject}: whether it keeps objects is not shown (${why}); ${right}`);
    }
    if (look.keeps === undefined) return good('destination');
    const detail = `it keeps each object for ${look.keeps}`;
    return broken('destination', { code: 'bucket-keeps-objects', subject, detail, suspected: true });
  }

  /** What is found on a bucket; `verify-buckets` finds the same. */
  async #bucket(account: string, destination: CosDestination, labels: readonly string[]): Promise<LinkLook> {
    const look = await this.#buckets.of(account, placeOf(destination));
    const pushing = {
      instances: [destination.instanceId],
      jobs: labels,
      failing: labels,
      arrives: false,
    };
    if (isMissing(look)) return fromFindings([await this.#buckets.missing(look, pushing)]);
    const { head, subject, configuration } = look;
    const right = 'the keeper needs Content Reader on it, and to pass its firewall';
    const unlooked =
      head.verdict === 'yes'
        ? []
        : [head.verdict === 'no' ? `HEAD bucket is answered ${head.status}; ${right}` : head.reason];
    const limits = fromFindings(await this.#buckets.limits(look, pushing));
    const unseen = unseenLimits(await this.#buckets.seen(look, pushing)).map(
      ({ text, aboutAddress }): Doubt => ({
        why: `${subject}: ${text}`,
        ...(aboutAddress ? {} : { triedAway: true }),
      }),
    );
    const keeping = await this.#keeping(account, destination, subject);
    // Its configuration shows more than a HEAD.
    const doubts = (configuration.verdict === 'yes' ? [] : unlooked).map(
      (why) => ({ why: `${subject}: ${why}`, triedAway: true }) as const,
    );
    return together('destination', [limits, keeping, { causes: [], doubts: [...unseen, ...doubts] }]);
  }
}

const placeOf = ({ bucket, region }: CosDestination) => ({ name: bucket, location: region });

const stateOf = ({ region, state, privateOnly }: ResourceInstance) => ({
  region,
  state,
  ...(privateOnly === undefined ? {} : { privateOnly }),
});

function fromFindings(findings: readonly Finding[]): LinkLook {
  const causes = findings.flatMap(({ code, subject, detail }): readonly Cause[] => {
    if (CERTAIN.has(code)) return [{ code, subject, detail }];
    if (!SUSPECTED.has(code)) return [];
    // Without its root key a bucket refuses us as well.
    const tried = code === 'bucket-root-key-suspected' ? { triedAway: true as const } : {};
    return [{ code, subject, detail, suspected: true, ...tried }];
  });
  const doubts = findings
    .filter(({ code }) => DOUBTS.has(code))
    .map(({ subject, detail }) => ({ why: `${subject}: ${detail}` }));
  return { link: 'destination', causes, doubts };
}
