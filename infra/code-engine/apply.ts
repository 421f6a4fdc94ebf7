import { minutes, seconds } from '../../shared/domain/time.ts';
import { ApiError } from '../../shared/errors.ts';
import { isUsable, type Project } from './clients/code-engine.ts';
import {
  type Deployment,
  handlersOf,
  kindsOf,
  observe,
  projectOutputs,
  type Seen,
  wantedNow,
} from './deployment.ts';
import { type Change, planOf, type Stranger } from './plan.ts';
import {
  ConflictError,
  describe,
  type Entry,
  type Handler,
  idOf,
  type Kind,
  type Live,
  RefusedError,
  type Target,
  type Wanted,
} from './resource.ts';
import { checkRoom } from './room.ts';
import { Book } from './state-book.ts';
import { StateStore } from './state-store.ts';
import { type Tell, takeAway } from './take-away.ts';

/** Things are there under our names that are not ours: nothing was changed. */
export class StrangersError extends Error {
  override readonly name = 'StrangersError';

  constructor(strangers: readonly Stranger[]) {
    super(strangers.map(({ message }) => message).join('\n'));
  }
}

const TRIES = 3;
const PAUSE_MS = seconds(10);
const PROJECT_MS = minutes(5);

/**
 * Makes everything so. It may be killed at any instant and started again: what it was about to make is in the state before it is
 * made.
 *
 * @throws {StrangersError} before anything is changed
 * @throws {StateConflictError} when another deployment is at work
 */
export async function apply(deployment: Deployment, tell: Tell): Promise<void> {
  const asked: Asked = { forProject: false };
  for (let tries = 1; ; tries += 1) {
    try {
      return await applyOnce(deployment, tell, asked);
    } catch (error) {
      if (!isWorthAnotherLook(error) || tries === TRIES) throw error;
      tell(`something changed meanwhile, or an answer was lost (${(error as Error).message}): looking again`);
      await deployment.ports.clock.sleep(PAUSE_MS * tries);
    }
  }
}

const isWorthAnotherLook = (error: unknown): boolean =>
  error instanceof ConflictError || (error instanceof ApiError && error.effect === 'unknown');

/** What this process has asked for, whatever the answer was. */
interface Asked {
  forProject: boolean;
}

async function applyOnce(deployment: Deployment, tell: Tell, asked: Asked): Promise<void> {
  const seen = await observe(deployment);
  const before = planNow(deployment, seen);
  if (before.strangers.length > 0) throw new StrangersError(before.strangers);
  await checkRoom(deployment, wantedNow(deployment, seen), before.changes);
  const isOpen = seen.state?.resources.some(({ id, refused }) => id === undefined && refused === undefined);
  if (before.changes.length === 0 && isOpen === false) return;
  const { handlers, book } = await open(deployment, seen, tell, asked);
  const work: Work = { deployment, seen: { ...seen, handlers }, tell, book, made: [] };
  for (const kind of kindsOf(deployment)) await makeKind(work, kind);
  await takeAway({ handlers, book, tell }, planNow(deployment, { ...seen, state: book.state }).changes);
  await untilShown(work);
}

/** What IAM may not show for minutes after it was made. */
const SLOW: readonly Kind[] = ['profile', 'link', 'role', 'policy', 'authorization'];
const SHOWN_MS = minutes(10);

/** Waits until what was made is shown: a plan before that would take it for missing. */
async function untilShown({ deployment: { ports }, seen, made, tell }: Work): Promise<void> {
  const until = ports.clock.now() + SHOWN_MS;
  for (const kind of SLOW) {
    const targets = made.filter((one) => one.kind === kind);
    for (;;) {
      const found = (await seen.handlers[kind]?.look(targets)) ?? new Map<string, Live>();
      const hidden = targets.filter((target) => found.get(idOf(target))?.id !== target.id);
      if (hidden.length === 0) break;
      if (ports.clock.now() > until) {
        tell(`IAM does not show it yet: ${hidden.map(describe).join(', ')}`);
        break;
      }
      await ports.clock.sleep(PAUSE_MS);
    }
  }
}

/** What an apply would still do. */
export const planNow = (deployment: Deployment, seen: Pick<Seen, 'outputs' | 'live' | 'state'>) => {
  const kinds = kindsOf(deployment);
  const isOurs = ({ kind }: { readonly kind: Kind }): boolean => kinds.includes(kind);
  return planOf({
    wanted: wantedNow(deployment, seen).filter(isOurs),
    entries: (seen.state?.resources ?? []).filter(isOurs),
    live: seen.live,
  });
};

/** The project, made if it is not there, with a state that is ours. */
async function open(
  deployment: Deployment,
  seen: Seen,
  tell: Tell,
  asked: Asked,
): Promise<{ readonly handlers: Seen['handlers']; readonly book: Book }> {
  const { ports, session, tool } = deployment;
  const project = await settled(deployment, seen.project ?? (await makeProject(deployment, tell, asked)));
  const store = seen.store ?? new StateStore(session.codeEngine, project, ports.random);
  // Who finds a project without a state does not know who has made it: it stays for good.
  const made = seen.state?.project.made ?? asked.forProject;
  const state = seen.state ?? {
    revision: 0,
    writer: '',
    tool,
    project: { id: project.id, made },
    resources: [],
  };
  const book = new Book(store, { ...state, tool });
  await book.claim();
  seen.outputs.set(...projectOutputs(project));
  return { handlers: handlersOf(deployment, project), book };
}

async function makeProject({ session, inputs }: Deployment, tell: Tell, asked: Asked): Promise<Project> {
  const { name, resourceGroup } = inputs.manifest.project;
  asked.forProject = true;
  try {
    const project = await session.codeEngine.createProject(name, resourceGroup);
    tell(`project ${name} made`);
    return project;
  } catch (error) {
    if (!(error instanceof ApiError) || ![400, 409].includes(error.status ?? 0)) throw error;
    const { service, operation, status, effect } = error;
    const reason = `project ${name} cannot be made: ${error.reason}. The name of a deleted project stays taken for seven days: restore it with ibmcloud ce project restore, or choose another name`;
    throw new ApiError({ service, operation, effect, reason, ...(status === undefined ? {} : { status }) });
  }
}

async function settled({ session, ports }: Deployment, project: Project): Promise<Project> {
  const until = ports.clock.now() + PROJECT_MS;
  const last =
    project.status === 'active'
      ? project
      : await session.codeEngine.until(
          () => session.codeEngine.getProject(project.id),
          (now) =>
            now?.status === 'active' || !isUsable(now?.status ?? 'creating') || ports.clock.now() > until,
        );
  if (last?.status === 'active') return last;
  const reason = `project ${project.name} did not become active: ${last?.status ?? 'it is gone'}`;
  throw new ApiError({ service: 'code-engine', operation: 'getProject', effect: 'none', reason });
}

interface Work {
  readonly deployment: Deployment;
  readonly seen: Seen;
  readonly tell: Tell;
  readonly book: Book;
  /** What this apply has made, each with its id. */
  readonly made: Target[];
}

async function makeKind(work: Work, kind: Kind): Promise<void> {
  const { deployment, seen, book } = work;
  const handler = seen.handlers[kind];
  if (handler === undefined) return;
  const wanted = wantedNow(deployment, seen).filter((one) => one.kind === kind);
  const entries = book.state.resources.filter((entry) => entry.kind === kind);
  const { changes, strangers } = planOf({ wanted, entries, live: seen.live });
  if (strangers.length > 0) throw new StrangersError(strangers);
  const coming = changes.flatMap((change) =>
    change.action === 'create' || change.action === 'replace' ? [change.wanted] : [],
  );
  for (const one of coming) {
    const before = entries.find((entry) => idOf(entry) === idOf(one));
    // The profile that it was for is gone, and another one has its name: it may still be there all the same.
    if (before?.id !== undefined && before.within !== one.within)
      await handler.remove(before, { id: before.id, fields: {} });
  }
  await book.intend(coming.map(entryOf));
  try {
    for (const change of changes) await make(work, handler, change);
  } catch (error) {
    // What was made before it is known by its id, though IAM may not show it for minutes.
    await book.flush().catch(() => {});
    throw error;
  }
  for (const one of wanted) recognise(work, one);
  await book.flush();
}

async function make(work: Work, handler: Handler, change: Change): Promise<void> {
  if (change.action === 'create') await create(work, handler, change);
  else if (change.action === 'update') {
    found(work, change.wanted, await handler.update(change.wanted, change.live));
    work.tell('', change);
  } else if (change.action === 'replace') {
    await handler.remove(change.wanted, change.live);
    await create(work, handler, change);
  }
}

async function create(
  { book, seen, tell, made }: Work,
  handler: Handler,
  change: Extract<Change, { readonly action: 'create' | 'replace' }>,
): Promise<void> {
  const { wanted } = change;
  const entry = entryOf(wanted);
  try {
    const live = await handler.create(wanted);
    found({ seen }, wanted, live);
    book.note({ ...entry, id: live.id });
    made.push({ ...wanted, id: live.id });
    tell('', change);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    book.note({ ...entry, refused: error.status });
    tell(`${describe(wanted)} was not made: ${error.message}`);
  }
}

function found({ seen }: Pick<Work, 'seen'>, wanted: Wanted, live: Live): void {
  seen.live.set(idOf(wanted), live);
  seen.outputs.set(idOf(wanted), live.outputs ?? {});
}

/** What was about to be made when an earlier deployment died, and was. */
function recognise({ book, seen }: Work, wanted: Wanted): void {
  const entry = book.state.resources.find((known) => idOf(known) === idOf(wanted));
  const live = seen.live.get(idOf(wanted));
  if (entry === undefined || entry.id !== undefined || entry.refused !== undefined) return;
  if (live !== undefined && live.marked !== false) book.note({ ...entry, id: live.id });
}

/** What the state keeps of a resource: where to look for it. */
const entryOf = ({ kind, key, name, account, within }: Wanted): Entry => ({
  kind,
  key,
  name,
  account,
  ...(within === undefined ? {} : { within }),
});
