import { ConfigError, type ConfigProblem } from '../../shared/errors.ts';
import type { Deployment } from './deployment.ts';
import { actionsOf } from './desired/inputs.ts';
import type { Change } from './plan.ts';
import { type Entry, LATER, type Wanted } from './resource.ts';
import { serializeState, stateName } from './state.ts';

/**
 * What one account may have, of everybody.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-known-issues
 */
const MOST = { profile: 2000, policy: 4020 } as const;
const WORDS = { profile: 'trusted profiles', policy: 'access policies' } as const;

/** Characters of one value in a config map. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
const MOST_STATE = 1_048_576;

/** As long as what IBM Cloud makes up: the IAM id of a trusted profile. */
const ID = 'x'.repeat('iam-Profile-'.length + 36);

/**
 * Whether there is room for the profiles and policies of array jobs, so that apply does not stop half way. Who may not list what is
 * there is not refused: IAM then tells itself.
 *
 * @throws {ConfigError} when there is none, before anything is made
 */
export async function checkRoom(
  deployment: Deployment,
  wanted: readonly Wanted[],
  changes: readonly Change[],
): Promise<void> {
  const { manifest } = deployment.inputs;
  const isArray = actionsOf(manifest).some((action) => action.kind === 'job' && action.arraySize > 1);
  if (!isArray) return;
  const leaving = changes.flatMap((change) => ('entry' in change ? [change.entry] : []));
  const problems = [
    ...(await crowdedAccounts(deployment, changes)),
    ...tooLarge(stateName(manifest.project.name), [...wanted, ...leaving]),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

async function crowdedAccounts(
  { inputs: { accounts }, session }: Deployment,
  changes: readonly Change[],
): Promise<readonly ConfigProblem[]> {
  const idOf = (name: string): string | undefined => accounts[name]?.accountId;
  // Two names may mean the same account.
  const names = new Map(Object.keys(accounts).map((name) => [idOf(name), name]));
  const problems: ConfigProblem[] = [];
  for (const [id, name] of names)
    for (const kind of ['profile', 'policy'] as const) {
      const coming = changes.filter(
        (change) =>
          change.action === 'create' && change.wanted.kind === kind && idOf(change.wanted.account) === id,
      ).length;
      if (coming === 0) continue;
      const there =
        kind === 'profile'
          ? await session.profiles(name).count()
          : (await session.policies(name).access()).length;
      const beyond = there + coming - MOST[kind];
      // Where there are more already, IBM has raised the limit.
      if (beyond <= 0 || there > MOST[kind]) continue;
      const message = `account "${name}" has ${there} ${WORDS[kind]} and would get ${coming} more: IAM allows ${MOST[kind]}`;
      problems.push(
        problem(message, `write a smaller arraySize, or delete ${beyond} there that nobody needs`),
      );
    }
  return problems;
}

/** Whether the state holds all that is to be there, and what is there until the end. */
function tooLarge(name: string, things: readonly (Wanted | Entry)[]): readonly ConfigProblem[] {
  const { length } = serializeState({
    revision: 1,
    writer: ID,
    tool: ID,
    project: { id: ID, made: true },
    resources: things.map(({ kind, key, name: called, account, within }) => ({
      kind,
      key,
      name: called,
      account,
      id: ID,
      ...(within === undefined ? {} : { within: within === LATER ? ID : within }),
    })),
  });
  if (length <= MOST_STATE) return [];
  const message = `what apply makes would take ${length} characters in ${name}: Code Engine takes ${MOST_STATE} in a config map`;
  return [problem(message, 'write a smaller arraySize')];
}

const problem = (message: string, fix: string): ConfigProblem => ({
  source: 'manifest',
  line: 0,
  column: 0,
  message,
  fix,
});
