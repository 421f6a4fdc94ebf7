import { jobKey, type LogpushJobRef } from '../logpush.ts';
import type { LostMinutes } from '../outage.ts';
import type { SeenCause } from './seen-cause.ts';

/** A PUT that was to enable a job and after which nobody has read it as enabled; and the cause that seemed gone. */
interface Attempt {
  readonly at: number;
  readonly cause: string;
}

/** One job that its failures disabled, from the first look at it until a push proves that it works again. */
export interface Incident {
  readonly ref: LogpushJobRef;
  /** For people: `700123 (http_requests of shop.example)`. */
  readonly label: string;
  /** When it was first seen disabled. */
  readonly seenAt: number;
  readonly attempts: readonly Attempt[];
  /** CIS's clock when it was enabled, by us or by others. */
  readonly enabledAt?: number;
  readonly enabledBy?: 'keeper' | 'others';
  /** The cause that was gone when we enabled it. */
  readonly cause?: string;
  /** The causes that seemed gone when we enabled it, and with which not one push came before it was disabled again. */
  readonly futile?: readonly string[];
  /** A cause that was seen while it was disabled. */
  readonly seenCause?: SeenCause;
  /** When such a cause was last looked for. */
  readonly lookedAt?: number;
}

export interface PastIncident extends Incident {
  readonly endedAt: number;
  /** `proven`: it pushes again. `by-hand`: a person disabled it meanwhile. `gone`: it was deleted. */
  readonly outcome: 'proven' | 'by-hand' | 'gone';
  readonly lost?: LostMinutes;
}

/** The ledger document of one CIS instance: `incidents/<instance id>.json`. */
export interface IncidentRecord {
  readonly schema: 1;
  readonly instanceCrn: string;
  readonly revision: number;
  /** By job. */
  readonly open: Readonly<Record<string, Incident>>;
  /** Newest last; at most 100. */
  readonly past: readonly PastIncident[];
}

/** When this job was last enabled, as far as its incidents know. */
export function enabledByIncident({ open, past }: IncidentRecord, ref: LogpushJobRef): number | undefined {
  const key = jobKey(ref);
  const moments = [open[key], ...past.filter((incident) => jobKey(incident.ref) === key)]
    .map((incident) => incident?.enabledAt)
    .filter((at) => at !== undefined);
  return moments.length === 0 ? undefined : Math.max(...moments);
}

export const noIncidents = (instanceCrn: string): IncidentRecord => ({
  schema: 1,
  instanceCrn,
  revision: 0,
  open: {},
  past: [],
});

/** The incident once its job was read as enabled: by us when a request of ours came before. */
export function enabledAgain(incident: Incident, at: number): Incident {
  const last = incident.attempts.at(-1);
  if (last === undefined) return { ...incident, enabledAt: at, enabledBy: 'others' };
  return {
    ...incident,
    attempts: incident.attempts.slice(0, -1),
    enabledAt: at,
    enabledBy: 'keeper',
    cause: last.cause,
  };
}

/** Ends an incident and files it. */
export function closeIncident(record: IncidentRecord, key: string, past: PastIncident): IncidentRecord {
  const open = { ...record.open };
  delete open[key];
  return { ...record, open, past: [...record.past, past].slice(-100) };
}
