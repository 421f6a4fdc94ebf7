import { VirtualClock } from '../../../infra/local/clock.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { World } from '../../../infra/local/world.ts';
import { WorldFile, type WorldPolicy } from '../../../infra/local/world-file.ts';
import { createServices } from '../../../shared/clients/services.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { type SmallWorld, smallWorld } from '../../simulation/small-world.ts';
import { fixedRandom } from '../../support/fake-clock.ts';

export const LOGS_ID = 'bdaaaee6-64da-482f-86f3-f733be1eae08';

/** The small world with an onlooker who has these policies and no others, and our clients with the onlooker's key. */
export function aPlatformWorld({
  policies = [],
  settings = {},
  destination = 'cloud-logs',
  change = () => {},
}: {
  readonly policies?: readonly WorldPolicy[];
  readonly settings?: object;
  readonly destination?: NonNullable<SmallWorld['destination']>;
  readonly change?: (file: WorldFile) => void;
} = {}) {
  const small = smallWorld({ jobs: 2, destination });
  const file: WorldFile = {
    ...small,
    settings: WorldFile.shape.settings.parse({ ...small.settings, ...settings }),
  };
  const [account] = file.accounts;
  if (account === undefined) throw new Error('the small world has no account');
  account.serviceIds.push({
    name: 'onlooker',
    id: 'ServiceId-00000000-0000-4000-8000-00000000000e',
    policies: [...policies],
    apiKeys: [
      {
        name: 'onlooker-key',
        id: 'ApiKey-00000000-0000-4000-8000-00000000000e',
        createdDaysAgo: 1,
        disabled: false,
        locked: false,
      },
    ],
  });
  change(file);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const { services } = createServices({
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: fixedRandom,
    endpoints: {
      iam: 'http://127.0.0.1/iam',
      cloudLogs: 'http://127.0.0.1/cloud-logs',
      cos: 'http://127.0.0.1/cos',
      resourceController: 'http://127.0.0.1/resource-controller',
      cbr: 'http://127.0.0.1/cbr',
    },
    accounts: new Map([
      [
        'edge',
        {
          accountId: account.id,
          credential: { kind: 'api-key', apiKey: new Secret(world.keyValue('onlooker-key')) },
        },
      ],
    ]),
    cisCallsPerMinute: 80,
  });
  const bearer = (): string => {
    const granted = world.iam.grantToken(world.keyValue('onlooker-key'), clock.now());
    if (!granted.ok) throw new Error(granted.code);
    return `Bearer ${granted.token}`;
  };
  const get = async (path: string, authorization = bearer()) => {
    const response = await world.app.request(path, { headers: { authorization } });
    return { status: response.status, body: await response.json() };
  };
  /** Of the next pushes of the first job, by default five from each of Cloudflare's 15 ranges, how many fail. */
  const refusals = (pushes = 75): number => {
    const [job] = [...world.cis.jobs()];
    let refused = 0;
    for (let push = 0; push < pushes; push += 1) {
      clock.advance(60_000);
      world.catchUp();
      if (job?.errorMessage !== undefined) refused += 1;
    }
    return refused;
  };
  return { world, clock, services, get, accountId: account.id, refusals };
}
