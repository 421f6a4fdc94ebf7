import { jsonIn } from '../../shared/domain/json.ts';
import type { World } from '../local/world.ts';

/** What became of one Logpush job. */
interface JobOutcome {
  readonly id: number;
  readonly enabled: boolean;
  /** Whether it carries the key that it had when the world began, another one, or none. */
  readonly key: 'first' | 'new' | 'none';
  readonly lostMinutes: number;
}

/** What became of a world with its keeper, comparable with another run of the same world. */
export interface Outcome {
  readonly jobs: readonly JobOutcome[];
  /** `code subject` of the newest report of each function. */
  readonly findings: readonly string[];
  /** Job runs that were started, by job and by what came of them. */
  readonly runs: Readonly<Record<string, number>>;
}

/** @param lines - everything that job runs wrote */
export function outcomeOf(world: World, lines: readonly string[]): Outcome {
  world.catchUp();
  const first = new Set(
    world.file.accounts.flatMap(({ serviceIds }) =>
      serviceIds.flatMap(({ apiKeys }) => apiKeys.map(({ id }) => id)),
    ),
  );
  const runs: Record<string, number> = {};
  for (const { job, status } of world.codeEngine.truth().runs) {
    const name = `${job} ${status}`;
    runs[name] = (runs[name] ?? 0) + 1;
  }
  return {
    jobs: world.logpush.truth().map(({ ref, enabled, lostMinutes }) => {
      const key = world.iam.keyIdOf(world.logpush.apiKeyValue(ref));
      return {
        id: ref.jobId,
        enabled,
        lostMinutes,
        key: key === undefined ? 'none' : first.has(key) ? 'first' : 'new',
      };
    }),
    findings: [...newestReports(lines).values()]
      .flatMap(({ findings }) => findings.map(({ code, subject }) => `${code} ${subject}`))
      .toSorted(),
    runs,
  };
}

interface Report {
  readonly message: string;
  readonly function: string;
  readonly finishedAt: number;
  /** Of an array job: which part of the fleet it is about. */
  readonly shard?: { readonly index: number };
  readonly findings: readonly { readonly code: string; readonly subject: string }[];
}

function newestReports(lines: readonly string[]): ReadonlyMap<string, Report> {
  const newest = new Map<string, Report>();
  for (const line of lines) {
    const report = jsonIn(line) as Report | undefined;
    // The first instance's report is that of all of them.
    if (report?.message !== 'report' || (report.shard?.index ?? 0) !== 0) continue;
    if ((newest.get(report.function)?.finishedAt ?? 0) <= report.finishedAt)
      newest.set(report.function, report);
  }
  return newest;
}

/**
 * Where two runs of one world differ, a sentence each.
 *
 * @param minutes - log minutes of one job that may differ: real processes take time, and virtual ones none
 */
export function disagreements(a: Outcome, b: Outcome, minutes: number): readonly string[] {
  const others = new Map(b.jobs.map((job) => [job.id, job]));
  const jobs = a.jobs.flatMap((job) => {
    const other = others.get(job.id);
    const isSame =
      other?.enabled === job.enabled &&
      other.key === job.key &&
      Math.abs(other.lostMinutes - job.lostMinutes) <= minutes;
    return isSame ? [] : [`job ${job.id}: ${JSON.stringify(job)} and ${JSON.stringify(other)}`];
  });
  const only = (one: Outcome, two: Outcome): readonly string[] =>
    one.findings
      .filter((finding) => !two.findings.includes(finding))
      .map((finding) => `only one says ${finding}`);
  return [...jobs, ...only(a, b), ...only(b, a)];
}
