import type { JobDestination } from './destination.ts';
import type { KeysOnRead } from './elsewhere.ts';

/** A Logpush job as the platform holds it. */
export interface JobState {
  readonly instanceCrn: string;
  readonly zoneId: string;
  readonly id: number;
  /** When it was made through the API; what the world began with is old. */
  readonly createdAt: number;
  name: string;
  readonly dataset: string;
  frequency: string;
  logpullOptions: string;
  /** The labels of its records in Cloud Logs, where it has its own. */
  applicationName?: string;
  subsystemName?: string;
  enabled: boolean;
  enabledAt: number;
  /** Its owner wants it enabled; the platform's own disabling does not change that. */
  wanted: boolean;
  wantedAt: number;
  destination: JobDestination;
  /** Whether there is anything to push. */
  readonly traffic: boolean;
  /** How its keys are shown, where that is not as for all others. */
  readonly keysOnRead?: KeysOnRead;
  /** Earlier destinations that may still be used, oldest first, and when each was replaced. */
  replaced: readonly { readonly at: number; readonly destination: JobDestination }[];
  lastCompleteAt: number | undefined;
  lastErrorAt: number | undefined;
  errorMessage: string | undefined;
}

export interface ZoneState {
  readonly id: string;
  readonly instanceCrn: string;
  readonly name: string;
  readonly status: string;
  paused: boolean;
  retention: boolean;
  readonly createdAt: number;
}

export interface JobRef {
  readonly instanceCrn: string;
  readonly zoneId: string;
  readonly jobId: number;
}

/** The GUID of the instance that a CRN names. */
export const instanceGuid = (crn: string): string => crn.split(':')[7] ?? '';
