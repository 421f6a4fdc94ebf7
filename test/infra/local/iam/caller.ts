import { VirtualClock } from '../../../../infra/local/clock.ts';
import type { Settings } from '../../../../infra/local/settings.ts';
import { World } from '../../../../infra/local/world.ts';
import { hours } from '../../../../shared/domain/time.ts';
import { smallWorld } from '../../../simulation/small-world.ts';

export const SOMEBODY = 'ServiceId-99999999-0000-4000-8000-000000000001';

/** What answers of every kind may hold. */
interface Answer extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly entity_tag: string;
  readonly next?: string;
  readonly profiles: readonly { readonly name: string }[];
  readonly rules: readonly { readonly id: string }[];
  readonly policies: readonly { readonly id: string }[];
  readonly errors: readonly { readonly code: string; readonly details: unknown }[];
}

/** Somebody with these roles (`service`: role) in a world of one account, who calls IAM. */
export function aCaller(roles: Readonly<Record<string, string>>, settings: Partial<Settings['iam']> = {}) {
  const file = smallWorld({ jobs: 1 });
  Object.assign(file.settings.iam, settings);
  const accountId = file.accounts[0]?.id ?? '';
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const identity = { id: SOMEBODY, iamId: `iam-${SOMEBODY}`, name: 'somebody', accountId };
  world.iam.addServiceId(identity);
  for (const [service, role] of Object.entries(roles))
    world.iam.addPolicy({ iamId: identity.iamId, accountId, service, roles: [role] });
  const { token } = world.iam.issue(identity, clock.now(), hours(1), 'apikey');
  const call = async (method: string, path: string, body?: unknown, headers: object = {}) => {
    const response = await world.app.request(`/iam${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag'),
      body: (text === '' ? {} : JSON.parse(text)) as Answer,
    };
  };
  return { world, clock, accountId, token, call };
}
