import { buildFleetReport, type FleetInput, type FleetJobInput } from '../../shared/domain/fleet-build.ts';
import type { KeptRun } from '../../shared/domain/report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { aZone, INSTANCE_CRN, START } from './builders.ts';

/** When the reports of the tests are made. */
export const MADE_AT = START + hours(48);

export const aFleetJob = (fields: Partial<FleetJobInput> = {}): FleetJobInput => ({
  zone: aZone(),
  jobId: 1,
  health: 'healthy',
  firstSeenAt: START,
  dataset: 'http_requests',
  lastCompleteAt: MADE_AT - minutes(4),
  outages: [],
  ...fields,
});

export const aKeptRun = (fields: Partial<KeptRun> = {}): KeptRun => ({
  schema: 1,
  function: 'check-logpush',
  runId: 'run1',
  mode: 'act',
  startedAt: MADE_AT - minutes(3),
  finishedAt: MADE_AT - minutes(2),
  outcome: 'ok',
  findings: [],
  actions: [],
  waiting: [],
  calls: {},
  ...fields,
});

export const aFleetInput = (fields: Partial<FleetInput> = {}): FleetInput => ({
  at: MADE_AT,
  instances: [{ crn: INSTANCE_CRN, seenAt: MADE_AT - minutes(2), jobs: [aFleetJob()] }],
  functions: [{ name: 'check-logpush', everyMs: minutes(5) }],
  runs: [aKeptRun()],
  keys: [],
  rotations: [],
  unreadable: [],
  ...fields,
});

/** The report of a fleet of one instance with these jobs. */
export const fleetOf = (...jobs: readonly FleetJobInput[]) =>
  buildFleetReport(aFleetInput({ instances: [{ crn: INSTANCE_CRN, seenAt: MADE_AT - minutes(2), jobs }] }));
