import type { InstanceReport } from '../../domain/doctor/report.ts';
import type { Zone } from '../../domain/logpush.ts';
import type { CisInstance, SweepContext } from '../context.ts';
import type { FleetCache, ZoneJobs } from '../fleet-cache.ts';
import { type Looker, type Seen, valueOf } from './looker.ts';

const ACTIONS = ['internet-svcs.zones.read'];

/** The zones of a CIS instance. */
export const lookAtZones = (
  { ports: { services } }: SweepContext,
  looker: Looker,
  { crn, account }: CisInstance,
): Promise<Seen<readonly Zone[]>> =>
  looker.look({ account, target: crn, actions: ACTIONS }, () =>
    Array.fromAsync(services.cis(account).listZones(crn)),
  );

/** One CIS instance: zones, jobs, whether its plan has Logpush, and what one zone shows of log retention. */
export async function lookAtInstance(
  context: SweepContext,
  fleet: FleetCache,
  looker: Looker,
  instance: CisInstance,
  listed: Seen<readonly Zone[]>,
): Promise<{ readonly report: InstanceReport; readonly zones: readonly ZoneJobs[] }> {
  const { crn, account } = instance;
  const cis = context.ports.services.cis(account);
  const asked = { account, target: crn, actions: [] };
  const [zone] = valueOf(listed) ?? [];
  if ('why' in listed || zone === undefined) {
    const unreadable = 'why' in listed ? [`its zones cannot be listed: ${listed.why}`] : [];
    const zones = 'why' in listed ? {} : { zones: 0, jobs: 0 };
    return {
      report: { crn, account, ...zones, logpush: 'unknown', retention: 'unknown', unreadable },
      zones: [],
    };
  }
  // What is asked of one zone shows what the plan and the role allow; no published action stands for it.
  const first = await looker.look(asked, () => cis.listLogpushJobs(crn, zone.id));
  const [job] = valueOf(first)?.jobs ?? [];
  if (job !== undefined) await looker.look(asked, () => cis.getLogpushJob(job.ref));
  const retention = await looker.look(asked, () => cis.getLogRetention(crn, zone.id));
  const noPlan = isNotInPlan(first);
  const zones = noPlan ? [] : await fleet.now({ ...context, instances: [instance] });
  return {
    zones,
    report: {
      crn,
      account,
      zones: valueOf(listed)?.length ?? 0,
      jobs: zones.reduce((sum, look) => sum + ('jobs' in look ? look.jobs.length : 0), 0),
      logpush: noPlan ? 'no' : 'value' in first ? 'yes' : 'unknown',
      retention: 'why' in retention ? 'unknown' : retention.value ? 'on' : 'off',
      unreadable: [
        ...new Set(zones.flatMap((look) => ('unreadable' in look ? [look.unreadable] : []))),
        ...('why' in retention && !noPlan ? [`log retention cannot be read: ${retention.why}`] : []),
      ],
    },
  };
}

/** @see https://cloud.ibm.com/docs/cis?topic=cis-logpush: only Enterprise plans have it */
const isNotInPlan = (seen: Seen<unknown>): boolean =>
  'why' in seen && (seen.status === 405 || seen.code === '1004');
