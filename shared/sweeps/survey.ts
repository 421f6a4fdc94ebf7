import type { Survey, SurveyedJob, SurveyedSecret, Unread } from '../domain/draft/survey.ts';
import type { ApiKey } from '../domain/keys.ts';
import type { Secret } from '../domain/secret.ts';
import type { Ports, ResourceInstance, ResourceService } from '../ports.ts';
import type { CisInstance } from './context.ts';
import { lookAtIdentity } from './doctor/identities.ts';
import { Looker, type Seen, valueOf } from './doctor/looker.ts';
import { observeFleet } from './fleet.ts';
import { type ShownKeys, secretsOf } from './survey-secrets.ts';

/** What is known before anything was read. */
export interface SurveyRequest {
  readonly ports: Ports;
  readonly accounts: Readonly<Record<string, { readonly accountId: string }>>;
  /** CIS instances that a person named. */
  readonly named: readonly CisInstance[];
  /** Whether values of secrets may be read, which whoever owns those sees in Activity Tracker. */
  readonly readSecrets: boolean;
  /** Told of how many zones there are before the first is looked at. */
  readonly begins: (zones: number) => void;
}

/**
 * Reads what the accounts hold: CIS instances, their jobs, whose keys those show, and the secrets that hold them. It only
 * reads; of secrets metadata, and values only where it was told to.
 */
export async function survey({
  ports,
  accounts,
  named,
  readSecrets,
  begins,
}: SurveyRequest): Promise<Survey> {
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
  begins(await countZones(ports, looker, instances));
  const shown: ShownKeys = new Map();
  const fleet = await readFleet(ports, looker, instances, shown, unread);
  const keys = await ownersOf(ports, looker, Object.keys(accounts), shown, unread);
  const secrets: SurveyedSecret[] = [];
  for (const { account, instance } of await list('secrets-manager'))
    secrets.push(
      ...(await secretsOf(ports, looker, account, instance, { shown, keys, unread, readSecrets })),
    );
  return {
    accounts: Object.entries(accounts).map(([name, { accountId }]) => ({ name, accountId })),
    instances: instances.map((instance) => {
      const zones = fleet.zones.get(instance.crn);
      return { ...instance, ...(zones === undefined ? {} : { zones }) };
    }),
    jobs: fleet.jobs,
    keys,
    secrets,
    secretsWereRead: readSecrets,
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

/** Instances that cannot be listed are told by the look that follows. */
async function countZones(
  { services }: Ports,
  looker: Looker,
  instances: readonly CisInstance[],
): Promise<number> {
  let zones = 0;
  for (const { crn, account } of instances) {
    const listed = await looker.look({ account, target: crn, actions: [] }, () =>
      Array.fromAsync(services.cis(account).listZones(crn)),
    );
    zones += valueOf(listed)?.length ?? 0;
  }
  return zones;
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
