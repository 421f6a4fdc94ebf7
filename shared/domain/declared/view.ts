import type { Binding } from '../binding.ts';
import { type Finding, type FindingCode, finding } from '../finding.ts';
import type { Hold } from '../hold.ts';
import type { LogpushJob } from '../logpush.ts';
import type { Waiting } from '../report.ts';
import type { DeclaredChange, SeenInZone } from './drift.ts';
import { type Declared, isMatch } from './job.ts';
import { namesakesOf, type Orphans } from './predecessor.ts';
import type { DeclaredEntry, Predecessor } from './record.ts';

/** What one decision about one declaration needs to know. */
export interface DeclaredView {
  readonly declared: Declared;
  readonly entry: DeclaredEntry;
  /** All jobs of the zone. */
  readonly jobs: readonly SeenInZone[];
  /** The other declarations of the zone. */
  readonly siblings: readonly Declared[];
  /** Ids of jobs that were made for those, or that go for their sake. */
  readonly othersJobs: ReadonlySet<number>;
  readonly orphans: Orphans;
  /** The jobs of all other zones of all instances, for a bucket's path is one job's alone; absent = nobody has looked so far. */
  readonly elsewhere?: Elsewhere;
  readonly bindings: readonly Binding[];
  /** Whether the job is to be made as declared where it differs. */
  readonly enforce: boolean;
  readonly holds: readonly Hold[];
  readonly now: number;
  /** The ledger's clock. */
  readonly storeNow: number;
}

export interface Elsewhere {
  readonly jobs: readonly LogpushJob[];
  /** How many zones, or whole instances, could not be read. */
  readonly unread: number;
}

export type DeclaredEffect =
  /** Reads the jobs of all other zones. */
  | { readonly kind: 'look-elsewhere' }
  | {
      /** Makes the declared job. */
      readonly kind: 'create';
      /** The job that goes once the new one has pushed. */
      readonly replaces?: Predecessor & { readonly job: LogpushJob };
      /** A dead job of LogDNA that will go then as well. */
      readonly dead?: LogpushJob;
    }
  | {
      readonly kind: 'update';
      readonly job: LogpushJob;
      readonly change: DeclaredChange;
      /** For people. */
      readonly detail: string;
    }
  /** Deletes a job in whose place another one pushes. */
  | { readonly kind: 'delete'; readonly job: LogpushJob; readonly successor: LogpushJob };

export interface DeclaredDecision {
  /** What is to be remembered from now on. */
  readonly entry: DeclaredEntry;
  readonly findings: readonly Finding[];
  readonly effect?: DeclaredEffect;
  readonly waiting?: Waiting;
}

/** A part of a decision; without an entry what is remembered stays as it is. */
export type Step = Omit<DeclaredDecision, 'entry'> & { readonly entry?: DeclaredEntry };

export const told = (code: FindingCode, subject: string, detail: string): Step => ({
  findings: [finding(code, subject, detail)],
});

/** Jobs of the zone that no other declaration has anything to do with. */
export const freeJobs = ({ jobs, siblings, othersJobs }: DeclaredView): readonly LogpushJob[] =>
  jobs
    .map(({ job }) => job)
    .filter((job) => !othersJobs.has(job.ref.jobId) && siblings.every((sibling) => !isMatch(sibling, job)));

/** A job beside the declared one that it may be meant to replace. */
export function namesakes(view: DeclaredView, subject: string): readonly Finding[] {
  const ids = namesakesOf(view.declared, freeJobs(view)).map(({ ref }) => ref.jobId);
  if (ids.length === 0) return [];
  const detail = `job ${ids.join(', ')} has the same name and dataset, and pushes elsewhere`;
  return [finding('declared-namesake', subject, detail)];
}
