import type { WorldFile } from '../../infra/local/world-file.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { type Kind, traitsOf } from '../simulation/kinds.ts';
import { BUCKET, OLD_KEY, smallWorld } from '../simulation/small-world.ts';
import { aDeclaration } from './declared.ts';
import { personCalls } from './person.ts';
import type { Scenario } from './rights.ts';

const GROUP = 'logpush-keys';

/** A world of one account whose secret is in a group of its own. */
function grouped(file: WorldFile): WorldFile {
  for (const secret of file.secretsManagers.flatMap(({ secrets }) => secrets)) secret.group = GROUP;
  return file;
}

function ownerIn({ accounts: [account] }: WorldFile) {
  const owner = account?.serviceIds.find(({ name }) => name === 'logpush');
  if (owner === undefined) throw new Error('the small world has changed');
  return owner;
}

const aJob = (id: number) =>
  ({ id, name: `job-${id}`, dataset: 'http_requests', frequency: 'low', enabled: true }) as const;
const past = { pushedHoursAgo: 26, failedHoursAgo: 0.2, error: 'error writing to destination' };

/** Jobs that fail for everything that can be seen to stop them. */
function failing(): WorldFile {
  const file = grouped(smallWorld({ jobs: 1 }));
  const owner = ownerIn(file);
  owner.policies.splice(0);
  for (const key of owner.apiKeys) if (key.name === OLD_KEY) key.expiresInDays = -0.5;
  for (const logs of file.cloudLogs) if (logs.name === 'logs') logs.state = 'removed';
  const wall = { id: 'wall', service: 'logs', enforcement: 'enabled', addresses: ['192.0.2.1'] } as const;
  file.accounts[0]?.restrictions.push({ ...wall, addresses: [...wall.addresses] });
  const [shop, pay] = file.cis[0]?.zones ?? [];
  for (const job of shop?.jobs ?? []) job.past = past;
  const cos = { bucket: BUCKET, path: 'http', dailySubfolder: true };
  pay?.jobs.push({ ...aJob(2), cos, apiKey: OLD_KEY, keysOnRead: 'masked', past });
  return file;
}

/**
 * Jobs that failures disable while nobody looks, because their identity is out of its access group for a day. One carries a key
 * that no binding knows.
 */
function disabled(destination: 'cloud-logs' | 'cos'): WorldFile {
  const file = grouped(smallWorld({ jobs: 1, destination }));
  const owner = ownerIn(file);
  for (const key of owner.apiKeys) Object.assign(key, { createdDaysAgo: 10, expiresInDays: 100 });
  const policies = owner.policies.splice(0);
  file.accounts[0]?.accessGroups.push({ ...PUSHERS, members: [`iam-${owner.id}`], policies });
  file.cis[0]?.zones[1]?.jobs.push({
    ...aJob(2),
    cloudLogs: 'other-logs',
    apiKey: 'foreign-key',
  });
  return file;
}

const PUSHERS = { name: 'pushers', id: 'AccessGroupId-11111111-0000-4000-8000-000000000001' };

const outAndBack: Scenario['meanwhile'] = [
  {
    at: hours(1),
    happens: ({ iam, file }) => iam.groups.removeMember(PUSHERS.id, `iam-${ownerIn(file).id}`),
  },
  {
    at: hours(25.5),
    happens: ({ iam, file }) => {
      const group = iam.groups.get(PUSHERS.id);
      if (group !== undefined) iam.groups.addMember(group, `iam-${ownerIn(file).id}`, 'somebody');
    },
  },
];

/** No key is tried: what policies and settings show decides. */
const byToken = (config: string): string => config.replace(/(managedBy: keeper)/, '$1\n    qualify: token');

/** A key whose time has come, on two jobs. */
function due(kind: Kind): WorldFile {
  const file = grouped(traitsOf(kind).file({ jobs: 2 }));
  // It is to live as long as its new key: the keeper has to say so.
  for (const secret of file.secretsManagers.flatMap(({ secrets }) => secrets))
    if (secret.type === 'arbitrary') secret.expiresInDays = 60;
  return file;
}

/** A bucket whose writer has lost its role: nothing arrives. */
function buckets(): WorldFile {
  const file = grouped(smallWorld({ jobs: 2, destination: 'cos' }));
  ownerIn(file).policies.splice(0);
  return file;
}

/** Jobs that are to be made, each in another way; log retention is off. */
function declared(): WorldFile {
  const file = grouped(smallWorld({ jobs: 2 }));
  const [shop] = file.cis[0]?.zones ?? [];
  if (shop !== undefined) Object.assign(shop, { jobs: [], retention: false });
  file.keeper.logpushJobs = [
    aDeclaration('cos-ownership'),
    aDeclaration('cloud-logs', { name: 'dns', dataset: 'dns_logs' }),
    aDeclaration('cloud-logs', { zone: 'pay.example', name: 'two', frequency: 'high' }),
  ];
  return file;
}

export const CHECK: Scenario = { name: 'check-logpush', file: failing, runsAt: [minutes(30)] };

const REENABLE = {
  name: 'reenable-logpush',
  changeConfig: byToken,
  checkedAt: [0],
  meanwhile: outAndBack,
  runsAt: [26, 26.5, 27].map(hours),
} as const;
export const REENABLE_LOGS: Scenario = {
  ...REENABLE,
  about: 'Cloud Logs',
  file: () => disabled('cloud-logs'),
};
export const REENABLE_BUCKET: Scenario = { ...REENABLE, about: 'a bucket', file: () => disabled('cos') };

/** From the first step to the last, a look at each time at which there is something to do. */
const ROTATION = [0, 0.5, 1, 4, 30, 32, 57, 58].map(hours);
export const ROTATE_KEEPER: Scenario = {
  name: 'rotate-keys',
  about: 'keeper',
  file: () => due('keeper'),
  runsAt: ROTATION,
};
export const ROTATE_SECRETS_MANAGER: Scenario = {
  name: 'rotate-keys',
  about: 'secrets-manager',
  file: () => due('secrets-manager'),
  runsAt: ROTATION.slice(0, 6),
};
export const ROTATE_OTHERS: Scenario = {
  name: 'rotate-keys',
  about: 'others',
  file: () => due('others'),
  // Somebody puts another key into the secret than the jobs have.
  prepare: (world) => personCalls(world, 'POST', '/versions', { payload: world.keyValue('foreign-key') }),
  runsAt: ROTATION.slice(0, 4),
};

export const VERIFY: Scenario = { name: 'verify-buckets', file: buckets, runsAt: [hours(2)] };

export const ENSURE: Scenario = {
  name: 'ensure-logpush',
  file: declared,
  changeConfig: (config) => `${config}policies: { logpushJobs: { onDrift: enforce } }\n`,
  runsAt: [0, 1, 2, 3, 4].map(hours),
};
