import { buildFleetReport, type FleetInput, type FleetJobInput } from '../domain/fleet-build.ts';
import type { FleetReport } from '../domain/fleet-report.ts';
import { certainLoss } from '../domain/outage.ts';
import type { KeptRun } from '../domain/report.ts';
import type { LedgerStore } from '../ports.ts';
import { readIncidents } from '../sweeps/incidents.ts';
import { readObservation, whyUnread } from '../sweeps/observation-parts.ts';
import type { Observation, ObservedJob } from '../sweeps/observations.ts';
import { readRun } from '../sweeps/runs.ts';
import type { Config } from './config/config.ts';
import { scheduledFor } from './invocation.ts';
import { attempting, readStatus } from './status.ts';

/**
 * The report of the fleet, from the ledger alone: no IBM API is called. A document that cannot be read is said to be
 * so, and the rest is reported.
 */
export async function readFleet(config: Config, ledger: LedgerStore, now: number): Promise<FleetReport> {
  const { attempt, unreadable } = attempting();
  const runs: KeptRun[] = [];
  const functions = scheduledFor(config);
  for (const { name } of functions) {
    const run = await attempt(() => readRun(ledger, name));
    if (run !== undefined) runs.push(run);
  }
  const instances: FleetInput['instances'][number][] = [];
  const unseen: string[] = [];
  for (const { crn } of config.instances) {
    const observation = await attempt(() => readObservation(ledger, crn));
    const incidents = await attempt(() => readIncidents(ledger, crn));
    for (const { shard, endedAt } of observation?.looks ?? []) {
      const { index, of } = shard;
      if (endedAt > 0) continue;
      unseen.push(`what shard ${index} of ${of} has seen of instance ${crn}: it has left no observation`);
    }
    instances.push({
      crn,
      jobs:
        observation === undefined
          ? []
          : Object.values(observation.jobs).map((job) => toInput(job, observation.tellerOf(job.zone.id))),
      ...(observation === undefined ? {} : { seenAt: observation.seenAt }),
      ...(incidents === undefined ? {} : { incidents: incidents.record }),
    });
  }
  const { bindings, unreadable: records } = await readStatus(config, ledger, now);
  const seenKeys = runs.find((run) => run.function === 'rotate-keys')?.keys ?? {};
  return buildFleetReport({
    at: now,
    instances,
    functions,
    runs,
    rotations: bindings.flatMap(({ rotations }) => rotations),
    keys: bindings.map(({ binding, secretId, member, configured, keys }) => {
      const seen = Object.hasOwn(seenKeys, binding) ? seenKeys[binding] : undefined;
      return {
        binding,
        secretId,
        ...(member === undefined ? {} : { member }),
        configured,
        keys: seen ?? keys,
      };
    }),
    unreadable: [...new Set([...unreadable, ...unseen, ...records])],
  });
}

/** An outage whose beginning is not known begins, for a reader, when it was first seen. */
function toInput({ outage, outages, ...job }: ObservedJob, look: Observation): FleetJobInput {
  const unread = whyUnread(look, job.zone.id);
  const open =
    outage === undefined
      ? []
      : [{ from: outage.from ?? outage.seenAt, lostMinutes: { min: certainLoss(outage) } }];
  const past = outages.map(({ from, seenAt, until, lost }) => ({
    from: from ?? seenAt,
    until,
    lostMinutes: lost,
  }));
  return {
    ...job,
    outages: [...past, ...open],
    seenAt: look.seenAt,
    ...(unread === undefined ? {} : { unread }),
  };
}
