import { type Deployment, isSubscription, observeListed, type Seen } from './deployment.ts';
import { type Change, planOfRemoval } from './plan.ts';
import { KIND_WORDS } from './resource.ts';
import { stateName } from './state.ts';
import { Book } from './state-book.ts';
import { type Tell, takeAway } from './take-away.ts';

/** What a destroy takes away: everything that the state lists, and the project if this deployment made it. */
export interface Removal {
  readonly changes: readonly Change[];
  /** `ours`: it goes; `kept`: it was there before, or is to be kept; `absent`: there is none. */
  readonly project: 'ours' | 'kept' | 'absent';
  /** What is in the project that nobody here has made; then it stays. */
  readonly others: readonly string[];
}

/** Pure but for what it reads. */
export async function removalOf(deployment: Deployment, seen: Seen, keepProject: boolean): Promise<Removal> {
  const { project, state } = seen;
  const changes = planOfRemoval({ entries: entriesOf(deployment, seen), live: seen.live });
  if (project === undefined) return { changes, project: 'absent', others: [] };
  const all = await inProject(deployment, project);
  // Without a state an empty project is one that died right after it was made.
  const made = state?.project.made ?? all.length === 0;
  if (!made || keepProject) return { changes, project: 'kept', others: [] };
  const listed = new Set(changes.flatMap((change) => ('entry' in change ? [nameIn(change)] : [])));
  const others = all.filter((name) => !listed.has(name));
  return { changes, project: others.length === 0 ? 'ours' : 'kept', others };
}

/** Subscriptions are left out where nothing here can see them. */
const entriesOf = ({ driver }: Deployment, { state }: Seen) =>
  (state?.resources ?? []).filter(({ kind }) => driver !== undefined || !isSubscription(kind));

const nameIn = ({ entry: { kind, name } }: Extract<Change, { readonly entry: unknown }>): string =>
  `${KIND_WORDS[kind]} ${name}`;

/** What is in a project, without the state. */
const inProject = async (
  { session }: Deployment,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<readonly string[]> =>
  (await session.codeEngine.contents(id)).filter((one) => one !== `config map ${stateName(name)}`);

/**
 * Takes everything away that apply has made, and nothing else. It may be killed at any instant and started again.
 *
 * @throws {StateConflictError} when another deployment is at work
 */
export async function destroy(
  deployment: Deployment,
  options: { readonly keepProject: boolean; readonly tell: Tell },
): Promise<Removal> {
  const { tell, keepProject } = options;
  const seen = await observeListed(deployment);
  const removal = await removalOf(deployment, seen, keepProject);
  const { project, store, state, handlers } = seen;
  if (project === undefined || store === undefined) return removal;
  if (state !== undefined) {
    const book = new Book(store, state);
    await book.claim();
    await takeAway({ handlers, book, tell }, removal.changes);
  }
  // The state goes with the project, so that whoever dies here still knows whose it was.
  if (removal.project === 'ours') {
    await deployment.session.codeEngine.deleteProject(project.id);
    tell(`project ${project.name} deleted; Code Engine keeps its name taken for seven days`);
  } else if (state !== undefined) await store.remove();
  return removal;
}
