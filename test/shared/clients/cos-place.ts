import { VirtualClock } from '../../../infra/local/clock.ts';
import { serveWorld } from '../../../infra/local/serve.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { World } from '../../../infra/local/world.ts';
import { WorldFile } from '../../../infra/local/world-file.ts';
import { createUndiciTransport } from '../../../shared/clients/undici-transport.ts';
import { seconds } from '../../../shared/domain/time.ts';
import type { Clock, Transport } from '../../../shared/ports.ts';
import { systemClock } from '../../../shared/runtime/system.ts';
import { OLD_KEY, PERSON_KEY, smallWorld } from '../../simulation/small-world.ts';

/** Somewhere that speaks S3, with a writer, a reader, somebody who is both, and a stranger. */
export interface CosPlace {
  readonly transport: Transport;
  /** Shows the place's own time. */
  readonly clock: Clock;
  /** IAM gives the tokens of the API keys; COS has a folder for each location. */
  readonly endpoints: { readonly iam: string; readonly cos: string };
  /** Where its buckets are. */
  readonly location: string;
  readonly apiKeys: Readonly<Record<'writer' | 'reader' | 'ledger' | 'stranger', string>>;
  /** A new, empty bucket. The writer may write objects, the reader list and read them, the ledger both, the stranger nothing. */
  createBucket(): Promise<string>;
  /** Puts an object into a bucket and lets it take no other. */
  fill(bucket: string): Promise<void>;
  /** What is written afterwards is younger than what was written before. */
  passTime(): Promise<void>;
  close(): Promise<void>;
}

const LOCATION = 'eu-de';
/** What the keeper's identity needs on the bucket of its ledger. */
const LEDGER = {
  name: 'ledger',
  id: 'ServiceId-11111111-2222-4333-8444-555555555555',
  policies: [{ service: 'cloud-object-storage', roles: ['Object Writer', 'Reader'] }],
  apiKeys: [
    {
      name: 'ledger-key',
      id: 'ApiKey-11111111-2222-4333-8444-555555555555',
      createdDaysAgo: 1,
      disabled: false,
      locked: false,
    },
  ],
};

const file = (cos: object = {}): WorldFile => {
  const world = smallWorld({ jobs: 1, destination: 'cos' });
  world.accounts[0]?.serviceIds.push(LEDGER);
  return { ...world, settings: WorldFile.shape.settings.parse({ ...world.settings, cos }) };
};

/** The local cloud without sockets, in virtual time. `cos` are settings of the world. */
export function inProcessPlace(
  cos: object = {},
): CosPlace & { readonly world: World; readonly clock: VirtualClock } {
  const clock = new VirtualClock(file().startsAt);
  const world = new World(file(cos), { clock, seed: 1 });
  return {
    ...placeIn(world),
    world,
    clock,
    transport: new InProcessTransport(world.app, clock),
    endpoints: { iam: 'http://127.0.0.1/iam', cos: 'http://127.0.0.1/cos' },
    passTime: async () => clock.advance(seconds(1)),
    close: async () => {},
  };
}

/** The local cloud on loopback. */
export async function servedPlace(): Promise<CosPlace> {
  const cloud = await serveWorld(file(), { seed: 1 });
  const transport = createUndiciTransport();
  return {
    ...placeIn(cloud.world),
    transport,
    endpoints: cloud.endpoints,
    passTime: () => systemClock().sleep(5),
    async close() {
      await transport.close();
      await cloud.close();
    },
  };
}

function placeIn(world: World) {
  let buckets = 0;
  const [account] = world.file.accounts;
  const writer = account?.serviceIds.find(({ apiKeys }) => apiKeys.some(({ name }) => name === OLD_KEY));
  if (account === undefined || writer === undefined) throw new Error('the small world has changed');
  return {
    clock: world.clock,
    location: LOCATION,
    apiKeys: {
      writer: world.keyValue(OLD_KEY),
      reader: world.keyValue('keeper-key'),
      ledger: world.keyValue('ledger-key'),
      stranger: world.keyValue(PERSON_KEY),
    },
    async createBucket(): Promise<string> {
      const name = `bucket-${(buckets += 1)}`;
      const instanceId = '33333333-1111-4222-8333-444444444444';
      const createdAt = world.now();
      world.cos.addBucket({ name, location: LOCATION, instanceId, accountId: account.id, createdAt });
      world.iam.addPolicy({
        iamId: `iam-${writer.id}`,
        accountId: account.id,
        service: 'cloud-object-storage',
        roles: ['Object Writer'],
        resource: { type: 'bucket', name },
      });
      return name;
    },
    async fill(bucket: string): Promise<void> {
      const principal = { iamId: `iam-${writer.id}`, accountId: account.id };
      const origin = { address: '198.51.100.7', network: 'public' } as const;
      const place = { location: LOCATION, name: bucket };
      world.cos.put(place, { principal, origin }, { key: 'something', body: 'x' });
      world.cos.change(bucket, (state) => {
        state.hardQuota = 1;
      });
    },
  };
}
