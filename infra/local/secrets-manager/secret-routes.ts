import { json } from '../http.ts';
import { parseCreateSecret, parseUpdateSecret } from './bodies.ts';
import { notFound, notSimulated } from './errors.ts';
import { page, SECRET_LIST, selectSecrets } from './lists.ts';
import type { Admitted, Register } from './register.ts';
import type { SecretsManager } from './secrets-manager.ts';
import { currentOf, type Secret } from './state.ts';
import { isSecretType } from './types.ts';
import { secretMetadata, withPayload } from './wire.ts';

/** Secrets: list, create, read by id and by names, delete, read and write their metadata. */
export function registerSecretRoutes(register: Register, sm: SecretsManager): void {
  const metadataOf = ({ instance }: Admitted, secret: Secret) =>
    secretMetadata(instance, secret, sm.settings.ttlOnRead);
  const answerWithValue = (call: Admitted, secret: Secret): Response => {
    const current = currentOf(secret);
    const payload =
      current === undefined ? undefined : sm.rotations.readValue(secret, current, call.iamId, call.at);
    return json(200, withPayload(secret, metadataOf(call, secret), payload));
  };

  register('listSecrets', 'GET', '/secrets', 'secrets-manager.secrets.list', (call) => {
    const secrets = selectSecrets(sm.secrets(call.instance, call.at), call.query());
    const items = secrets.map((secret) => metadataOf(call, secret));
    return json(200, page(call.instance, '/secrets', call.query(), SECRET_LIST, 'secrets', items));
  });

  register('createSecret', 'POST', '/secrets', 'secrets-manager.secret.create', async (call) => {
    const body = parseCreateSecret(await call.body());
    const secret = sm.createSecret(call.instance, body, call.iamId, call.at);
    return json(201, withPayload(secret, metadataOf(call, secret), currentOf(secret)?.payload));
  });

  register('getSecret', 'GET', '/secrets/:id', 'secrets-manager.secret.read', (call) =>
    answerWithValue(call, call.secret()),
  );

  register(
    'getSecretByName',
    'GET',
    '/secret_groups/:group/secret_types/:type/secrets/:name',
    'secrets-manager.secret.read',
    (call) => {
      // The path has the group's name, not its id; for the default group the two are the same.
      const [group, type, name] = [call.param('group'), call.param('type'), call.param('name')];
      if (!isSecretType(type)) throw notSimulated(`secrets of type ${type}`);
      const found = sm
        .secrets(call.instance, call.at)
        .find((secret) => secret.type === type && secret.name === name && secret.groupId === group);
      if (found === undefined) throw notFound('secret');
      return answerWithValue(call, found);
    },
  );

  register('deleteSecret', 'DELETE', '/secrets/:id', 'secrets-manager.secret.delete', (call) => {
    sm.deleteSecret(call.instance, call.secret(), call.iamId, call.at);
    return new Response(null, { status: 204 });
  });

  register(
    'getSecretMetadata',
    'GET',
    '/secrets/:id/metadata',
    'secrets-manager.secret-metadata.read',
    (call) => json(200, metadataOf(call, call.secret())),
  );

  register(
    'updateSecretMetadata',
    'PATCH',
    '/secrets/:id/metadata',
    'secrets-manager.secret-metadata.update',
    async (call) => {
      const body = await call.body();
      const secret = call.secret();
      const change = parseUpdateSecret(secret.type, body);
      sm.updateSecret(call.instance, secret, change, call.at);
      return json(200, metadataOf(call, secret));
    },
  );
}
