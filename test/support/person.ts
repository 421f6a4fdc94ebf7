import type { World } from '../../infra/local/world.ts';
import { PERSON_KEY, SECRET_ID, SECRETS_MANAGER_ID } from '../simulation/small-world.ts';

/** Somebody with every right calls Secrets Manager about the secret of the small world. @returns the status */
export async function personCalls(
  world: World,
  method: string,
  path: string,
  body?: unknown,
): Promise<number> {
  const granted = world.iam.grantToken(world.keyValue(PERSON_KEY), world.now());
  if (!granted.ok) throw new Error('the person cannot log in');
  const url = `http://127.0.0.1/secrets-manager/${SECRETS_MANAGER_ID}/api/v2/secrets/${SECRET_ID}${path}`;
  const response = await world.app.fetch(
    new Request(url, {
      method,
      headers: {
        authorization: `Bearer ${granted.token}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  return response.status;
}
