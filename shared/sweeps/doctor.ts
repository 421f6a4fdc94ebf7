import { claimOf } from '../domain/binding.ts';
import { endpointsOf } from '../domain/doctor/endpoints.ts';
import type { Exchange } from '../domain/doctor/exchange.ts';
import { judgeRight } from '../domain/doctor/judge-right.ts';
import { answerQuestions, type UntypedKeys } from '../domain/doctor/questions.ts';
import type { BindingReport, Examination, InstanceReport, KeysOnRead } from '../domain/doctor/report.ts';
import { type Fleet, wantsOf } from '../domain/doctor/wants.ts';
import {
  destinationName,
  isKeyed,
  type KeyedDestination,
  type LogpushJob,
  mayBeKeyless,
  type Zone,
} from '../domain/logpush.ts';
import type { KeeperFunction } from '../domain/needs.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { type CisInstance, isExpected, type SweepContext } from './context.ts';
import { lookAtAccess } from './doctor/access.ts';
import { lookAtBinding } from './doctor/bindings.ts';
import { bucketsOf, lookAtBucket, tokenBucketsOf } from './doctor/buckets.ts';
import { lookAtIdentity, lookAtOwner } from './doctor/identities.ts';
import { lookAtInstance, lookAtZones } from './doctor/instances.ts';
import { lookAtLedger } from './doctor/ledger.ts';
import { Looker, type Seen, valueOf } from './doctor/looker.ts';
import { lookAtSecret, lookAtSecretLists } from './doctor/secrets.ts';
import { FleetCache, type ZoneJobs } from './fleet-cache.ts';

/** What the examination is given beside the context of a run, which must be in the mode `plan`. */
export interface Patient {
  readonly accounts: Readonly<Record<string, { readonly accountId: string }>>;
  /** For people; and where it is, for one in a bucket. */
  readonly ledger: { readonly name: string; readonly place?: NonNullable<Fleet['ledger']> };
  readonly functions: readonly KeeperFunction[];
  /** Every exchange of this run so far. */
  readonly exchanges: () => readonly Exchange[];
  /** Told of how many zones there are before the first is looked at. */
  readonly begins: (zones: number) => void;
}

/**
 * Looks at everything that the configuration names, with the rights that its accounts have, and says what is there, what is
 * missing and what could not be told. It only reads: it writes nothing, uses no key of a job and destroys no credential.
 */
export async function examine(context: SweepContext, patient: Patient): Promise<Examination> {
  const { accounts } = patient;
  const looker = new Looker();
  const identities: Examination['identities'][number][] = [];
  for (const [account, { accountId }] of Object.entries(accounts))
    identities.push(await lookAtIdentity(context, looker, account, accountId));
  const cache = new FleetCache();
  const { instances, zones } = await lookAtFleet(context, cache, looker, patient.begins);
  await greetDestinations(context, zones);
  const { bindings, untypedKeys, groups } = await lookAtBindings(context, cache, looker, zones);
  const buckets: Awaited<ReturnType<typeof lookAtBucket>>[] = [];
  const accountIdOf = (account: string): string => accounts[account]?.accountId ?? '';
  for (const bucket of bucketsOf(zones, context, accountIdOf))
    buckets.push(await lookAtBucket(context, looker, bucket));
  const { name, place } = patient.ledger;
  const ledger = await lookAtLedger(context.ports.ledger, looker, { name, ...place });
  const access = await lookAtAccess(context, looker, accounts);
  const fleet: Fleet = {
    accounts,
    instances: context.instances,
    bindings: context.bindings,
    buckets: buckets.map(({ bucket }) => bucket),
    tokenBuckets: tokenBucketsOf(zones, context, accountIdOf),
    groups,
    ...(place === undefined ? {} : { ledger: await placed(context, looker, place) }),
  };
  const now = context.ports.clock.now();
  const keysOnRead = countKeys(zones);
  const exchanges = patient.exchanges();
  return {
    endpoints: endpointsOf(exchanges),
    identities,
    rights: wantsOf(fleet, patient.functions).map((want) =>
      judgeRight(want, looker.looks, access.own.get(want.account), now),
    ),
    instances,
    keysOnRead,
    bindings,
    uncovered: uncovered(context, zones),
    ledger,
    questions: answerQuestions({
      exchanges,
      keysOnRead,
      instances,
      own: [...access.own.values()],
      groups: access.groups,
      untypedKeys,
      firewalls: buckets.map(({ firewall }) => firewall),
    }),
  };
}

async function lookAtFleet(
  context: SweepContext,
  cache: FleetCache,
  looker: Looker,
  begins: Patient['begins'],
) {
  const instances: InstanceReport[] = [];
  const zones: ZoneJobs[] = [];
  const listed = new Map<CisInstance, Seen<readonly Zone[]>>();
  for (const instance of context.instances)
    listed.set(instance, await lookAtZones(context, looker, instance));
  begins([...listed.values()].reduce((sum, seen) => sum + (valueOf(seen)?.length ?? 0), 0));
  for (const [instance, zonesSeen] of listed) {
    const seen = await lookAtInstance(context, cache, looker, instance, zonesSeen);
    instances.push(seen.report);
    zones.push(...seen.zones);
  }
  return { instances, zones };
}

/** Each binding, and the group of each secret whose metadata could be read. */
async function lookAtBindings(
  context: SweepContext,
  cache: FleetCache,
  looker: Looker,
  zones: readonly ZoneJobs[],
) {
  const bindings: BindingReport[] = [];
  const untypedKeys: UntypedKeys[] = [];
  const groups: Record<string, string> = {};
  await lookAtSecretLists(context, looker);
  for (const binding of context.bindings) {
    const secret = await lookAtSecret(context, looker, binding);
    if (secret.groupId !== undefined) groups[binding.secret.id] = secret.groupId;
    untypedKeys.push(await lookAtOwner(context, looker, binding, secret.value));
    bindings.push(await lookAtBinding(context, cache, looker, binding, zones, secret));
  }
  return { bindings, untypedKeys, groups };
}

/** Each Cloud Logs host once; what came of it is among the exchanges. */
async function greetDestinations({ ports }: SweepContext, zones: readonly ZoneJobs[]): Promise<void> {
  const hosts = new Map<string, Extract<KeyedDestination, { kind: 'cloud-logs' }>>();
  for (const { job } of jobsOf(zones))
    if (job.destination.kind === 'cloud-logs')
      hosts.set(`${job.destination.region} ${job.destination.instanceId}`, job.destination);
  for (const destination of hosts.values()) {
    try {
      await ports.services.cloudLogs.greet(destination);
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  }
}

const jobsOf = (zones: readonly ZoneJobs[]) =>
  zones.flatMap((look) => ('unreadable' in look ? [] : look.jobs.map((job) => ({ job, zone: look.zone }))));

function countKeys(zones: readonly ZoneJobs[]): Readonly<Record<string, KeysOnRead>> {
  const counts: Record<string, KeysOnRead> = {};
  for (const { job } of jobsOf(zones)) {
    if (!isKeyed(job.destination)) continue;
    const way = keyShown(job);
    const known = counts[job.destination.kind] ?? { clear: 0, masked: 0, absent: 0 };
    counts[job.destination.kind] = { ...known, [way]: known[way] + 1 };
  }
  return counts;
}

const keyShown = ({ destinationKey: { state } }: LogpushJob): keyof KeysOnRead =>
  state === 'visible' ? 'clear' : state === 'masked' ? 'masked' : 'absent';

/** A bucket job that shows no key has none, or one that CIS hides. Of one in `exceptJobs` a person has said that it is nobody's. */
const uncovered = ({ bindings }: SweepContext, zones: readonly ZoneJobs[]): Examination['uncovered'] =>
  jobsOf(zones).flatMap(({ job, zone }) => {
    const { destination } = job;
    const isKnown = bindings.some(
      (binding) =>
        claimOf(binding, job, zone) !== undefined || binding.exceptJobs?.includes(job.ref.jobId) === true,
    );
    if (!isKeyed(destination) || isKnown) return [];
    return [
      {
        job: jobLabel({ job, zone }),
        destination: destinationName(destination),
        carriesKey: mayBeKeyless(job) ? 'unclear' : 'yes',
      } as const,
    ];
  });

/** The instance that the bucket of the ledger is in, where its configuration may be read. */
async function placed(
  { ports: { services } }: SweepContext,
  looker: Looker,
  place: NonNullable<Fleet['ledger']>,
): Promise<NonNullable<Fleet['ledger']>> {
  if (!looker.canLogIn(place.account)) return place;
  const seen = await services.buckets(place.account).configuration(place.bucket);
  return seen.verdict === 'yes' ? { ...place, instanceId: seen.configuration.instanceId } : place;
}
