import { type Finding, finding, findingKey } from '../finding.ts';
import { namedJobs } from '../named-jobs.ts';
import { omit } from '../omit.ts';
import { type Cause, CODES_OF, type Doubt, LINKS, type Link, type LinkLook } from './chain.ts';
import { hintIn } from './hints.ts';

/** One job that cannot push, or does not, and what was seen of each link that was looked at. */
export interface LookedJob {
  readonly key: string;
  /** For people: `700123 (http_requests of shop.example)`. */
  readonly label: string;
  readonly errorMessage?: string;
  /** It fails: there must be a cause, whether or not one was found. */
  readonly fails: boolean;
  readonly since?: number;
  /** Key of the finding that says that it does not push. */
  readonly foundAs?: string;
  readonly links: readonly LinkLook[];
}

/** What could not be told of one link. */
interface OpenQuestion {
  readonly link: Link;
  /** `link: what could not be told`, with the right that is missing for it. */
  readonly text: string;
}

/** What is known of why one job does not push. */
export interface JobDiagnosis {
  /** Causes that are certain, or suspected where none is certain. */
  readonly causes: readonly Cause[];
  readonly doubts: readonly OpenQuestion[];
  /** Those of them that no try of the key settles. */
  readonly untried: readonly OpenQuestion[];
  /** Keys of the findings that explain it. */
  readonly because: readonly string[];
}

export interface Conclusion {
  /** One for each cause, however many jobs share it, and one for each job of which something could not be told. */
  readonly findings: readonly Finding[];
  readonly byJob: ReadonlyMap<string, JobDiagnosis>;
}

/**
 * Concludes from looks at several jobs: all causes of each, shared ones once. What is only suspected counts where nothing certain
 * was found. A link that could not be seen is told, and is never taken for good.
 */
export function conclude(jobs: readonly LookedJob[]): Conclusion {
  const byJob = new Map<string, JobDiagnosis>();
  const shared = new Map<string, { readonly cause: Cause; readonly labels: string[] }>();
  const unclear: Finding[] = [];
  for (const job of jobs) {
    const causes = causesOf(job);
    const open = doubtsOf(job, causes);
    const doubts = open.map(({ link, text }) => ({ link, text }));
    const untried = doubts.filter((_, index) => open[index]?.isTriedAway !== true);
    for (const cause of causes) {
      const known = shared.get(findingKey(cause)) ?? { cause, labels: [] };
      known.labels.push(job.label);
      shared.set(findingKey(cause), known);
    }
    const told = unclearOf(
      job,
      causes,
      doubts.map(({ text }) => text),
    );
    if (told !== undefined) unclear.push(told);
    byJob.set(job.key, { causes, doubts, untried, because: [...new Set(causes.map(findingKey))] });
  }
  return { findings: [...[...shared.values()].map(toFinding), ...unclear], byJob };
}

/** Of a job that shows no error nothing is only suspected: it may be that there is nothing to push. */
function causesOf({ links, fails }: LookedJob): readonly Cause[] {
  const all = links.flatMap(({ causes }) => causes);
  const certain = all.filter(({ suspected }) => suspected !== true);
  return certain.length > 0 || !fails ? certain : all;
}

/** What is suspected beside something certain stays a doubt. */
const doubtsOf = ({ links }: LookedJob, told: readonly Cause[]) =>
  LINKS.flatMap((link) => {
    const looks = links.filter((look) => look.link === link);
    const suspects = looks
      .flatMap(({ causes }) => causes)
      .filter((cause) => cause.suspected === true && !told.includes(cause))
      .map(({ subject, detail }): Doubt => ({ why: `${subject}: ${detail}` }));
    const doubts = [...looks.flatMap((look) => look.doubts), ...suspects];
    return [...new Map(doubts.map((doubt) => [doubt.why, doubt])).values()].map(({ why, triedAway }) => ({
      link,
      text: `${link}: ${why}`,
      isTriedAway: triedAway === true,
    }));
  });

function unclearOf(
  { label, errorMessage, fails, since, foundAs, links }: LookedJob,
  causes: readonly Cause[],
  doubts: readonly string[],
): Finding | undefined {
  if (!fails || (causes.length > 0 && doubts.length === 0)) return undefined;
  const hides = links.filter((look) => look.doubts.length > 0).flatMap(({ link }) => CODES_OF[link]);
  const more = {
    ...(foundAs === undefined ? {} : { because: [foundAs] }),
    ...(hides.length === 0 ? {} : { hides }),
  };
  if (causes.length > 0)
    return finding('cause-partly-unclear', `job ${label}`, doubts.join('; '), since, more);
  const hint = hintIn(errorMessage);
  const said = errorMessage === undefined ? 'no error text' : `“${errorMessage}”`;
  const hinted = `CIS shows ${said}${hint === undefined ? '' : `: ${hint.says}`}`;
  const seen = doubts.length === 0 ? ['everything that the keeper can look at is in order'] : doubts;
  return finding('cause-unclear', `job ${label}`, [...seen, hinted].join('; '), since, more);
}

function toFinding({
  cause,
  labels,
}: {
  readonly cause: Cause;
  readonly labels: readonly string[];
}): Finding {
  const { code, subject, detail, since } = omit(cause, 'suspected', 'triedAway');
  const more = cause.repair === undefined ? {} : { repair: cause.repair };
  return finding(code, subject, `${detail}; ${namedJobs(labels)}`, since, more);
}
