import type { Declared, DeclaredJob } from '../domain/declared/job.ts';
import { isDeadLogdna, isLogdna } from '../domain/declared/predecessor.ts';
import { type Finding, finding } from '../domain/finding.ts';
import type { LogpushJob } from '../domain/logpush.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';

/** What there is to say of the LogDNA jobs of one zone. @param wanted - its declared jobs */
export const logdnaFindings = (
  jobs: readonly LogpushJob[],
  zone: Declared['zone'],
  wanted: readonly DeclaredJob[],
  enforcesAll: boolean,
): readonly Finding[] =>
  jobs.filter(isLogdna).map((job) => logdnaFinding(job, jobs, zone, wanted, enforcesAll));

function logdnaFinding(
  job: LogpushJob,
  all: readonly LogpushJob[],
  zone: Declared['zone'],
  wanted: readonly DeclaredJob[],
  enforcesAll: boolean,
): Finding {
  const subject = `job ${jobLabel({ job, zone })}`;
  const { jobId } = job.ref;
  const goes = { repair: 'keeper', todo: GOES } as const;
  const isNamed = wanted.some(({ replaces }) => replaces === jobId);
  if (!isDeadLogdna(job)) {
    const detail = `it shows pushes to IBM Log Analysis, which is no more${isNamed ? '' : ': it is not touched'}`;
    return finding('logdna-job', subject, detail, undefined, isNamed ? goes : {});
  }
  const detail = 'it pushes to IBM Log Analysis, which is no more';
  const ofDataset = wanted.filter(({ dataset }) => dataset === job.dataset);
  const dead = all.filter((other) => other.dataset === job.dataset && isDeadLogdna(other));
  const isOne = ofDataset.length === 1 && dead.length === 1;
  const isEnforced = isOne && (enforcesAll || ofDataset[0]?.onDrift === 'enforce');
  if (isNamed || isEnforced) return finding('logdna-job', subject, detail, undefined, goes);
  if (ofDataset.length === 0) return finding('logdna-job', subject, detail);
  const todo = `write \`replaces: ${jobId}\` into the declared job that takes its place: it is deleted once that one has pushed; or delete it`;
  return finding('logdna-job', subject, detail, undefined, { todo });
}

const GOES = 'nothing: a declared job takes its place, and it is deleted once that one has pushed';
