import { formatInstant } from '../../shared/domain/time.ts';
import type { Run } from './clients/code-engine.ts';
import { type Deployment, isSubscription, observeListed } from './deployment.ts';
import { folded } from './fold.ts';
import { describe, type Entry, idOf, type Kind, type Live } from './resource.ts';
import { stateName } from './state.ts';

/** One resource that the state lists. */
interface ResourceStatus {
  readonly kind: Kind;
  /** Tells it from all others of its kind. */
  readonly key: string;
  readonly name: string;
  readonly account: string;
  /** The CIS instance, or the profile, that it is in. */
  readonly within?: string;
  /** `unseen`: nothing here can look; `open`: it was about to be made. */
  readonly state: 'there' | 'missing' | 'not-ready' | 'refused' | 'unseen' | 'open';
  readonly detail?: string;
  /** Of a job: the last run that is still kept. */
  readonly lastRun?: LastRun;
}

interface LastRun {
  readonly name: string;
  readonly status: string;
  readonly startedAt?: number;
  /** Of an array job: how many instances there are, and how many have ended which way. */
  readonly instances?: { readonly requested: number; readonly succeeded: number; readonly failed: number };
}

export interface StatusReport {
  readonly schema: 1;
  readonly command: 'status';
  readonly project: { readonly name: string; readonly region: string; readonly status: string };
  /** Absent = nothing was deployed. */
  readonly revision?: number;
  readonly resources: readonly ResourceStatus[];
  /** Something is missing, or not ready. */
  readonly outcome: 'ok' | 'attention';
}

/** What there is of what was deployed. Reads only. */
export async function statusOf(deployment: Deployment): Promise<StatusReport> {
  const { session, inputs, driver } = deployment;
  const { name, region } = inputs.manifest.project;
  const { project, state, live } = await observeListed(deployment);
  const resources: ResourceStatus[] = [];
  const entries = state?.resources ?? [];
  const shown = new Map<string, boolean | undefined>();
  for (const kind of ['cron', 'ring'] as const) {
    const targets = entries.filter((entry) => entry.kind === kind);
    for (const [target, { ready }] of (await driver?.look(kind, targets)) ?? [])
      shown.set(idOf(target), ready);
  }
  for (const entry of entries) {
    const one = statusOfEntry(entry, live.get(idOf(entry)), driver !== undefined, shown.get(idOf(entry)));
    const runs =
      entry.kind === 'job' && project !== undefined
        ? await session.codeEngine.runs(project.id, entry.name)
        : [];
    const last = lastOf(runs);
    resources.push({ ...one, ...(last === undefined ? {} : { lastRun: last }) });
  }
  const isFine = state !== undefined && resources.every((one) => FINE.has(one.state));
  return {
    schema: 1,
    command: 'status',
    project: { name, region, status: project?.status ?? 'there is none' },
    ...(state === undefined ? {} : { revision: state.revision }),
    resources,
    outcome: isFine ? 'ok' : 'attention',
  };
}

/** What a refused thing would have done is done on a schedule. */
const FINE: ReadonlySet<ResourceStatus['state']> = new Set(['there', 'refused']);

function statusOfEntry(
  entry: Entry,
  live: Live | undefined,
  canSee: boolean,
  ready: boolean | undefined,
): ResourceStatus {
  const { kind, key, name, account, within, id, refused } = entry;
  const of = (state: ResourceStatus['state'], detail?: string): ResourceStatus => ({
    kind,
    key,
    name,
    account,
    ...(within === undefined ? {} : { within }),
    state,
    ...(detail === undefined ? {} : { detail }),
  });
  if (refused !== undefined) return of('refused', `IBM Cloud answered ${refused}`);
  if (isSubscription(kind) && !canSee) return of('unseen', 'only the command line shows subscriptions');
  if (live === undefined) return id === undefined ? of('open', 'apply was about to make it') : of('missing');
  if (id !== undefined && live.id !== id) return of('missing', 'another one has its name');
  const { status } = live.fields;
  if (typeof status === 'string' && status !== 'ready') return of('not-ready', status);
  return ready === false ? of('not-ready', 'the subscription is not ready') : of('there');
}

function lastOf(runs: readonly Run[]): LastRun | undefined {
  const last = runs.toSorted((a, b) => (b.created_at ?? 0) - (a.created_at ?? 0)).at(0);
  if (last === undefined) return undefined;
  const { name, status, created_at: startedAt, status_details: details } = last;
  const requested = details?.requested ?? 1;
  const [succeeded, failed] = [details?.succeeded ?? 0, details?.failed ?? 0];
  return {
    name,
    status,
    ...(startedAt == null ? {} : { startedAt }),
    ...(requested > 1 ? { instances: { requested, succeeded, failed } } : {}),
  };
}

/** For a terminal. */
export function renderStatus({ project, revision, resources }: StatusReport): string {
  const lines = folded(resources, likeOthers).map(({ item: one, others }) => {
    const { state, detail, lastRun } = one;
    const run = lastRun === undefined ? '' : renderRun(lastRun);
    return `  ${state.padEnd(9)} ${describe(one)}${others}${detail === undefined ? '' : `: ${detail}`}${run}`;
  });
  const head = `project ${project.name} in ${project.region}: ${project.status}`;
  const deployed =
    revision === undefined
      ? `nothing was deployed, or ${stateName(project.name)} is gone`
      : `revision ${revision} of what was deployed`;
  return [`${head}; ${deployed}`, ...lines, ''].join('\n');
}

/** What is amiss is of each instance its own. */
const likeOthers = ({ state, kind, key }: ResourceStatus) =>
  state === 'there' ? { like: kind, key } : undefined;

function renderRun({ status, startedAt, instances }: LastRun): string {
  const when = startedAt === undefined ? '' : ` (${formatInstant(startedAt)})`;
  if (instances === undefined) return `, last run ${status}${when}`;
  const { requested, succeeded, failed } = instances;
  const broken = failed === 0 ? '' : `, ${failed} failed`;
  return `, last run ${status}${when}: of ${requested} instances ${succeeded} succeeded${broken}`;
}
