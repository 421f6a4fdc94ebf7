import { CLOUDFLARE_RANGES } from '../cloudflare-ranges.ts';
import { type Finding, finding } from '../finding.ts';
import { namedJobs } from '../named-jobs.ts';
import { formatInstant } from '../time.ts';
import { type Firewall, judgeFirewall } from './firewall.ts';
import { absentLimits, type Limit, SHOWN_TO } from './shown.ts';

/** What the Resource Configuration API says about a bucket. What the caller may not see is absent, as is what is not set. */
export interface BucketConfiguration {
  readonly crn: string;
  /** The COS instance that the bucket belongs to. */
  readonly instanceId: string;
  readonly createdAt?: number;
  readonly bytesUsed: number;
  /** Bytes; 0 = none. */
  readonly hardQuota?: number;
  readonly firewall?: Firewall;
}

/** What is known of one bucket, of its jobs and of what they write. */
export interface SeenBucket {
  /** For the findings. */
  readonly subject: string;
  /** The configuration, or why there is none. */
  readonly configuration: BucketConfiguration | { readonly unseen: string };
  /** CRN of the root key; absent = no key, or none that we may see. */
  readonly rootKeyCrn?: string;
  /** What the caller is known to be allowed to see: there its absence means that there is none. */
  readonly shown: ReadonlySet<Limit>;
  /** COS instances that the jobs name. */
  readonly instances: readonly string[];
  /** Fresh objects of a job are there: something gets in. */
  readonly arrives: boolean;
  /** Jobs that push there and fail, or that failures disabled. */
  readonly failing: readonly string[];
}

/** What would refuse the writes of Logpush, as far as its configuration shows; what it does not show is one finding. */
export function judgeLimits(seen: SeenBucket, now: number): readonly Finding[] {
  const { configuration, subject } = seen;
  if ('unseen' in configuration)
    return [...rootKey(seen), finding('bucket-limits-unclear', subject, configuration.unseen)];
  return [
    ...instance(seen, configuration),
    ...firewall(seen, configuration),
    ...quota(configuration, subject, now),
    ...rootKey(seen),
    ...unclear(seen),
  ];
}

function instance(
  { instances, subject }: SeenBucket,
  { instanceId }: BucketConfiguration,
): readonly Finding[] {
  const others = instances.filter((named) => named !== instanceId);
  if (others.length === 0) return [];
  const detail = `it belongs to COS instance ${instanceId}, its jobs name ${others.join(', ')}`;
  return [finding('bucket-instance-differs', subject, detail)];
}

function firewall({ subject, arrives }: SeenBucket, { firewall }: BucketConfiguration): readonly Finding[] {
  if (firewall === undefined) return [];
  const { verdict, detail } = judgeFirewall(firewall);
  if (verdict === 'passes' || verdict === 'unknown') return [];
  const ranges = `its firewall: ${detail} (ranges as published until ${CLOUDFLARE_RANGES.asOf})`;
  if (verdict === 'refuses' && !arrives) return [finding('bucket-firewall-refuses', subject, ranges)];
  // What arrives got in: then the ranges are not all there are.
  const after = verdict === 'refuses' ? `${ranges}; objects arrive all the same` : ranges;
  return [finding('bucket-firewall-partly', subject, after)];
}

/** From here on a person should know. */
const NEARLY = 0.9;

function quota(
  { hardQuota = 0, bytesUsed, createdAt }: BucketConfiguration,
  subject: string,
  now: number,
): readonly Finding[] {
  if (hardQuota === 0 || bytesUsed < NEARLY * hardQuota) return [];
  const used = `${bytesUsed} of ${hardQuota} bytes are used`;
  if (bytesUsed >= hardQuota) return [finding('bucket-quota-reached', subject, used)];
  const age = now - (createdAt ?? now);
  const full = age <= 0 ? undefined : now + ((hardQuota - bytesUsed) * age) / bytesUsed;
  const when =
    full === undefined
      ? ''
      : `; as it grew since it was made, it is full on ${formatInstant(full).slice(0, 10)}`;
  return [finding('bucket-quota-near', subject, `${used}${when}`)];
}

function rootKey({ subject, rootKeyCrn, failing }: SeenBucket): readonly Finding[] {
  if (rootKeyCrn === undefined || failing.length === 0) return [];
  const detail = `encrypted with ${rootKeyCrn}, whose state the keeper does not see; ${namedJobs(failing)} cannot push`;
  return [finding('bucket-root-key-suspected', subject, detail)];
}

/** What of the limits of a bucket could not be seen. */
interface UnseenLimit {
  readonly text: string;
  /** It is about where Logpush comes from, so a try from elsewhere says nothing of it. */
  readonly aboutAddress: boolean;
}

/** What may refuse what is pushed and does not show. */
export function unseenLimits(seen: SeenBucket): readonly UnseenLimit[] {
  const { configuration, rootKeyCrn, shown } = seen;
  if ('unseen' in configuration) return [{ text: configuration.unseen, aboutAddress: true }];
  const judged = configuration.firewall === undefined ? undefined : judgeFirewall(configuration.firewall);
  const hidden = absentLimits(configuration, rootKeyCrn).filter((limit) => !shown.has(limit));
  return [
    ...hidden.map((limit) => {
      const { role, action } = SHOWN_TO[limit];
      const text = `${limit}: none, or none that is shown without ${role} (${action})`;
      return { text, aboutAddress: limit === 'firewall' };
    }),
    ...(judged?.verdict === 'unknown' ? [{ text: `firewall: ${judged.detail}`, aboutAddress: true }] : []),
    ...(rootKeyCrn === undefined
      ? []
      : [
          {
            text: `root key: encrypted with ${rootKeyCrn}, whose state is not seen`,
            aboutAddress: false,
          },
        ]),
  ];
}

function unclear(seen: SeenBucket): readonly Finding[] {
  const parts = unseenLimits(seen).map(({ text }) => text);
  if (parts.length === 0) return [];
  const evidence = seen.arrives ? ['objects arrive'] : [];
  return [finding('bucket-limits-unclear', seen.subject, [...parts, ...evidence].join('; '))];
}
