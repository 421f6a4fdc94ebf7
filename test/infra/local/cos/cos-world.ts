import { VirtualClock } from '../../../../infra/local/clock.ts';
import { World } from '../../../../infra/local/world.ts';
import { WorldFile } from '../../../../infra/local/world-file.ts';
import { hours } from '../../../../shared/domain/time.ts';
import { BUCKET, smallWorld } from '../../../simulation/small-world.ts';

export const INSTANCE = '33333333-1111-4222-8333-444444444444';

export const ROLES = [
  'Object Writer',
  'Object Reader',
  'Content Reader',
  'Reader',
  'Writer',
  'Manager',
] as const;

interface More {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The small world with a bucket, two jobs that push there, and an identity for each role. */
export function aCosWorld(settings: object = {}) {
  const small = smallWorld({ jobs: 2, destination: 'cos' });
  const file: WorldFile = {
    ...small,
    settings: WorldFile.shape.settings.parse({ ...small.settings, cos: settings }),
  };
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const accountId = file.accounts[0]?.id ?? '';
  const bearer = (role: string): string => {
    const iamId = `iam-ServiceId-${role}`;
    if (world.iam.serviceId(iamId) === undefined) {
      world.iam.addServiceId({ id: `ServiceId-${role}`, name: role, accountId });
      const policy = { iamId, accountId, service: 'cloud-object-storage', roles: [role] };
      world.iam.addPolicy({ ...policy, instanceId: INSTANCE });
    }
    return `Bearer ${world.iam.issue({ iamId, accountId, name: role }, clock.now(), hours(1), 'apikey').token}`;
  };
  /** Sends a request to a path of the local cloud; `role` may be an `Authorization` value. */
  const send = async (role: string, method: string, path: string, more: More = {}) => {
    const authorization = role.startsWith('Bearer ') ? role : bearer(role);
    const request = new Request(`http://127.0.0.1/${path}`, {
      method,
      ...more,
      headers: { authorization, ...more.headers },
    });
    const response = await world.app.fetch(request);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  /** Sends an S3 request to the bucket's location. */
  const call = (role: string, method: string, path: string, more?: More) =>
    send(role, method, `cos/eu-de/${path}`, more);
  const configuration = async (role: string, name = BUCKET) => {
    const { status, text } = await send(role, 'GET', `cos-config/b/${name}`);
    return { status, body: JSON.parse(text) as Readonly<Record<string, unknown>> };
  };
  const pass = (ms: number): void => {
    clock.advance(ms);
    world.catchUp();
  };
  return { world, clock, call, send, configuration, pass };
}
