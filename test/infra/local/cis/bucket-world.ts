import { VirtualClock } from '../../../../infra/local/clock.ts';
import { World } from '../../../../infra/local/world.ts';
import { cisCrn, WorldFile } from '../../../../infra/local/world-file.ts';
import { hours } from '../../../../shared/domain/time.ts';
import { BUCKET, type SmallWorld, smallWorld } from '../../../simulation/small-world.ts';

export const COS_INSTANCE = '33333333-1111-4222-8333-444444444444';

/** The member `cos` of a request, with a key or without. */
export const cos = (path: string, key?: string) => ({
  bucket_name: BUCKET,
  region: 'eu-de',
  id: COS_INSTANCE,
  path,
  ...(key === undefined ? {} : { ibm_api_key: key }),
});

interface Change {
  readonly settings?: object;
  readonly granted?: boolean;
  readonly file?: (file: WorldFile) => void;
}

/** The small world with jobs that push to its bucket, and a Manager of CIS who calls its Logpush routes. */
export function aBucketWorld({ settings = {}, granted = true, file: change }: Change = {}) {
  const small: Partial<SmallWorld> = { destination: 'cos' };
  const file = smallWorld({ jobs: 2, ...small });
  const [bucket] = file.buckets;
  if (bucket !== undefined) bucket.grantsLogpush = granted;
  Object.assign(file.settings, WorldFile.shape.settings.parse({ cis: settings }));
  for (const job of file.cis.flatMap((cis) => cis.zones.flatMap((zone) => zone.jobs)))
    if (job.cos !== undefined && job.id === 2) job.cos.path = 'pay';
  change?.(file);
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const [account] = file.accounts;
  const [instance] = file.cis;
  const [zone, otherZone] = instance?.zones ?? [];
  const accountId = account?.id ?? '';
  const crn = cisCrn(accountId, instance?.guid ?? '');
  world.iam.addServiceId({ id: 'ServiceId-manager', name: 'manager', accountId });
  const iamId = 'iam-ServiceId-manager';
  world.iam.addPolicy({ iamId, accountId, service: 'internet-svcs', roles: ['Manager'] });
  const call = async (method: string, path: string, body?: unknown, zoneId = zone?.id) => {
    const { token } = world.iam.issue({ iamId, accountId, name: 'manager' }, clock.now(), hours(1), 'apikey');
    const url = `http://127.0.0.1/cis/v2/${encodeURIComponent(crn)}/zones/${zoneId}/logpush/${path}`;
    const response = await world.app.fetch(
      new Request(url, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
    const answer: any = await response.json();
    return { status: response.status, body: answer };
  };
  return {
    world,
    call,
    key: world.keyValue('old-key'),
    otherZone: otherZone?.id,
    pass: (ms: number): void => {
      clock.advance(ms);
      world.catchUp();
    },
    job: (id: number) => [...world.cis.jobs()].find((job) => job.id === id),
    truth: (id: number) => world.logpush.truth().find(({ ref }) => ref.jobId === id),
    /** Asks for a challenge and reads the file that it wrote. */
    token: async (path: string): Promise<string> => {
      const { body } = await call('POST', 'ownership', { cos: cos(path) });
      const file = world.cos.objects(BUCKET).find(({ key }) => key === body.result.filename);
      return file?.body ?? '';
    },
  };
}
