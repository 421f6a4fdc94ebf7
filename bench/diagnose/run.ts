import { VirtualClock } from '../../infra/local/clock.ts';
import { keeperConfig } from '../../infra/local/keeper-config.ts';
import { SeededRandom } from '../../infra/local/random.ts';
import { InProcessTransport } from '../../infra/local/transport.ts';
import { World } from '../../infra/local/world.ts';
import { createMemoryLedger } from '../../infra/story/memory-ledger.ts';
import { ENDPOINTS } from '../../infra/story/tell.ts';
import type { Finding, FindingCode } from '../../shared/domain/finding.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { loadConfig } from '../../shared/runtime/config/config.ts';
import { type FunctionName, runFunction } from '../../shared/runtime/invocation.ts';
import type { Case } from './cases.ts';
import { hiddenBy, type Seen, SHOWN } from './expectations.ts';
import { BROKEN_JOB, PERSONS_JOB, worldOf } from './world.ts';

/** What became of one breakage of one job. */
export type Verdict =
  /** It was named. */
  | 'right'
  /** It could not be seen, and the link of it was said to be unclear. */
  | 'could not tell'
  /** It could be seen, and was not named. */
  | 'missed'
  /** It could not be seen, and nothing said so. */
  | 'not said';

interface Pair {
  readonly job: number;
  readonly kind: string;
  readonly verdict: Verdict;
  readonly hidden: readonly string[];
  readonly named: readonly string[];
}

export interface Outcome {
  readonly case: Case;
  readonly pairs: readonly Pair[];
  /** Causes that were named as certain and that the world has no record of. */
  readonly falseCauses: readonly string[];
  /** Jobs that push nothing and of which nothing was said. */
  readonly falseGreens: readonly number[];
  /** Jobs that were enabled and do not push, or that a person disabled. */
  readonly wrongRepairs: readonly number[];
  readonly rightRepairs: number;
  readonly calls: number;
}

/** What is only suspected is no verdict. */
const SUSPICIONS: ReadonlySet<string> = new Set<FindingCode>([
  'logs-region-unproven',
  'bucket-root-key-suspected',
  'bucket-keeps-objects',
  'bucket-firewall-partly',
  'restriction-partly',
]);

/** Breaks a world, asks the keeper why, and lets it repair; the truth is what the world has on record. */
export async function runCase(one: Case, onReport: (report: RunReport) => void = () => {}): Promise<Outcome> {
  const file = worldOf(one);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: one.seed });
  const run = keeperOf(world, clock, one.seed);
  const keeper: Keeper = async (name) => {
    const report = await run(name);
    onReport(report);
    return report;
  };
  const pass = (ms: number): void => {
    clock.advance(ms);
    world.catchUp();
  };
  // A region in which nothing ever arrives is so from the beginning.
  for (const kind of one.breakages) if (kind === 'logs-region-closed') world.breakages.add(kind, BROKEN_JOB);
  for (let look = 0; look < 4; look += 1) {
    pass(minutes(20));
    await keeper('check-logpush');
  }
  // What stops pushes without an error comes last: jobs that have stopped to push show no errors any more.
  const loud = one.breakages.filter((kind) => !QUIET.has(kind) && kind !== 'logs-region-closed');
  for (const kind of loud) world.breakages.add(kind, BROKEN_JOB);
  for (let hour = 0; hour < one.hours; hour += one.hours / 3) {
    pass(hours(one.hours / 3));
    await keeper('check-logpush');
  }
  for (const kind of one.breakages) if (QUIET.has(kind)) world.breakages.add(kind, BROKEN_JOB);
  pass(minutes(90));
  const report = await keeper('check-logpush');
  const diagnosed = judge(one, world, report);
  const repaired = await repair(one, world, keeper, pass);
  return { case: one, ...diagnosed, ...repaired, calls: world.calls.length };
}

const QUIET: ReadonlySet<string> = new Set(['retention-off', 'zone-paused']);

type Keeper = (name: FunctionName) => Promise<RunReport>;

function keeperOf(world: World, clock: VirtualClock, seed: number): Keeper {
  const text = keeperConfig(world.file, ENDPOINTS, () => ({ env: 'APIKEY' }), 'file:./ledger');
  const config = loadConfig({ text, source: 'keeper.yml', env: { APIKEY: world.keyValue('keeper-key') } });
  const ledger = createMemoryLedger();
  const surroundings = {
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: new SeededRandom(seed).fork('keeper'),
    log: { info: () => {}, warn: () => {} },
    ledger,
  };
  return (name) => clock.run(runFunction(name, config, surroundings, { plan: false }));
}

export function judge(
  one: Case,
  world: World,
  report: RunReport,
): Pick<Outcome, 'pairs' | 'falseCauses' | 'falseGreens'> {
  const pairs: Pair[] = [];
  const falseCauses: string[] = [];
  const falseGreens: number[] = [];
  for (const job of world.cis.jobs()) {
    if (job.id === PERSONS_JOB) continue;
    const kinds = world.breakages.all.filter(({ jobs }) => jobs.includes(job.id)).map(({ kind }) => kind);
    const told = report.jobs.find(({ jobId }) => jobId === job.id);
    const named = told?.causes ?? [];
    const doubts = told?.doubts ?? [];
    const isMoved = kinds.includes('logs-elsewhere') || kinds.includes('bucket-elsewhere');
    const isBound = one.bound && !isMoved && one.destination !== 'cos-keyless';
    const seen: Seen = { ...one, kinds, bound: isBound };
    for (const kind of kinds) {
      const { link, codes, vague = [] } = SHOWN[kind];
      const hidden = hiddenBy(seen, kind);
      const enough = hidden.length === 0 ? codes : [...codes, ...vague];
      const isNamed = enough.some((code) => named.includes(code));
      const isTold = doubts.some((doubt) => doubt.startsWith(`${link}: `)) || isOpen(report.findings, job.id);
      const verdict: Verdict = isNamed
        ? 'right'
        : hidden.length === 0
          ? 'missed'
          : isTold
            ? 'could not tell'
            : 'not said';
      pairs.push({ job: job.id, kind, verdict, hidden, named });
    }
    const known = new Set<string>(
      kinds.flatMap((kind) => [...SHOWN[kind].codes, ...(SHOWN[kind].vague ?? [])]),
    );
    for (const code of named)
      if (!known.has(code) && !SUSPICIONS.has(code)) falseCauses.push(`${code} of job ${job.id}`);
    const isStopped = kinds.length > 0;
    if (isStopped && !isSaid(report.findings, job.id, named)) falseGreens.push(job.id);
  }
  return { pairs, falseCauses, falseGreens };
}

const about = (findings: readonly Finding[], jobId: number): readonly Finding[] =>
  findings.filter(({ subject }) => subject.startsWith(`job ${jobId} `));

/** It is said that the cause is not known at all. */
const isOpen = (findings: readonly Finding[], jobId: number): boolean =>
  about(findings, jobId).some(({ code }) => code === 'cause-unclear');

/** Something worth a person's look was said of the job, of a cause of it, or of what could not be seen. */
const isSaid = (findings: readonly Finding[], jobId: number, named: readonly string[]): boolean =>
  about(findings, jobId).some(({ severity }) => severity !== 'info') ||
  findings.some(({ code }) => named.includes(code)) ||
  findings.some(({ code }) => code === 'log-retention-unclear');

/** Lets the keeper repair, mended or not, and holds what it enabled against what pushes afterwards. */
async function repair(
  one: Case,
  world: World,
  keeper: Keeper,
  pass: (ms: number) => void,
): Promise<Pick<Outcome, 'wrongRepairs' | 'rightRepairs'>> {
  if (one.mended) world.breakages.mendAll();
  const before = new Map([...world.cis.jobs()].map(({ id, enabled }) => [id, enabled]));
  for (let run = 0; run < 3; run += 1) {
    pass(minutes(5));
    await keeper('check-logpush');
    await keeper('reenable-logpush');
  }
  const repairedAt = world.now();
  pass(minutes(45));
  const enabled = [...world.cis.jobs()].filter(({ id, enabled }) => enabled && before.get(id) === false);
  const pushes = ({
    lastCompleteAt = 0,
    lastErrorAt = 0,
  }: {
    lastCompleteAt?: number | undefined;
    lastErrorAt?: number | undefined;
  }) => lastCompleteAt > repairedAt && lastErrorAt < lastCompleteAt;
  const wrong = enabled.filter((job) => job.id === PERSONS_JOB || !pushes(job));
  return { wrongRepairs: wrong.map(({ id }) => id), rightRepairs: enabled.length - wrong.length };
}
