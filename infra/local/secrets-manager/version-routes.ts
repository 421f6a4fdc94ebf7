import { json } from '../http.ts';
import { parseBody, parseCreateVersion, UpdateVersion } from './bodies.ts';
import type { Register } from './register.ts';
import type { SecretsManager } from './secrets-manager.ts';
import { findVersion, requireActive } from './state.ts';
import { versionMetadata, withPayload } from './wire.ts';

/** Versions: create one (which is how a secret is rotated), list them, read one, write their metadata. */
export function registerVersionRoutes(register: Register, sm: SecretsManager): void {
  // https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#create-secret-version
  register(
    'createSecretVersion',
    'POST',
    '/secrets/:id/versions',
    'secrets-manager.secret-version.create',
    async (call) => {
      // Where the lock is checked before the body is read, a second writer gets through in between.
      const checked = sm.settings.lockRace;
      if (checked) sm.rotations.requireRotatable(call.secret(), call.iamId, call.at);
      const body = await call.body();
      const secret = call.secret();
      const wanted = parseCreateVersion(secret.type, body);
      const version = sm.rotations.create(secret, wanted, checked, call.iamId, call.at);
      return json(201, withPayload(secret, versionMetadata(secret, version), version.payload));
    },
  );

  register(
    'listSecretVersions',
    'GET',
    '/secrets/:id/versions',
    'secrets-manager.secret-versions.list',
    (call) => {
      const secret = call.secret();
      const versions = secret.versions.map((version) => versionMetadata(secret, version));
      return json(200, { versions, total_count: versions.length });
    },
  );

  register(
    'getSecretVersion',
    'GET',
    '/secrets/:id/versions/:vid',
    'secrets-manager.secret-version.read',
    (call) => {
      const secret = call.secret();
      const version = findVersion(secret, call.param('vid'));
      const payload = sm.rotations.readValue(secret, version, call.iamId, call.at);
      return json(200, withPayload(secret, versionMetadata(secret, version), payload));
    },
  );

  register(
    'getSecretVersionMetadata',
    'GET',
    '/secrets/:id/versions/:vid/metadata',
    'secrets-manager.secret-version-metadata.read',
    (call) => {
      const secret = call.secret();
      return json(200, versionMetadata(secret, findVersion(secret, call.param('vid'))));
    },
  );

  register(
    'updateSecretVersionMetadata',
    'PATCH',
    '/secrets/:id/versions/:vid/metadata',
    'secrets-manager.secret-version-metadata.update',
    async (call) => {
      const body = parseBody(UpdateVersion, await call.body());
      const secret = call.secret();
      const version = findVersion(secret, call.param('vid'));
      requireActive(secret);
      version.metadata = body.version_custom_metadata;
      secret.updatedAt = call.at;
      return json(200, versionMetadata(secret, version));
    },
  );

  // Wiping data is held by Manager alone, like deleting the secret.
  register(
    'deleteSecretVersionData',
    'DELETE',
    '/secrets/:id/versions/:vid/secret_data',
    'secrets-manager.secret-version-data.delete',
    (call) => {
      const secret = call.secret();
      sm.rotations.wipe(secret, findVersion(secret, call.param('vid')), call.at);
      return new Response(null, { status: 204 });
    },
  );
}
