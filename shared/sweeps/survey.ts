import type { Survey, SurveyedJob, SurveyedSecret, Unread } from '../domain/draft/survey.ts';
import type { ApiKey, SecretMetadata } from '../domain/keys.ts';
import { versionOf } from '../domain/rotation/versions.ts';
import type { Secret } from '../domain/secret.ts';
import type { Ports, ResourceInstance, ResourceService, SecretsManagerPort } from '../ports.ts';
import type { CisInstance } from './context.ts';
import { lookAtIdentity } from './doctor/identities.ts';
import { Looker, type Seen, valueOf } from './doctor/looker.ts';
import { observeFleet } from './fleet.ts';

/** What is known before anything was read. */
export interface SurveyRequest {
  readonly ports: Ports;
  readonly accounts: Readonly<Record<string, { readonly accountId: string }>>;
  /** CIS instances that a person named. */
  readonly named: readonly CisInstance[];
}

/** Of one Secrets Manager instance at most so many values are held against the keys of the jobs. */
const MOST_VALUES = 200;

/** Keys that jobs show, each with a name; the values never leave the survey. */
type ShownKeys = Map<string, { readonly name: string; readonly value: Secret }>;

/**
 * Reads what the accounts hold: CIS instances, their jobs, whose keys those show, and the secrets that hold them. It only
 * reads; of secrets first metadata, and a value only where reading it does no harm and jobs show keys to hold it against.
 */
export async function survey({ ports, accounts, named }: SurveyRequest): Promise<Survey> {
  const looker = new Looker();
  const unread: Unread[] = [];
  for (const [account, { accountId }] of Object.entries(accounts)) {
    const { verdict, detail } = await lookAtIdentity({ ports }, looker, account, accountId);
    if (verdict === 'ok') continue;
    looker.noLogin(account);
    unread.push({ what: `account ${account}`, why: detail });
  }
  const list = (service: ResourceService) => instancesOf(ports, looker, accounts, service, unread);
  const found = await list('internet-svcs');
  const instances = [
    ...named,
    ...found
      .filter(({ instance }) => named.every(({ crn }) => crn !== instance.crn))
      .map(({ account, instance: { crn, name } }) => ({ crn, account, name })),
  ];
  const shown: ShownKeys = new Map();
  const fleet = await readFleet(ports, looker, instances, shown, unread);
  const keys = await ownersOf(ports, looker, Object.keys(accounts), shown, unread);
  const secrets: SurveyedSecret[] = [];
  for (const { account, instance } of await list('secrets-manager'))
    secrets.push(...(await secretsOf(ports, looker, account, instance, { shown, keys, unread })));
  return {
    accounts: Object.entries(accounts).map(([name, { accountId }]) => ({ name, accountId })),
    instances: instances.map((instance) => {
      const zones = fleet.zones.get(instance.crn);
      return { ...instance, ...(zones === undefined ? {} : { zones }) };
    }),
    jobs: fleet.jobs,
    keys,
    secrets,
    unread,
  };
}

/** The instances of a service that accounts show, each with the account that shows it. */
async function instancesOf(
  { services }: Ports,
  looker: Looker,
  accounts: SurveyRequest['accounts'],
  service: ResourceService,
  unread: Unread[],
) {
  const found: { readonly account: string; readonly instance: ResourceInstance }[] = [];
  for (const [account, { accountId }] of Object.entries(accounts)) {
    if (!looker.canLogIn(account)) continue;
    const seen = await services.resources(account).list(service);
    const takes = `Viewer on ${service}`;
    const what = `instances of ${service} in account ${account}`;
    if (seen.verdict !== 'yes')
      unread.push({ what, why: seen.verdict === 'no' ? `status ${seen.status}` : seen.reason, takes });
    else if (seen.instances.length === 0)
      unread.push({ what, why: 'none are shown', takes, mayBeNone: true });
    else
      for (const instance of seen.instances)
        if (instance.state === 'active' && instance.accountId === accountId)
          found.push({ account, instance });
  }
  return found;
}

async function readFleet(
  ports: Ports,
  looker: Looker,
  instances: readonly CisInstance[],
  shown: ShownKeys,
  unread: Unread[],
): Promise<{ readonly jobs: readonly SurveyedJob[]; readonly zones: ReadonlyMap<string, number> }> {
  const jobs: SurveyedJob[] = [];
  const reachable = instances.filter(({ account }) => looker.canLogIn(account));
  const zones = new Map(reachable.map(({ crn }) => [crn, 0]));
  for await (const look of observeFleet({ ports }, reachable)) {
    const { crn } = look.instance;
    if (look.zone === undefined) zones.delete(crn);
    else zones.set(crn, (zones.get(crn) ?? 0) + 1);
    if ('unreadable' in look) {
      const what = look.zone === undefined ? `zones of ${crn}` : `Logpush jobs of zone ${look.zone.name}`;
      unread.push({ what, why: look.unreadable, takes: 'Reader on internet-svcs' });
      continue;
    }
    for (const job of look.jobs) {
      const { zone } = look;
      const name = job.destinationKey.state === 'visible' ? nameOf(shown, job.destinationKey.key) : undefined;
      jobs.push({ job, zone, ...(name === undefined ? {} : { shows: name }) });
    }
  }
  return { jobs, zones };
}

function nameOf(shown: ShownKeys, value: Secret): string {
  const known = shown.get(value.reveal());
  if (known !== undefined) return known.name;
  const name = `key-${shown.size + 1}`;
  shown.set(value.reveal(), { name, value });
  return name;
}

/** Whose keys they are: IAM tells the account that a key belongs to. */
async function ownersOf(
  { services }: Ports,
  looker: Looker,
  accounts: readonly string[],
  shown: ShownKeys,
  unread: Unread[],
): Promise<Readonly<Record<string, ApiKey>>> {
  const keys: Record<string, ApiKey> = {};
  for (const { name, value } of shown.values()) {
    let last: Seen<ApiKey | undefined> | undefined;
    for (const account of accounts) {
      last = await looker.look({ account, target: name, actions: [] }, () =>
        services.iam(account).findApiKey(value),
      );
      const key = valueOf(last);
      if (key === undefined) continue;
      keys[name] = key;
      break;
    }
    if (keys[name] !== undefined) continue;
    const why = last !== undefined && 'why' in last ? last.why : 'no account of these shows it';
    unread.push({ what: `the owner of a key that jobs carry (${name})`, why });
  }
  return keys;
}

interface Held {
  readonly shown: ShownKeys;
  readonly keys: Readonly<Record<string, ApiKey>>;
  readonly unread: Unread[];
}

async function secretsOf(
  { services }: Ports,
  looker: Looker,
  account: string,
  { guid: instanceId, region, name }: ResourceInstance,
  held: Held,
): Promise<readonly SurveyedSecret[]> {
  const what = `secrets of Secrets Manager ${name} (${instanceId})`;
  const asked = { account, target: instanceId, actions: [] };
  for (const network of ['public', 'private'] as const) {
    const port = services.secretsManager(account, { instanceId, region, network });
    const listed = await looker.look(asked, () => port.listSecrets());
    if ('value' in listed) {
      const place = { account, instanceId, region, network };
      const candidates = listed.value.filter(({ type, state }) => MAY_HOLD.has(type) && state === 1);
      const names = await keysIn(looker, account, port, candidates, { ...held, what });
      return candidates.map((metadata) => {
        const holds = names.get(metadata.id);
        return { ...place, metadata, ...(holds === undefined ? {} : { holds }) };
      });
    }
    if (listed.status !== undefined || network === 'private') {
      held.unread.push({ what, why: listed.why, takes: 'Reader on secrets-manager' });
      return [];
    }
  }
  return [];
}

const MAY_HOLD: ReadonlySet<string> = new Set(['arbitrary', 'kv', 'iam_credentials']);

/** Which of the keys that jobs show is in which secret. What a secret holds is held against them here, and told to nobody. */
async function keysIn(
  looker: Looker,
  account: string,
  port: SecretsManagerPort,
  secrets: readonly SecretMetadata[],
  { shown, keys, unread, what }: Held & { readonly what: string },
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  let values = 0;
  let refused: string | undefined;
  let silent = false;
  for (const { id, type } of shown.size === 0 ? [] : secrets) {
    const asked = { account, target: id, actions: [] };
    if (type === 'iam_credentials') {
      // Its versions say which key they hold, so it need not be read.
      const versions = valueOf(await looker.look(asked, () => port.listVersions(id))) ?? [];
      const made = versionOf(versions, 'current')?.apiKeyId;
      const name = Object.entries(keys).find(([, key]) => key.id === made)?.[0];
      if (name !== undefined) names.set(id, name);
    } else if (type === 'arbitrary' && !silent && values < MOST_VALUES) {
      values += 1;
      const read = await looker.look(asked, () => port.readKey({ id }, 'current'));
      if ('why' in read) {
        refused ??= read.why;
        silent = read.status === undefined;
      }
      const name = shown.get(valueOf(read)?.reveal() ?? '')?.name;
      if (name !== undefined) names.set(id, name);
    }
  }
  if (refused !== undefined)
    unread.push({ what: `values of ${what}`, why: refused, takes: 'SecretsReader on secrets-manager' });
  const left = secrets.filter(({ type }) => type === 'arbitrary').length - values;
  if (refused === undefined && shown.size > 0 && left > 0)
    unread.push({ what: `values of ${what}`, why: `${left} more than the ${MOST_VALUES} that are read` });
  return names;
}
