import type { EnvVariable, JobSpec, Project } from './model.ts';

/** What started a run: a person or a program over the API, or an event. */
export type Origin = 'manual' | 'subscription';

/** One index of a run. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-job-plan */
export interface IndexState {
  status: 'pending' | 'running' | 'succeeded' | 'failed';
  retries: number;
  startedAt?: number;
  finishedAt?: number;
  lastFailureReason?: string;
}

export interface JobRun {
  readonly id: string;
  readonly project: Project;
  readonly name: string;
  /** Absent for a run that brings its own image. */
  readonly jobName?: string | undefined;
  readonly origin: Origin;
  /** The job's body with what the run changes of it. */
  readonly spec: JobSpec;
  /** Variables of this run, which win over those of its job. */
  readonly variables: readonly EnvVariable[];
  /** `CE_*` of the event that started it. */
  readonly event: Readonly<Record<string, string>>;
  /** What `JOB_ARRAY_SIZE` says instead of the number of indices. */
  readonly arraySize?: number | undefined;
  readonly createdAt: number;
  readonly entityTag: string;
  startedAt?: number;
  completedAt?: number;
  readonly indices: Map<number, IndexState>;
  /** When Code Engine no longer keeps it. */
  goneAt: number;
}

export const isOver = ({ status }: IndexState): boolean => status === 'succeeded' || status === 'failed';

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#get-job-run */
export function statusOf({ indices, startedAt }: JobRun): 'pending' | 'running' | 'completed' | 'failed' {
  const states = [...indices.values()];
  if (!states.every(isOver)) return startedAt === undefined ? 'pending' : 'running';
  return states.every(({ status }) => status === 'succeeded') ? 'completed' : 'failed';
}
