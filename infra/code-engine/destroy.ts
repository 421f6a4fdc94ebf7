import { type Deployment, isSubscription, observeListed, type Seen } from './deployment.ts';
import { MARK, profileName } from './desired/access.ts';
import { actionsOf, indicesOf } from './desired/inputs.ts';
import { alertName } from './desired/triggers.ts';
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
  /** What bears our mark, and no state lists: who has deleted the state or the project has to see to it. */
  readonly orphans: readonly string[];
}

/** Pure but for what it reads. */
export async function removalOf(deployment: Deployment, seen: Seen, keepProject: boolean): Promise<Removal> {
  const { project, state } = seen;
  const changes = planOfRemoval({ entries: entriesOf(deployment, seen), live: seen.live });
  const orphans = state === undefined ? await orphansOf(deployment) : [];
  if (project === undefined) return { changes, project: 'absent', others: [], orphans };
  if (state?.project.made !== true || keepProject) return { changes, project: 'kept', others: [], orphans };
  const listed = new Set(changes.flatMap((change) => ('entry' in change ? [nameIn(change)] : [])));
  const others = (await inProject(deployment, project)).filter((name) => !listed.has(name));
  return { changes, project: others.length === 0 ? 'ours' : 'kept', others, orphans };
}

/** Profiles and alerts outlive their project, and would go on to have their rights. */
async function orphansOf({ session, inputs }: Deployment): Promise<readonly string[]> {
  const { manifest, accounts, instances } = inputs;
  const found = new Set<string>();
  for (const account of Object.keys(accounts))
    for (const name of actionsOf(manifest).flatMap(({ name: action }) =>
      indicesOf(manifest, action).map((index) => profileName(inputs, action, index)),
    )) {
      const profile = await session.profiles(account).find(name);
      if (profile?.description?.startsWith(MARK) === true)
        found.add(`trusted profile ${name} (${profile.id}) in account ${account}`);
    }
  for (const { crn, account } of instances) {
    const client = session.alerts(account);
    const ours = alertName(manifest);
    for (const { name } of await client.webhooks(crn))
      if (name.startsWith(`${ours}-`)) found.add(`CIS webhook ${name} of ${crn.split(':')[7]}`);
    for (const { name } of await client.policies(crn))
      if (name === ours) found.add(`CIS alert policy ${name} of ${crn.split(':')[7]}`);
  }
  return [...found];
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
  // Somebody may have put something into it meanwhile.
  const others = removal.project === 'ours' ? await inProject(deployment, project) : removal.others;
  if (removal.project === 'ours' && others.length === 0) {
    await deployment.session.codeEngine.deleteProject(project.id);
    tell(`project ${project.name} deleted; Code Engine keeps its name taken for seven days`);
    return removal;
  }
  // One of ours that stays for the sake of what others have in it stays ours: when that is gone, destroy takes it.
  if (state !== undefined && others.length === 0) await store.remove();
  return { ...removal, project: 'kept', others };
}
