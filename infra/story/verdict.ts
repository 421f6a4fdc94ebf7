import type { RunReport } from '../../shared/domain/report.ts';
import { minutes } from '../../shared/domain/time.ts';
import type { JobTruth } from '../local/logpush/engine.ts';
import type { World } from '../local/world.ts';
import { type Expectation, type Expectations, jobsOf } from './expectations.ts';

/** One job of a story that has ended: what was to be expected, and what came of it. Log minutes, rounded up. */
export interface Fate {
  readonly truth: JobTruth;
  readonly expected: Expectation;
  /** Lost after the first start of the function that repairs it; absent where nothing is to be repaired. */
  readonly afterRepair?: number;
  /** The same job in the world without the keeper. */
  readonly twin: JobTruth | undefined;
}

/** Every job, in the order of the world file. */
export function fatesOf(treated: World, untreated: World, expectations: Expectations): readonly Fate[] {
  const [with_, without] = [treated, untreated].map(
    (world) => new Map(world.logpush.truth().map((truth) => [truth.ref.jobId, truth])),
  );
  return jobsOf(treated.file).flatMap(({ job }) => {
    const truth = with_?.get(job.id);
    if (truth === undefined) return [];
    const expected = expectations.of(job);
    const { duty } = expected;
    const fate = { truth, expected, twin: without?.get(job.id) };
    if (duty.kind !== 'repair') return [fate];
    const lostMs = treated.logpush.lostBetween(truth.ref, duty.from, treated.now());
    return [{ ...fate, afterRepair: Math.ceil(lostMs / minutes(1)) }];
  });
}

/** What came otherwise than it must, a sentence each; none = the story went well. */
export function wrongs(
  fates: readonly Fate[],
  treated: World,
  untreated: World,
  reports: readonly RunReport[],
): readonly string[] {
  return fates.flatMap(({ truth, expected: { duty, start }, afterRepair = 0 }) => {
    const { jobId } = truth.ref;
    const said: string[] = [];
    if (duty.kind === 'lose-nothing' && truth.lostMinutes > 0)
      said.push(`job ${jobId} has lost ${truth.lostMinutes} log minutes, and must not lose any`);
    if (duty.kind === 'repair' && afterRepair * minutes(1) > Math.ceil(duty.mostMs / minutes(1)) * minutes(1))
      said.push(`job ${jobId} has lost ${afterRepair} log minutes after ${duty.by} could repair it`);
    if (duty.kind === 'leave' && wasEnabled(reports, jobId))
      said.push(`job ${jobId} was enabled although it is a person’s (${start})`);
    if (placeOf(treated, truth) !== placeOf(untreated, truth))
      said.push(`job ${jobId} pushes to another place than before`);
    return said;
  });
}

const wasEnabled = (reports: readonly RunReport[], jobId: number): boolean =>
  reports.some(({ actions }) =>
    actions.some(
      ({ kind, subject, outcome }) =>
        kind === 'enable-job' && outcome !== 'planned' && subject.startsWith(`job ${jobId} `),
    ),
  );

/** Where a job pushes, without its key. */
function placeOf({ cis }: World, { ref }: JobTruth): string {
  const destination = cis.job(ref)?.destination;
  return JSON.stringify(destination, (member, value: unknown) => (member === 'apiKey' ? undefined : value));
}
