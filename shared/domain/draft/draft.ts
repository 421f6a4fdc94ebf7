import { type JobSelector, overlap, type SelectedDestination, selects } from '../binding.ts';
import type { ApiKey } from '../keys.ts';
import { destinationName, isKeyed, type KeyedDestination } from '../logpush.ts';
import type { Survey, SurveyedJob, SurveyedSecret } from './survey.ts';

/** A binding that can be written as far as the survey tells; what is absent a person must fill in. */
export interface DraftBinding {
  readonly name: string;
  readonly managedBy?: 'keeper' | 'secrets-manager' | 'others';
  readonly account?: string;
  readonly key?: ApiKey;
  readonly secret?: SurveyedSecret;
  readonly selectors: readonly JobSelector[];
  readonly jobs: readonly SurveyedJob[];
  /** Ids of jobs that the selectors take and that show another key, or none. */
  readonly except: readonly number[];
  /** Why it cannot stand as it is; empty = it can. */
  readonly open: readonly string[];
}

/** Jobs by the key that they show, and those that show none by where they push: a binding for each. */
export function draftBindings(survey: Survey): readonly DraftBinding[] {
  const groups = new Map<string, SurveyedJob[]>();
  for (const one of survey.jobs) {
    const { destination } = one.job;
    if (!isKeyed(destination)) continue;
    const key = one.shows ?? `hidden ${placeName(destination)}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const names = new Set<string>();
  const drafts: DraftBinding[] = [];
  for (const jobs of groups.values()) {
    const name = uniqueName(jobs, names);
    names.add(name);
    const draft = draftOf(survey, name, jobs);
    const rival = drafts.find((earlier) => doOverlap(earlier, draft));
    drafts.push(
      rival === undefined
        ? draft
        : { ...draft, open: [...draft.open, `it could claim a job of ${rival.name} as well`] },
    );
  }
  return drafts;
}

/** Two that stand must not claim the same job. */
const doOverlap = (a: DraftBinding, b: DraftBinding): boolean =>
  a.open.length === 0 && a.selectors.some((one) => b.selectors.some((other) => overlap(one, other)));

function draftOf(survey: Survey, name: string, jobs: readonly SurveyedJob[]): DraftBinding {
  const shows = jobs[0]?.shows;
  const selectors = selectorsOf(survey, jobs);
  const except = survey.jobs
    .filter((one) => !jobs.includes(one) && selects({ jobs: selectors }, one.job, one.zone))
    .map(({ job }) => job.ref.jobId);
  if (shows === undefined)
    return {
      name,
      selectors,
      jobs,
      except,
      open: [
        'CIS does not show which key these jobs carry: fill in whose key it is and the secret that holds it',
        ...(selectors.some(({ destination }) => destination.kind === 'cos')
          ? ['say auth: key where the jobs of a bucket carry one, auth: ownership where they carry none']
          : []),
      ],
    };
  const key = survey.keys[shows];
  const secret = survey.secrets.find(({ holds }) => holds === shows);
  const account = survey.accounts.find(({ accountId }) => accountId === key?.accountId)?.name;
  const managedBy = managerOf(key, secret);
  return {
    name,
    selectors,
    jobs,
    except,
    ...(key === undefined ? {} : { key }),
    ...(secret === undefined ? {} : { secret }),
    ...(account === undefined ? {} : { account }),
    ...(managedBy === undefined ? {} : { managedBy }),
    open: [
      ...(key === undefined ? ['whose key these jobs carry could not be read at IAM'] : []),
      ...(key !== undefined && account === undefined
        ? [`its key belongs to account ${key.accountId}: add that account`]
        : []),
      ...(secret === undefined ? [whyNoSecret(survey)] : []),
    ],
  };
}

const whyNoSecret = ({ secretsWereRead }: Survey): string =>
  secretsWereRead
    ? 'no secret was found that holds this key'
    : 'which secret holds this key is not known, for none was read: fill it in, or run this again with --read-secrets';

/** Who makes the keys by now. What Secrets Manager makes, and what belongs to a user, is no key for the keeper to make. */
function managerOf(
  key: ApiKey | undefined,
  secret: SurveyedSecret | undefined,
): DraftBinding['managedBy'] | undefined {
  if (key?.iamId.startsWith('iam-ServiceId-') === false) return 'others';
  if (secret === undefined) return undefined;
  if (secret.metadata.type !== 'iam_credentials') return 'keeper';
  return 'secrets-manager';
}

/** As wide as it can be without claiming a job of another group, else a selector for each job. */
function selectorsOf({ jobs: all }: Survey, jobs: readonly SurveyedJob[]): readonly JobSelector[] {
  const others = all.filter((one) => !jobs.includes(one));
  const isFree = (selector: JobSelector): boolean =>
    !others.some(({ job, zone }) => selects(selector, job, zone));
  const selectors = new Map<string, JobSelector>();
  for (const one of jobs) {
    const candidates = candidatesOf(one);
    const chosen = candidates.find(isFree) ?? candidates.at(-1);
    if (chosen !== undefined) selectors.set(JSON.stringify(chosen), chosen);
  }
  return [...selectors.values()];
}

/** From the widest to the narrowest. */
function candidatesOf({ job, zone, shows }: SurveyedJob): readonly JobSelector[] {
  const { destination } = job;
  if (!isKeyed(destination)) return [];
  const everywhere = { instance: '*', zone: '*', dataset: '*' };
  const here = { instance: job.ref.instanceCrn, zone: zone.id, dataset: job.dataset };
  if (destination.kind === 'cloud-logs')
    return [
      { ...everywhere, destination },
      { ...here, destination },
    ];
  const { kind, instanceId, region, bucket, path } = destination;
  const whole: SelectedDestination = {
    kind,
    instanceId,
    region,
    bucket,
    ...(shows === undefined ? {} : { auth: 'key' }),
  };
  const narrow: SelectedDestination = path === '' ? whole : { ...whole, path };
  return [
    { ...everywhere, destination: whole },
    { ...everywhere, destination: narrow },
    { ...here, destination: narrow },
  ];
}

const placeName = (destination: KeyedDestination): string =>
  destination.kind === 'cos'
    ? destinationName({ ...destination, path: '', dailySubfolder: false })
    : destinationName(destination);

/** A name that a binding may have, from where the first of its jobs pushes. */
function uniqueName([first]: readonly SurveyedJob[], taken: ReadonlySet<string>): string {
  const destination = first?.job.destination;
  const from =
    destination?.kind === 'cos'
      ? destination.bucket
      : `cloud-logs-${destination?.kind === 'cloud-logs' ? destination.region : ''}`;
  const base =
    from
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 36) || 'jobs';
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.has(name)) return name;
  }
}
