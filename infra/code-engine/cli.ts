import { parseArgs } from 'node:util';
import { ConfigError } from '../../shared/errors.ts';
import { asJson, type Output, wrongUse } from '../../shared/runtime/commands/command.ts';
import { explainFailure } from '../../shared/runtime/entry.ts';
import { manifestJsonSchema } from '../../shared/runtime/manifest/json-schema.ts';
import { describeError, isExpected } from '../../shared/sweeps/context.ts';
import { apply, planNow, StrangersError } from './apply.ts';
import { type Deployment, isSubscription, observe, observeListed, wantedNow } from './deployment.ts';
import { destroy, type Removal, removalOf } from './destroy.ts';
import { CliDriver, DriverError } from './driver/cli.ts';
import { printedCommands, printedRemovals } from './driver/print.ts';
import { UnclearError } from './errors.ts';
import { type Environment, gather, readFiles, type Sources } from './gather.ts';
import type { DeployPorts } from './ports.ts';
import { checkAccounts, inputsOf, inputsWithoutRights, sessionOf } from './prepare.ts';
import { planAsJson, renderChanges, renderDone, renderNotes } from './render.ts';
import { ConflictError } from './resource.ts';
import { checkRoom } from './room.ts';
import { stateName } from './state.ts';
import { StateConflictError, StateUnreadableError } from './state-store.ts';
import { renderStatus, statusOf } from './status.ts';
import { OPTIONS, USAGE } from './usage.ts';

interface Options {
  readonly config: string;
  readonly manifest: string;
  readonly bundles: string;
  readonly zones: string;
  readonly driver: string;
  readonly json: boolean;
  readonly yes: boolean;
  readonly 'keep-project': boolean;
}

/** What a command works with. */
interface Invoked {
  readonly options: Options;
  readonly sources: Sources;
  readonly ports: DeployPorts;
  readonly output: Output;
}

type Command = (invoked: Invoked) => Promise<number> | number;

const COMMANDS: Readonly<Record<string, { readonly takes: readonly string[]; readonly run: Command }>> = {
  plan: { takes: ['bundles', 'driver', 'json'], run: plan },
  apply: { takes: ['bundles', 'driver'], run: applyNow },
  destroy: { takes: ['driver', 'keep-project', 'yes'], run: destroyNow },
  status: { takes: ['driver', 'json'], run: status },
  check: { takes: [], run: check },
  cost: { takes: ['zones', 'json'], run: cost },
  schema: { takes: [], run: schema },
};

/** The command line of the deployment. @returns the exit code */
export async function runDeploy(
  args: readonly string[],
  env: Environment,
  output: Output,
  ports: DeployPorts,
): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return wrongUse(output, error instanceof Error ? error.message : 'the arguments cannot be read');
  }
  const { values: options, positionals, given } = parsed;
  if (options.help) {
    output.out(USAGE);
    return 0;
  }
  const [word = '', ...more] = positionals;
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (command === undefined || more.length > 0) return wrongUse(output, USAGE);
  const idle = given.find((name) => !['config', 'manifest', ...command.takes].includes(name));
  if (idle !== undefined) return wrongUse(output, `--${idle} does not go with ${word}`);
  if (!['cli', 'print'].includes(options.driver)) return wrongUse(output, '--driver is cli or print');
  const { config, manifest, bundles } = options;
  const sources = { config, manifest, bundles, env, readFile: ports.readFile };
  try {
    return await command.run({ options, sources, ports, output });
  } catch (error) {
    output.err(`${explain(error)}\n`);
    return 1;
  }
}

function parse(args: readonly string[]) {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
    tokens: true,
  });
  return { values, positionals, given: tokens.flatMap((one) => (one.kind === 'option' ? [one.name] : [])) };
}

/** What is ours says what is wrong and what to do; of anything else nobody knows what its message holds. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return explainFailure(error);
  if (isExpected(error)) return `the deployment stopped: ${describeError(error)}`;
  const isOurs =
    error instanceof StrangersError ||
    error instanceof ConflictError ||
    error instanceof StateConflictError ||
    error instanceof StateUnreadableError ||
    error instanceof DriverError ||
    error instanceof UnclearError;
  return isOurs ? error.message : explainFailure(error);
}

/** @param looks - whether what is wanted is asked for; to take away what is there, nobody needs to know */
async function open({ options, sources, ports }: Invoked, looks: boolean): Promise<Deployment> {
  const gathered = gather(sources, looks);
  const session = sessionOf(ports, gathered);
  await checkAccounts(gathered, session);
  const { project } = gathered.manifest;
  const apiKey = gathered.accounts[gathered.account]?.apiKey;
  const inputs = looks ? await inputsOf(ports, gathered, session) : inputsWithoutRights(gathered);
  const deployment = { ports, inputs, session, tool: TOOL };
  if (options.driver === 'print' || apiKey === undefined) return deployment;
  const driver = new CliDriver({
    subprocess: ports.subprocess,
    home: ports.home,
    apiKey,
    region: project.region,
    resourceGroup: async () =>
      project.resourceGroup ??
      (await session.codeEngine.findProject(project.name))?.resource_group_id ??
      undefined,
    project: project.name,
    clock: ports.clock,
    env: passedOn(sources.env),
  });
  await driver.enter();
  return { ...deployment, driver };
}

/** Bumped with what an apply makes. */
const TOOL = 'logpush-keeper 0.1.0';

/** What tells the tool where IBM Cloud is; no other account's key is among it. */
const passedOn = (env: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && /^(?:IBMCLOUD_(?!API_KEY)|HTTPS?_PROXY$|NO_PROXY$)/.test(name)
        ? [[name, value] as const]
        : [],
    ),
  );

const where = ({ inputs: { manifest } }: Deployment) => ({
  project: manifest.project.name,
  region: manifest.project.region,
  resourceGroup: manifest.project.resourceGroup,
});

/** The commands that are left to a person; none with a driver that does it. */
const left = (deployment: Deployment): readonly string[] =>
  deployment.driver === undefined
    ? printedCommands(
        where(deployment),
        wantedNow(deployment, { outputs: new Map() }).filter(({ kind }) => isSubscription(kind)),
      )
    : [];

const byHand = (commands: readonly string[]): string =>
  commands.length === 0
    ? ''
    : `Subscriptions cannot be seen without the command line. Run these by hand (KEYFILE holds the API key):\n\n${commands.join('\n')}\n`;

async function plan(invoked: Invoked): Promise<number> {
  const { output, options } = invoked;
  const deployment = await open(invoked, true);
  const seen = await observe(deployment);
  const planned = planNow(deployment, seen);
  const commands = left(deployment);
  const { name, region } = deployment.inputs.manifest.project;
  const project = { name, region, action: seen.project === undefined ? 'create' : 'use' };
  const changes = planned.changes.length + (seen.project === undefined ? 1 : 0);
  if (options.json) output.out(asJson(planAsJson(planned, { command: 'plan', project, byHand: commands })));
  else {
    const made = seen.project === undefined ? `${name} in ${region}` : undefined;
    const isToSay = planned.strangers.length === 0 || changes > 0;
    output.out(
      `${isToSay ? renderChanges(planned.changes, made) : ''}${renderNotes(planned)}${byHand(commands)}`,
    );
  }
  if (planned.strangers.length > 0) throw new StrangersError(planned.strangers);
  await checkRoom(deployment, wantedNow(deployment, seen), planned.changes);
  return changes > 0 || commands.length > 0 ? 2 : 0;
}

async function applyNow(invoked: Invoked): Promise<number> {
  const { output } = invoked;
  const deployment = await open(invoked, true);
  let isDone = false;
  await apply(deployment, (text, change) => {
    isDone ||= change !== undefined;
    output.out(change === undefined ? `${text}\n` : renderDone(change));
  });
  output.out(
    !isDone ? 'No changes: everything is as it is wanted.\n' : 'Done: everything is as it is wanted.\n',
  );
  output.out(byHand(left(deployment)));
  return 0;
}

async function destroyNow(invoked: Invoked): Promise<number> {
  const { output, options } = invoked;
  const keepProject = options['keep-project'];
  const deployment = await open(invoked, false);
  const subscriptions =
    deployment.driver === undefined
      ? wantedNow(deployment, { outputs: new Map() }).filter(({ kind }) => isSubscription(kind))
      : [];
  const commands = byHand(printedRemovals(where(deployment), subscriptions));
  if (!options.yes) {
    const removal = await removalOf(deployment, await observeListed(deployment), keepProject);
    const { changes, project, others } = removal;
    const going = changes.length === 0 ? 'Nothing that apply has made is listed.\n' : renderChanges(changes);
    output.out(`${going}${PROJECT_WORDS[project]}${othersIn(others)}${commands}`);
    output.err(orphansIn(removal, deployment));
    output.err('nothing was done: --yes does it\n');
    return 2;
  }
  const removal = await destroy(deployment, {
    keepProject,
    tell: (text, change) => output.out(change === undefined ? `${text}\n` : renderDone(change)),
  });
  output.out(
    `${removal.project === 'ours' ? '' : PROJECT_WORDS[removal.project]}${othersIn(removal.others)}${commands}`,
  );
  output.err(orphansIn(removal, deployment));
  return removal.orphans.length === 0 ? 0 : 1;
}

const PROJECT_WORDS = {
  ours: 'The project goes as well; Code Engine keeps its name taken for seven days.\n',
  kept: 'The project stays.\n',
  absent: 'There is no project of this name.\n',
} as const;

const othersIn = (others: readonly string[]): string =>
  others.length === 0 ? '' : `It holds what this deployment has not made: ${others.join(', ')}.\n`;

/** Nothing says any more what was made: what still bears its names is told, and left. */
const orphansIn = ({ orphans }: Removal, { inputs }: Deployment): string => {
  const { name } = inputs.manifest.project;
  const lines = orphans.map((one) => `  ${one}\n`).join('');
  return orphans.length === 0
    ? ''
    : `there is no ${stateName(name)} that tells what was made, so nothing was taken away; this bears its names:\n${lines}  fix: delete what belongs to no other deployment by hand, and what is in the project\n`;
};

async function status(invoked: Invoked): Promise<number> {
  const { output, options } = invoked;
  const report = await statusOf(await open(invoked, false));
  output.out(options.json ? asJson(report) : renderStatus(report));
  return report.outcome === 'ok' ? 0 : 2;
}

function check({ sources, output }: Invoked): number {
  const { manifest } = readFiles(sources);
  for (const { source, line, column, message, fix } of manifest.warnings)
    output.err(`${source}:${line}:${column}: ${message}\n    fix: ${fix}\n`);
  output.out('The manifest and the configuration are good for Code Engine.\n');
  return 0;
}

async function cost({ sources, options, output }: Invoked): Promise<number> {
  const zones = Number(options.zones);
  if (!Number.isInteger(zones) || zones < 1) return wrongUse(output, '--zones is a whole number from 1');
  // With it comes the simulated cloud, which nothing else here needs.
  const { costOf, renderCost } = await import('./cost.ts');
  const { manifest: path, env, readFile } = sources;
  const seen = await costOf({ path, source: path, env, readFile }, zones);
  output.out(options.json ? asJson({ schema: 1, ...seen }) : `${[...renderCost(seen)].join('\n')}\n`);
  return 0;
}

function schema({ output }: Invoked): number {
  output.out(asJson(manifestJsonSchema()));
  return 0;
}
