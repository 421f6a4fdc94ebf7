import { parse, stringify } from 'yaml';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { HttpRequest, LedgerStore } from '../../shared/ports.ts';
import { BUCKET, OLD_KEY, type SmallWorld, smallWorld } from '../simulation/small-world.ts';
import { type VirtualKeeperOptions, virtualKeeper } from './virtual-keeper.ts';

/** Where the declared jobs of the tests push, as `keeper.yml` names it. */
export const LOGS = { instance: 'bdaaaee6-64da-482f-86f3-f733be1eae08', region: 'eu-de' };
export const COS = { bucket: BUCKET, region: 'eu-de', instance: '33333333-1111-4222-8333-444444444444' };
const FOLDER = 'http';

/** The ways to make a job: the two of IBM's page of December 2024, and the one that came in March 2026. */
const FLOWS = {
  'cloud-logs': { destination: { cloudLogs: LOGS }, binding: 'edge-logs' },
  cos: { destination: { cos: { ...COS, path: FOLDER } }, binding: 'edge-logs' },
  'cos-ownership': { destination: { cos: { ...COS, path: 'legacy', legacyOwnership: true } } },
} as const;
export type Flow = keyof typeof FLOWS;

/** A declared job as a person writes it. */
export const aDeclaration = (flow: Flow, fields: object = {}) => ({
  zone: 'shop.example',
  name: 'edge-http',
  dataset: 'http_requests',
  enabled: true,
  frequency: 'low',
  logpullOptions: 'fields=RayID,ClientIP,EdgeStartTimestamp&timestamps=rfc3339',
  ...FLOWS[flow],
  ...fields,
});

type ZoneJob = WorldFile['cis'][number]['zones'][number]['jobs'][number];

/** A Logpush job that is there before the keeper comes. */
export const aZoneJob = (fields: Partial<ZoneJob>): ZoneJob => ({
  id: 1,
  name: 'edge-http',
  dataset: 'http_requests',
  frequency: 'low',
  enabled: true,
  ...fields,
});

export const ON_LOGS = { cloudLogs: 'logs', apiKey: OLD_KEY } as const;

export interface DeclaringOptions extends Pick<VirtualKeeperOptions, 'surround'> {
  readonly jobs?: readonly ZoneJob[];
  readonly cis?: object;
  readonly logpush?: object;
  readonly retention?: boolean;
  /** The keeper's role on CIS. */
  readonly role?: 'Manager' | 'Writer';
  readonly world?: Partial<SmallWorld>;
  readonly config?: object;
  readonly ledger?: LedgerStore;
  readonly change?: (file: WorldFile) => void;
  /** How CIS shows jobs, where that is not as it was sent them: it changes the text of its answers. */
  readonly shows?: (text: string) => string;
}

/** A world whose first zone has these jobs alone, and what its keeper is to have there. */
function declaringWorld({
  jobs = [],
  cis = {},
  logpush = {},
  retention = true,
  role = 'Manager',
  world = {},
  change,
}: DeclaringOptions): WorldFile {
  const file = smallWorld({ jobs: 1, ...world });
  Object.assign(file.settings.cis, cis);
  Object.assign(file.settings.logpush, logpush);
  const [account] = file.accounts;
  for (const serviceId of account?.serviceIds ?? []) {
    for (const policy of serviceId.policies) if (policy.service === 'internet-svcs') policy.roles = [role];
    for (const key of serviceId.apiKeys) if (key.name === OLD_KEY) key.createdDaysAgo = 10;
    for (const key of serviceId.apiKeys) if (key.name === OLD_KEY) key.expiresInDays = 100;
  }
  const [zone] = file.cis[0]?.zones ?? [];
  if (zone === undefined) throw new Error('the small world has changed');
  zone.jobs = [...jobs];
  zone.retention = retention;
  change?.(file);
  return file;
}

/** The configuration of such a world: its binding reaches both kinds of destinations, and these jobs are declared. */
function declaringConfig(text: string, declarations: readonly object[], more: object = {}): string {
  const config = parse(text) as { bindings: { jobs: object[] }[] };
  const [binding] = config.bindings;
  if (binding === undefined) throw new Error('the small world has changed');
  binding.jobs = [
    { destination: { cloudLogs: LOGS } },
    { destination: { cos: { ...COS, path: FOLDER, auth: 'key' } } },
    { destination: { cos: { ...COS, path: 'other', auth: 'key' } } },
  ];
  return stringify({ ...config, logpushJobs: declarations, ...more }, { aliasDuplicateObjects: false });
}

/** A keeper that declares these jobs, and every request that reached CIS. */
export function declaringKeeper(declarations: readonly object[], options: DeclaringOptions = {}) {
  const file = declaringWorld(options);
  const sent: HttpRequest[] = [];
  const keeper = virtualKeeper({
    file,
    ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
    ...(options.surround === undefined ? {} : { surround: options.surround }),
    changeConfig: (text) => declaringConfig(text, declarations, options.config),
    wrapTransport: (transport) => ({
      send: async (request) => {
        if (request.url.includes('/cis/')) sent.push(request);
        const answer = await transport.send(request);
        if (options.shows === undefined || !request.url.includes('/logpush/jobs')) return answer;
        return { ...answer, body: options.shows(answer.body) };
      },
    }),
  });
  const { world, clock } = keeper;
  return {
    keeper,
    world,
    clock,
    sent,
    jobs: () => [...world.cis.jobs()],
    pass: (ms: number): void => {
      clock.advance(ms);
      world.catchUp();
    },
    run: () => keeper.run('ensure-logpush'),
    /** Bodies of the requests of one kind to one end of a path. */
    bodies: (method: HttpRequest['method'], tail: string): readonly unknown[] =>
      sent
        .filter((request) => request.method === method && request.url.endsWith(tail))
        .map(({ body }) => JSON.parse(String(body)) as unknown),
    delivered: (id: number) =>
      world.logpush.truth().find(({ ref }) => ref.jobId === id)?.deliveredMinutes ?? 0,
  };
}
