import { expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../../../shared/domain/time.ts';
import { OLD_KEY } from '../../../simulation/small-world.ts';
import { aCaller } from './caller.ts';

const KEY = 'ApiKey-00000000-0000-4000-8000-000000000001';

test('of a key that many use, IAM shows the login from before its lag, and never one from within', async () => {
  const caller = aCaller({ 'iam-identity': 'Operator' }, { activityLagSeconds: 3600 });
  const { world, clock } = caller;
  const begunAt = clock.now();
  const shown = async (): Promise<unknown> =>
    (await caller.call('GET', `/v1/apikeys/${KEY}?include_activity=true`)).body['activity'];
  for (let n = 0; n < 3 * 600; n += 1)
    world.iam.grantToken(world.keyValue(OLD_KEY), begunAt - hours(3) + n * seconds(6));
  clock.advance(minutes(30));
  const last = new Date(begunAt - minutes(31)).toISOString().slice(0, 16);
  expect(await shown()).toMatchObject({ last_authn: `${last}+0000` });
});
