import { type Alias, aliasOf, type HeldState, type Secret, stateOf, type Version } from './state.ts';
import type { Json, SecretType } from './types.ts';

/** One secret as it is, without payloads. */
export interface SecretTruth {
  readonly id: string;
  readonly instanceId: string;
  readonly name: string;
  readonly type: SecretType;
  /** 1 active, 5 destroyed, or what a world holds it in. */
  readonly state: HeldState | 1 | 5;
  readonly versions: readonly {
    readonly id: string;
    readonly alias?: Alias;
    readonly payloadAvailable: boolean;
    readonly metadata: Json;
    /** Names, in the order they were put. */
    readonly locks: readonly string[];
  }[];
}

/** A secret of an instance as it is. */
export const truthOf = (instanceId: string, secret: Secret): SecretTruth => ({
  id: secret.id,
  instanceId,
  name: secret.name,
  type: secret.type,
  state: stateOf(secret),
  versions: secret.versions.map((version) => versionTruth(secret, version)),
});

function versionTruth(secret: Secret, version: Version): SecretTruth['versions'][number] {
  const alias = aliasOf(secret, version);
  return {
    id: version.id,
    ...(alias === undefined ? {} : { alias }),
    payloadAvailable: version.payload !== undefined,
    metadata: version.metadata ?? {},
    locks: [...version.locks.keys()],
  };
}
