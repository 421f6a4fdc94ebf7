import type { Finding } from './finding.ts';
import type { Health } from './health.ts';
import type { LostMinutes } from './outage.ts';
import type { KeyReport, Outcome, RotationReport, RunReport } from './report.ts';

/** A gap in pushing, as far as it was seen; open while `until` is absent. */
export interface Outage {
  readonly from: number;
  readonly until?: number;
  /** Log minutes that nothing pushed. */
  readonly lostMinutes?: LostMinutes;
}

/** A time in which failures had a job disabled. */
export interface FleetIncident {
  /** When it was first seen disabled. */
  readonly seenAt: number;
  /** Tries to enable it that nobody has seen succeed. */
  readonly tries: number;
  readonly enabledAt?: number;
  readonly enabledBy?: 'keeper' | 'others';
  /** The cause that was gone when it was enabled. */
  readonly cause?: string;
  readonly endedAt?: number;
  /** `proven`: it pushes again. `by-hand`: a person disabled it meanwhile. `gone`: it was deleted. */
  readonly outcome?: 'proven' | 'by-hand' | 'gone';
  readonly lost?: LostMinutes;
}

/** One Logpush job as the ledger knows it. */
export interface FleetJob {
  readonly jobId: number;
  readonly name?: string;
  /** For people: `700123 (http_requests of shop.example)`. */
  readonly label: string;
  readonly dataset?: string;
  readonly frequency?: string;
  /** Where it pushes, in words; never its key. */
  readonly destination?: string;
  readonly health: Health;
  /** The evidence, in a sentence; absent when there is no more than the instants below. */
  readonly reason?: string;
  readonly firstSeenAt: number;
  /** When CIS last showed it; absent when the last look could not read it. */
  readonly seenAt?: number;
  /** Why `health` is not what it is now; absent when it is. */
  readonly outdated?: string;
  readonly lastCompleteAt?: number;
  readonly lastErrorAt?: number;
  readonly errorMessage?: string;
  /** Oldest first; absent when nothing has kept account of them. */
  readonly outages?: readonly Outage[];
  /** Oldest first. */
  readonly incidents: readonly FleetIncident[];
}

export interface FleetZone {
  readonly id: string;
  readonly name: string;
  readonly jobs: readonly FleetJob[];
}

export interface FleetInstance {
  readonly crn: string;
  /** When its jobs were last looked at; absent = never. */
  readonly seenAt?: number;
  readonly zones: readonly FleetZone[];
}

/** A finding, the function whose newest run made it, and when that run ended. */
export interface FleetFinding extends Finding {
  readonly function: string;
  readonly runAt: number;
}

/** What is known of the keys of one binding. */
export interface FleetKeys {
  readonly binding: string;
  readonly secretId: string;
  readonly member?: string;
  /** The configuration has this binding. */
  readonly configured: boolean;
  readonly keys: readonly KeyReport[];
}

/** The newest kept run of one function. */
export interface FleetRun {
  readonly function: string;
  /** How often it runs by the schedule that comes with the keeper. */
  readonly everyMs?: number;
  /** Absent = it has left no report. */
  readonly last?: {
    readonly runId: string;
    readonly mode: RunReport['mode'];
    readonly outcome: Outcome;
    readonly startedAt: number;
    readonly finishedAt: number;
    /** HTTP attempts by `service operation`. */
    readonly calls: Readonly<Record<string, number>>;
  };
  /** It ran before, and is overdue. */
  readonly stale: boolean;
}

/**
 * All that the ledger knows of the fleet: what terminal, page, metrics and programs are given. Holds no key and no value of a
 * secret. Its JSON Schema is in `shared/runtime/fleet-schema.ts`, with the rule by which it may change.
 */
export interface FleetReport {
  readonly schema: 1;
  /** When it was made. */
  readonly at: number;
  readonly instances: readonly FleetInstance[];
  /** Those of the newest run of each function, most urgent first. */
  readonly findings: readonly FleetFinding[];
  readonly rotations: readonly RotationReport[];
  readonly keys: readonly FleetKeys[];
  readonly runs: readonly FleetRun[];
  /** What could not be read, in words: the report says nothing about it. */
  readonly unreadable: readonly string[];
}

/** Every job of the fleet. */
export const jobsOf = ({ instances }: FleetReport): readonly FleetJob[] =>
  instances.flatMap(({ zones }) => zones.flatMap(({ jobs }) => jobs));
