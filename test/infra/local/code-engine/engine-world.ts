import { VirtualClock } from '../../../../infra/local/clock.ts';
import type { CronSpec } from '../../../../infra/local/code-engine/subscriptions.ts';
import type { Container } from '../../../../infra/local/code-engine/workloads.ts';
import { World } from '../../../../infra/local/world.ts';
import { WorldFile } from '../../../../infra/local/world-file.ts';
import { hours, seconds } from '../../../../shared/domain/time.ts';
import { smallWorld } from '../../../simulation/small-world.ts';

export const IMAGE = 'icr.io/acme/keeper:1';
export const COS_INSTANCE = '33333333-1111-4222-8333-444444444444';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> & { readonly entity_tag: string };
  readonly text: string;
}

/** What one container does in a test: how long, and how it ends. */
export type Program = (
  container: Container,
) => { readonly seconds?: number; readonly exit?: number } | undefined;

/** A world with a project, an image, and containers that note that they ran. */
export function anEngine({
  settings = {},
  program = () => undefined,
  roles = ['Editor', 'Writer'],
}: {
  readonly settings?: object;
  readonly program?: Program;
  readonly roles?: readonly string[];
} = {}) {
  const small = smallWorld({ jobs: 0, destination: 'cos' });
  const file: WorldFile = {
    ...small,
    settings: WorldFile.shape.settings.parse({ ...small.settings, codeEngine: settings }),
  };
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const { codeEngine } = world;
  const accountId = file.accounts[0]?.id ?? '';
  const iamId = 'iam-ServiceId-deployer';
  world.iam.addServiceId({ id: 'ServiceId-deployer', name: 'deployer', accountId });
  world.iam.addPolicy({ iamId, accountId, service: 'codeengine', roles });
  const project = codeEngine.projects.add({
    name: 'keeper',
    accountId,
    region: 'eu-de',
    resourceGroupId: 'default',
  });
  codeEngine.images.register(IMAGE, ['node check/main.js', 'node repair/main.js']);
  const containers: { readonly at: number; readonly container: Container; stopped?: boolean }[] = [];
  codeEngine.runs.workloads = {
    runJob: async (container, stop) => {
      const entry: (typeof containers)[number] = { at: clock.now(), container };
      containers.push(entry);
      stop.addEventListener('abort', () => {
        entry.stopped = true;
      });
      const { seconds: lasts = 10, exit = 0 } = program(container) ?? {};
      await clock.sleep(seconds(lasts));
      return exit;
    },
  };
  const call = async (
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const token = world.iam.issue(
      { iamId, accountId, name: 'deployer' },
      clock.now(),
      hours(1),
      'apikey',
    ).token;
    const url = `http://127.0.0.1/code-engine/v2${path}${path.includes('?') ? '&' : '?'}version=2025-07-10`;
    const response = await world.app.request(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: (text === '' ? {} : JSON.parse(text)) as Answer['body'] };
  };
  /** In the project. */
  const inside = (method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>) =>
    call(method, `/projects/${project.id}${path}`, body, headers);
  const aJob = (name: string, change: object = {}) =>
    inside('POST', '/jobs', {
      name,
      image_reference: IMAGE,
      run_commands: ['node'],
      run_arguments: [`${name}/main.js`],
      scale_cpu_limit: '0.25',
      scale_memory_limit: '1G',
      scale_retry_limit: 0,
      scale_max_execution_time: 900,
      ...change,
    });
  const aTick = (change: Partial<CronSpec> = {}) =>
    codeEngine.subscriptions.add(project.id, {
      kind: 'cron',
      name: 'every-5-minutes',
      schedule: '*/5 * * * *',
      timezone: 'UTC',
      destination: { type: 'job', name: 'check' },
      ...change,
    });
  /** Lets the world live on. */
  const live = (ms: number): Promise<void> => clock.run(codeEngine.live(clock.now() + ms));
  return { world, codeEngine, clock, project, accountId, containers, call, inside, aJob, aTick, live };
}
