import { ConfigError, type ConfigProblem } from '../../shared/errors.ts';
import type { Deployment } from './deployment.ts';
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
  { inputs, session }: Deployment,
  wanted: readonly Wanted[],
  changes: readonly Change[],
): Promise<void> {
  const { manifest, accounts } = inputs;
  const isArray = manifest.packages.some(({ actions }) =>
    actions.some((action) => action.kind === 'job' && action.arraySize > 1),
  );
  if (!isArray) return;
  const problems: ConfigProblem[] = [];
  const names = new Map(Object.entries(accounts).map(([name, { accountId }]) => [accountId, name]));
  for (const name of names.values())
    for (const kind of ['profile', 'policy'] as const) {
      const coming = changes.filter(
        (change) =>
          change.action === 'create' &&
          change.wanted.kind === kind &&
          names.get(accounts[change.wanted.account]?.accountId ?? '') === name,
      ).length;
      if (coming === 0) continue;
      const there =
        kind === 'profile'
          ? await session.profiles(name).count()
          : (await session.policies(name).access()).length;
      const beyond = there + coming - MOST[kind];
      // Where there are more already, IBM has raised the limit.
      if (beyond > 0 && there <= MOST[kind])
        problems.push(
          problem(
            `account "${name}" has ${there} ${WORDS[kind]} and would get ${coming} more: IAM allows ${MOST[kind]}`,
            `write a smaller arraySize, or delete ${beyond} there that nobody needs`,
          ),
        );
    }
  const characters = sizeOf(deployedName(inputs), wanted);
  if (characters > MOST_STATE)
    problems.push(
      problem(
        `what apply makes would take ${characters} characters in ${deployedName(inputs)}: Code Engine takes ${MOST_STATE} in a config map`,
        'write a smaller arraySize',
      ),
    );
  if (problems.length > 0) throw new ConfigError(problems);
}

const deployedName = ({ manifest }: Deployment['inputs']): string => stateName(manifest.project.name);

const problem = (message: string, fix: string): ConfigProblem => ({
  source: 'manifest',
  line: 0,
  column: 0,
  message,
  fix,
});

/** How large the state is once everything is there. */
const sizeOf = (tool: string, wanted: readonly Wanted[]): number =>
  serializeState({
    revision: 1,
    writer: ID,
    tool,
    project: { id: ID, made: true },
    resources: wanted.map(
      ({ kind, key, name, account, within }): Entry => ({
        kind,
        key,
        name,
        account,
        id: ID,
        ...(within === undefined ? {} : { within: within === LATER ? ID : within }),
      }),
    ),
  }).length;
