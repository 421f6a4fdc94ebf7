import { VirtualClock } from '../../../../infra/local/clock.ts';
import { IbmCloud } from '../../../../infra/local/ibmcloud/ibmcloud.ts';
import { World } from '../../../../infra/local/world.ts';
import { WorldFile } from '../../../../infra/local/world-file.ts';

export const ACCOUNT = '0123456789abcdef0123456789abcdef';
export const OBJECTS = 'bbbbbbbb-1111-4222-8333-cccccccccccc';

const key = (name: string, last: number) => ({
  name,
  id: `ApiKey-bbbb2222-0000-4000-8000-00000000000${last}`,
  createdDaysAgo: 10,
});
const bucket = (name: string, location: string) => ({ name, location, instance: OBJECTS, account: 'edge' });

/** An account with somebody who may deploy, somebody who only reads, and two buckets. */
export const toolWorldFile = (settings: object = {}) =>
  WorldFile.parse({
    name: 'tool',
    about: 'What a deployment begins with.',
    startsAt: '2026-09-01T10:00:00Z',
    days: 1,
    settings,
    accounts: [
      {
        name: 'edge',
        id: ACCOUNT,
        serviceIds: [
          {
            name: 'deployer',
            id: 'ServiceId-aaaa1111-0000-4000-8000-000000000001',
            policies: [
              { service: 'codeengine', roles: ['Administrator', 'Manager'] },
              { service: 'cloud-object-storage', roles: ['Administrator', 'Manager'] },
              { service: 'iam-identity', roles: ['Administrator'] },
              { service: 'iam-access-management', roles: ['Administrator'] },
              { service: 'internet-svcs', roles: ['Administrator', 'Manager'] },
            ],
            apiKeys: [key('deployer-key', 1)],
          },
          {
            name: 'onlooker',
            id: 'ServiceId-aaaa1111-0000-4000-8000-000000000002',
            policies: [{ service: 'codeengine', roles: ['Reader'] }],
            apiKeys: [key('onlooker-key', 2)],
          },
        ],
        keeper: { serviceId: 'deployer', apiKey: 'deployer-key' },
      },
    ],
    cloudLogs: [],
    secretsManagers: [],
    cis: [{ name: 'shop', guid: 'dddd4444-0000-4000-8000-000000000001', account: 'edge' }],
    buckets: [bucket('ring-bucket', 'us-south'), bucket('far-bucket', 'eu-de')],
  });

/** The tool on that world, in virtual time, with files that are in memory. */
export function aTool(settings: object = {}) {
  const file = toolWorldFile(settings);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const tool = new IbmCloud(world);
  const disk = new Map<string, string>([
    ['deployer.key', world.keyValue('deployer-key')],
    ['onlooker.key', world.keyValue('onlooker-key')],
  ]);
  const files = {
    read: (path: string) => disk.get(path),
    write: (path: string, content: string) => void disk.set(path, content),
    list: (path: string) => {
      const inside = [...disk.keys()].filter((name) => name.startsWith(`${path}/`));
      const names = inside.flatMap((name) => name.slice(path.length + 1).split('/')[0] ?? []);
      return inside.length === 0 ? undefined : [...new Set(names)];
    },
    absolute: (path: string) => path,
  };
  /** Words with spaces are given as a list. */
  const ibmcloud = (line: string | readonly string[], env: Readonly<Record<string, string>> = {}) =>
    clock.run(tool.run({ argv: typeof line === 'string' ? line.split(' ') : line, env, files }));
  /** What a command that must succeed prints. */
  const done = async (line: string | readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await ibmcloud(line);
    if (code !== 0) throw new Error(`${String(line)}: ${stderr}`);
    return stdout;
  };
  const json = async (line: string) => JSON.parse(await done(`${line} --quiet --output json`));
  return { world, clock, tool, disk, ibmcloud, done, json };
}

/** The same, logged in, with a project that is selected and has the job `check`. */
export async function aProject(settings: object = {}) {
  const all = aTool(settings);
  await all.done('login --apikey @deployer.key -r us-south');
  await all.done('ce project create --name keeper');
  const [project] = all.world.codeEngine.projects.list(ACCOUNT);
  if (project === undefined) throw new Error('no project was made');
  const granted = all.world.iam.grantToken(all.world.keyValue('deployer-key'), all.world.now());
  const authorization = `Bearer ${granted.ok ? granted.token : ''}`;
  const made = await all.world.app.request(`/code-engine/v2/projects/${project.id}/jobs?version=2025-07-10`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'check',
      image_reference: 'us.icr.io/keeper/image:1',
      run_commands: ['node'],
      run_arguments: ['check/main.js'],
    }),
  });
  if (made.status >= 300) throw new Error(await made.text());
  return { ...all, project };
}
