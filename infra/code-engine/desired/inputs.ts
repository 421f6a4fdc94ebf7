import type { Action, Manifest } from '../../../shared/runtime/manifest/manifest.ts';
import { type Fields, type Kind, LATER } from '../resource.ts';

/** One policy that is to be: what an action may do in one place. */
export interface WantedPolicy {
  /** Name of the account in `keeper.yml`. */
  readonly account: string;
  /** The action of the manifest whose profile gets it. */
  readonly action: string;
  /** For people: the service and what of it. */
  readonly name: string;
  /** Attributes of the resource without the account, by key. */
  readonly resource: Readonly<Record<string, string>>;
  /** Ids of roles. */
  readonly roles: readonly string[];
  /** What a role of the account's own is to hold beside those. */
  readonly custom?: readonly string[];
  readonly pattern?: string;
  readonly rule?: Fields;
}

/** Everything that the desired state is made from. Nothing in it is read again. */
export interface Inputs {
  readonly manifest: Manifest;
  /** Name of the account that the project lives in. */
  readonly account: string;
  readonly accounts: Readonly<Record<string, { readonly accountId: string }>>;
  /** The text of `keeper.yml` as the person wrote it. */
  readonly keeperYml: string;
  /** How often each action runs by the manifest, as `KEEPER_SCHEDULES` says it; empty = no schedule. */
  readonly schedules: string;
  /** The code of each function, as a data URL. */
  readonly code: ReadonlyMap<string, string>;
  readonly policies: readonly WantedPolicy[];
  /** What lets the project be told of objects in the ring bucket; absent = nothing rings. */
  readonly authorization?: { readonly instance: string; readonly role: string };
  /** CRNs of CIS instances, and the account of each. */
  readonly instances: readonly { readonly crn: string; readonly account: string }[];
  /** S3 base URL of the ring bucket. */
  readonly ringsUrl: string;
  /** Only where it is not IBM Cloud's own. */
  readonly iamUrl?: string;
}

/** What resources that are there have told: ids, addresses. `LATER` = not there yet. */
export type Outputs = (kind: Kind | 'project', key: string, name: string) => string;

export const outputsOf =
  (known: ReadonlyMap<string, Readonly<Record<string, string>>>): Outputs =>
  (kind, key, name) =>
    known.get(`${kind} ${key}`)?.[name] ?? LATER;

/**
 * One trusted profile for each instance of an action and IBM account: two names of `keeper.yml` may mean the same account. The
 * one of index 0 stays the same when an action gets more instances, or fewer.
 */
export const profileKey = (inputs: Inputs, account: string, action: string, index = 0): string =>
  `${inputs.accounts[account]?.accountId ?? account}/${action}${index === 0 ? '' : `/${index}`}`;

/** The key of a profile, or of what it has, as that of the first instance is. */
export const keyOfFirst = (key: string): string => key.replace(/^([^/ ]+\/[^/ ]+)\/\d+(?= |$)/, '$1');

export const actionsOf = ({ packages }: Manifest): readonly Action[] =>
  packages.flatMap(({ actions }) => actions);

/** The indices of the instances that an action has. */
export function indicesOf(manifest: Manifest, action: string): readonly number[] {
  const found = actionsOf(manifest).find(({ name }) => name === action);
  return Array.from({ length: found?.kind === 'job' ? found.arraySize : 1 }, (_, index) => index);
}
