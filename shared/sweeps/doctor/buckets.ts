import { type Binding, claimOf, selects } from '../../domain/binding.ts';
import { accountOf } from '../../domain/buckets/shown.ts';
import { jobToBe } from '../../domain/declared/job.ts';
import type { FirewallShown } from '../../domain/doctor/questions.ts';
import type { LogBucket } from '../../domain/doctor/wants.ts';
import type { CisInstance, SweepContext } from '../context.ts';
import type { ZoneJobs } from '../fleet-cache.ts';
import type { Looker } from './looker.ts';

/** The buckets that jobs push to, each once, and whose credentials look into it. */
export function bucketsOf(
  zones: readonly ZoneJobs[],
  {
    bindings,
    instances,
  }: { readonly bindings: readonly Binding[]; readonly instances: readonly CisInstance[] },
  accountIdOf: (account: string) => string,
): readonly LogBucket[] {
  const buckets = new Map<string, LogBucket>();
  for (const look of zones) {
    if ('unreadable' in look) continue;
    for (const job of look.jobs) {
      const { destination } = job;
      if (destination.kind !== 'cos') continue;
      const account =
        bindings.find((binding) => claimOf(binding, job, look.zone) !== undefined)?.account ??
        instances.find(({ crn }) => crn === job.ref.instanceCrn)?.account ??
        '';
      const { bucket: name, region: location, instanceId, path } = destination;
      const key = `${account} ${location}/${name}`;
      if (!buckets.has(key))
        buckets.set(key, { account, accountId: accountIdOf(account), instanceId, name, location, path });
    }
  }
  return [...buckets.values()];
}

/**
 * Where declared jobs that carry no key push to, each path once, and whose credentials read the token that CIS writes there: those of a
 * binding that selects the job, else those of its CIS instance.
 */
export function tokenBucketsOf(
  zones: readonly ZoneJobs[],
  { declared, bindings, instances }: Pick<SweepContext, 'declared' | 'bindings' | 'instances'>,
  accountIdOf: (account: string) => string,
): readonly LogBucket[] {
  const buckets = new Map<string, LogBucket>();
  for (const wanted of declared.jobs) {
    const { destination } = wanted;
    if (wanted.binding !== undefined || destination.kind !== 'cos') continue;
    const zone = zones
      .flatMap((look) => ('zone' in look ? [look.zone] : []))
      .find(({ id, name }) => [id, name.toLowerCase()].includes(wanted.zone.toLowerCase()));
    const selecting =
      zone === undefined
        ? undefined
        : bindings.find((binding) => selects(binding, jobToBe({ wanted, zone }), zone));
    const account = selecting?.account ?? instances.find(({ crn }) => crn === wanted.instance)?.account ?? '';
    const { bucket: name, region: location, instanceId, path } = destination;
    buckets.set(`${account} ${location}/${name}/${path}`, {
      account,
      accountId: accountIdOf(account),
      instanceId,
      name,
      location,
      path,
    });
  }
  return [...buckets.values()];
}

/** Looks into a bucket. @returns it with the account that it says it is in, and what it shows of its firewall */
export async function lookAtBucket(
  { ports: { services } }: SweepContext,
  looker: Looker,
  bucket: LogBucket,
): Promise<{ readonly bucket: LogBucket; readonly firewall: FirewallShown }> {
  const { account, name, path } = bucket;
  if (!looker.canLogIn(account)) return { bucket, firewall: 'unknown' };
  const port = services.buckets(account);
  const [head, configuration, newest] = await Promise.all([
    port.head(bucket),
    port.configuration(name),
    port.newest(bucket, { prefix: path === '' ? '' : `${path}/`, maxPages: 1, except: [] }),
  ]);
  const file = (names: readonly string[], what: string, came: Came): void =>
    looker.file(
      { account, target: name, actions: names.map((action) => `cloud-object-storage.bucket.${action}`) },
      lookOf(what, came),
    );
  file(['head'], 'HEAD of the bucket', head);
  file(['get'], 'listing of its objects', newest);
  file(['get_basic', 'list_bucket_crn'], 'its configuration', configuration);
  if (configuration.verdict !== 'yes')
    return { bucket, firewall: configuration.verdict === 'no' ? 'refused' : 'unknown' };
  const { firewall } = configuration.configuration;
  return {
    bucket: { ...bucket, accountId: accountOf(configuration.configuration) ?? bucket.accountId },
    firewall: firewall === undefined ? 'absent' : 'shown',
  };
}

type Came =
  | { readonly verdict: 'yes' }
  | { readonly verdict: 'no'; readonly status: number }
  | { readonly verdict: 'unknown'; readonly reason: string };

function lookOf(what: string, came: Came) {
  if (came.verdict === 'yes') return { came: 'allowed', detail: `${what}: it was read` } as const;
  if (came.verdict === 'unknown') return { came: 'unclear', detail: `${what}: ${came.reason}` } as const;
  const refused = came.status === 403;
  return { came: refused ? 'refused' : 'unclear', detail: `${what}: status ${came.status}` } as const;
}
