import type { BreakageKind } from '../../infra/local/breakage-kinds.ts';
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
import { hiddenBy, NAMED_AS, rightsIn, type Seen, SHOWN } from './expectations.ts';
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
  /** What was said of its link. */
  readonly doubts: readonly string[];
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
  /** Jobs that push again, could be known to, and were left disabled. */
  readonly missedRepairs: readonly number[];
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
  const repaired = await repair(one, world, keeper, pass, diagnosed.pairs);
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
    const seen: Seen = { ...one, kinds, bound: isBound(one, kinds) };
    for (const kind of kinds) {
      const { link, codes, vague = [] } = SHOWN[kind];
      const hidden = hiddenBy(seen, kind);
      const enough = hidden.length === 0 ? codes : [...codes, ...vague];
      const isNamed = enough.some((code) => named.includes(code));
      const ofLink = doubts.filter((doubt) => doubt.startsWith(`${link}: `));
      const rights = rightsIn(hidden);
      // A right that is missing is named; what no right shows is open, in so many words.
      const isTold =
        rights.length > 0
          ? rights.some((right) => ofLink.some((doubt) => NAMED_AS[right].test(doubt)))
          : ofLink.length > 0 || isOpen(report.findings, job.id);
      const verdict: Verdict = isNamed
        ? 'right'
        : hidden.length === 0
          ? 'missed'
          : isTold
            ? 'could not tell'
            : 'not said';
      pairs.push({ job: job.id, kind, verdict, hidden, named, doubts: ofLink });
    }
    const known = new Set<string>(
      kinds.flatMap((kind) => [...SHOWN[kind].codes, ...(SHOWN[kind].vague ?? [])]),
    );
    for (const code of named)
      if (!known.has(code) && !SUSPICIONS.has(code)) falseCauses.push(`${code} of job ${job.id}`);
    const isStopped = kinds.length > 0;
    if (isStopped && !isSaid(report.findings, job.id, kinds, named)) falseGreens.push(job.id);
  }
  return { pairs, falseCauses, falseGreens };
}

const about = (findings: readonly Finding[], jobId: number): readonly Finding[] =>
  findings.filter(({ subject }) => subject.startsWith(`job ${jobId} `));

/** It is said that the cause is not known at all. */
const isOpen = (findings: readonly Finding[], jobId: number): boolean =>
  about(findings, jobId).some(({ code }) => code === 'cause-unclear');

/** Something worth a person's look was said of the job, of a cause of it, or of what could not be seen. */
const isSaid = (
  findings: readonly Finding[],
  jobId: number,
  kinds: readonly BreakageKind[],
  named: readonly string[],
): boolean =>
  about(findings, jobId).some(({ severity }) => severity !== 'info') ||
  findings.some(({ code }) => named.includes(code)) ||
  // Of a zone that keeps no logs its jobs show nothing but silence, as where there is no traffic.
  (kinds.includes('retention-off') && findings.some(({ code }) => code === 'log-retention-unclear'));

/** A job that was moved away is not where its binding is. */
const isBound = (one: Case, kinds: readonly BreakageKind[]): boolean =>
  one.bound &&
  one.destination !== 'cos-keyless' &&
  one.destination !== 'logdna' &&
  !kinds.includes('logs-elsewhere') &&
  !kinds.includes('bucket-elsewhere');

/** Lets the keeper repair, first broken and then mended or not, and holds what it enabled against what pushes afterwards. */
async function repair(
  one: Case,
  world: World,
  keeper: Keeper,
  pass: (ms: number) => void,
  pairs: Outcome['pairs'],
): Promise<Pick<Outcome, 'wrongRepairs' | 'rightRepairs' | 'missedRepairs'>> {
  const jobs = () => [...world.cis.jobs()];
  const before = new Map(jobs().map(({ id, enabled }) => [id, enabled]));
  const round = async (runs: number): Promise<{ wrong: readonly number[]; right: readonly number[] }> => {
    const disabled = new Set(jobs().flatMap(({ id, enabled }) => (enabled ? [] : [id])));
    for (let run = 0; run < runs; run += 1) {
      pass(minutes(5));
      await keeper('check-logpush');
      await keeper('reenable-logpush');
    }
    const repairedAt = world.now();
    pass(minutes(45));
    const enabled = jobs().filter((job) => job.enabled && disabled.has(job.id));
    const doesPush = ({ lastCompleteAt = 0, lastErrorAt = 0 }: (typeof enabled)[number]) =>
      lastCompleteAt > repairedAt && lastErrorAt < lastCompleteAt;
    const right = enabled.filter((job) => job.id !== PERSONS_JOB && doesPush(job)).map(({ id }) => id);
    return { right, wrong: enabled.map(({ id }) => id).filter((id) => !right.includes(id)) };
  };
  const broken = await round(1);
  if (one.mended === 'all') world.breakages.mendAll();
  if (one.mended === 'some') world.breakages.mendLast();
  const mended = await round(3);
  const missed = jobs().filter(({ id, enabled }) => {
    const own = pairs.filter(({ job }) => job === id);
    // Its secret has to be read for its key.
    const isRepairable = isBound(one, one.breakages) && !one.missing.has('secrets');
    const isKnown = isRepairable && own.every(({ hidden }) => hidden.length === 0);
    return one.mended === 'all' && before.get(id) === false && !enabled && id !== PERSONS_JOB && isKnown;
  });
  return {
    wrongRepairs: [...broken.wrong, ...mended.wrong],
    rightRepairs: broken.right.length + mended.right.length,
    missedRepairs: missed.map(({ id }) => id),
  };
}
