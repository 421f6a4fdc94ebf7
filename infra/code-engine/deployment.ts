import type { Secret } from '../../shared/domain/secret.ts';
import { ApiError } from '../../shared/errors.ts';
import { isUsable, type Project } from './clients/code-engine.ts';
import { desired } from './desired/desired.ts';
import { type Inputs, outputsOf } from './desired/inputs.ts';
import { WEBHOOK_SECRET } from './desired/workloads.ts';
import type { CliDriver } from './driver/cli.ts';
import { withKnownAccounts } from './former-accounts.ts';
import { alertPoliciesIn, webhooksIn } from './kinds/alerts.ts';
import { CONFIG_MAPS, FUNCTIONS, itemsOf, JOBS, secretsWith, webhookSecretIn } from './kinds/items.ts';
import { authorizationsIn, policiesIn } from './kinds/policies.ts';
import { linksIn, profilesIn } from './kinds/profiles.ts';
import { rolesIn } from './kinds/roles.ts';
import type { DeployPorts } from './ports.ts';
import {
  type Entry,
  type Handler,
  idOf,
  KINDS,
  type Kind,
  type Live,
  type Target,
  type Wanted,
} from './resource.ts';
import type { Session } from './session.ts';
import type { State } from './state.ts';
import { StateStore } from './state-store.ts';

/** Everything that plan, apply, destroy and status work with. */
export interface Deployment {
  readonly ports: DeployPorts;
  readonly inputs: Inputs;
  readonly session: Session;
  /** Absent = subscriptions are left to whoever runs the commands that are printed. */
  readonly driver?: CliDriver;
  readonly tool: string;
}

/** What can be written and deleted in a project that is there; without one, what does not live in it. */
export type Handlers = Readonly<Partial<Record<Kind, Handler>>>;

/** What was seen: the project, the state, and every resource that is wanted or listed. */
export interface Seen {
  readonly project: Project | undefined;
  readonly store: StateStore | undefined;
  readonly state: State | undefined;
  readonly handlers: Handlers;
  readonly live: Map<string, Live>;
  readonly outputs: Map<string, Readonly<Record<string, string>>>;
}

/** Kinds that the deployment sees to itself. */
export const kindsOf = ({ driver }: Deployment): readonly Kind[] =>
  driver === undefined ? KINDS.filter((kind) => !isSubscription(kind)) : KINDS;

export const isSubscription = (kind: Kind): kind is 'cron' | 'ring' => kind === 'cron' || kind === 'ring';

/** What is wanted, with everything that is known by now. */
export const wantedNow = ({ inputs }: Deployment, { outputs }: Pick<Seen, 'outputs'>): readonly Wanted[] =>
  desired(inputs, outputsOf(outputs));

/** The outputs that a project gives. */
export const projectOutputs = ({ id, crn }: Project): readonly [string, Readonly<Record<string, string>>] => [
  'project ',
  { id, crn },
];

export function handlersOf(deployment: Deployment, project: Project | undefined): Handlers {
  const { session, ports, driver } = deployment;
  const { clock, random } = ports;
  const everywhere: Handlers = {
    profile: profilesIn(session.profiles),
    link: linksIn(session.profiles, clock),
    role: rolesIn(session.policies),
    policy: policiesIn(session.policies, clock),
    authorization: authorizationsIn(session.policies, clock),
  };
  if (project === undefined) return everywhere;
  const items = (spelling: Parameters<typeof itemsOf>[2]): Handler =>
    itemsOf(session.codeEngine, project.id, spelling);
  return {
    ...everywhere,
    'config-map': items(CONFIG_MAPS),
    secret: items(secretsWith(random)),
    job: items(JOBS),
    function: items(FUNCTIONS),
    'cis-webhook': webhooksIn(session.alerts, () => webhookSecret(session, project)),
    'alert-policy': alertPoliciesIn(session.alerts),
    ...(driver === undefined ? {} : { cron: driver.handler('cron'), ring: driver.handler('ring') }),
  };
}

async function webhookSecret({ codeEngine }: Session, { id }: Project): Promise<Secret> {
  const item = await codeEngine.get(id, 'secrets', WEBHOOK_SECRET);
  const secret = item === undefined ? undefined : webhookSecretIn(item);
  if (secret !== undefined) return secret;
  const reason = `secret ${WEBHOOK_SECRET} is not there`;
  throw new ApiError({ service: 'code-engine', operation: 'getSecret', effect: 'none', reason });
}

/** Reads the project and its state, nothing else. */
async function observeProject(
  deployment: Deployment,
): Promise<Pick<Seen, 'project' | 'store' | 'state' | 'handlers'>> {
  const { session, inputs, ports } = deployment;
  const { name } = inputs.manifest.project;
  const project = await session.codeEngine.findProject(name);
  if (project !== undefined && !isUsable(project.status))
    return { project: undefined, ...NOTHING(deployment) };
  if (project === undefined) return { project, ...NOTHING(deployment) };
  const store = new StateStore(session.codeEngine, project, ports.random);
  const read = await store.read();
  const { account, accounts } = inputs;
  const resources = await withKnownAccounts(read?.resources ?? [], { account, accounts, session });
  const state = read === undefined ? undefined : { ...read, resources };
  return { project, store, state, handlers: handlersOf(deployment, project) };
}

const NOTHING = (deployment: Deployment) => ({
  store: undefined,
  state: undefined,
  handlers: handlersOf(deployment, undefined),
});

/** Reads everything. Nothing is changed. */
export async function observe(deployment: Deployment): Promise<Seen> {
  const seen: Seen = { ...(await observeProject(deployment)), live: new Map(), outputs: new Map() };
  const { project, state } = seen;
  if (project !== undefined) seen.outputs.set(...projectOutputs(project));
  for (const kind of kindsOf(deployment)) {
    // What is wanted of this kind may depend on what there is of those before.
    const wanted = wantedNow(deployment, seen).filter((one) => one.kind === kind);
    const entries = (state?.resources ?? []).filter((entry) => entry.kind === kind);
    await lookAt(seen, kind, targetsOf(wanted, entries));
  }
  return seen;
}

/** Reads what the state lists, in whatever state the configuration is. */
export async function observeListed(deployment: Deployment): Promise<Seen> {
  const seen: Seen = { ...(await observeProject(deployment)), live: new Map(), outputs: new Map() };
  for (const kind of kindsOf(deployment)) {
    const entries = (seen.state?.resources ?? []).filter((entry) => entry.kind === kind);
    await lookAt(seen, kind, targetsOf([], entries));
  }
  return seen;
}

async function lookAt(
  { handlers, live, outputs }: Seen,
  kind: Kind,
  targets: readonly Target[],
): Promise<void> {
  for (const [id, found] of (await handlers[kind]?.look(targets)) ?? []) {
    live.set(id, found);
    outputs.set(id, found.outputs ?? {});
  }
}

/** What is wanted, with the id that the state has of it, and what the state lists beside that. */
function targetsOf(wanted: readonly Wanted[], entries: readonly Entry[]): readonly Target[] {
  const known = new Map(entries.map((entry) => [idOf(entry), entry]));
  const isWanted = new Set(wanted.map(idOf));
  return [
    ...wanted.map((one): Target => {
      const id = known.get(idOf(one))?.id;
      return { ...one, ...(id === undefined ? {} : { id }) };
    }),
    ...entries.filter((entry) => !isWanted.has(idOf(entry))),
  ];
}
