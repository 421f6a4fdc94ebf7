import { bucketPlace, type Place } from '../access-grant.ts';
import type { Binding } from '../binding.ts';
import { type KeeperFunction, NEEDS, type Need } from '../needs.ts';
import { type RightName, rightOf, type Scope } from '../rights.ts';
import { slotName } from '../slot.ts';

/** Where one part of a right must hold. */
export interface WantedPart {
  readonly place: Place;
  /** Of actions on objects: what their keys begin with. */
  readonly path?: string;
  readonly roles: readonly string[];
  readonly actions: readonly string[];
}

/** A right that functions need of an account's credentials, in one place. */
export interface Want {
  /** Name of the account in `keeper.yml`. */
  readonly account: string;
  readonly right: RightName;
  /** What looks are filed under: a CRN, an IAM id, the id of a secret, a bucket, or an account. */
  readonly target: string;
  /** For people. */
  readonly where: string;
  readonly parts: readonly WantedPart[];
  /** Functions that cannot do without, and those that can. */
  readonly requiredBy: readonly KeeperFunction[];
  readonly usedBy: readonly KeeperFunction[];
}

/** A bucket that jobs push to. */
export interface LogBucket {
  readonly account: string;
  readonly accountId: string;
  readonly instanceId: string;
  readonly name: string;
  readonly location: string;
  /** A path below which objects of a job are; empty = the whole bucket. */
  readonly path: string;
}

/** What the configuration, and the jobs that were seen, ask for. */
export interface Fleet {
  readonly accounts: Readonly<Record<string, { readonly accountId: string }>>;
  readonly instances: readonly { readonly crn: string; readonly account: string }[];
  readonly bindings: readonly Binding[];
  readonly buckets: readonly LogBucket[];
  /** Those of declared jobs that are made with a token that CIS writes there. */
  readonly tokenBuckets: readonly LogBucket[];
  /** Absent = a folder of this machine, which takes no right. */
  readonly ledger?: {
    readonly account: string;
    readonly bucket: string;
    readonly prefix: string;
    /** GUID of its COS instance, where that could be read. */
    readonly instanceId?: string;
  };
  /** Where the webhook rings for a run; absent = there is none. */
  readonly rings?: { readonly account: string; readonly bucket: string; readonly instanceId: string };
  /** The group of each secret whose metadata could be read, by the secret's id. */
  readonly groups: Readonly<Record<string, string>>;
}

/** One place of a scope that needs a right: everything of a want but who needs it. */
type Spot = Pick<Want, 'account' | 'target' | 'where'> & {
  readonly place: (service: string) => Place;
  readonly path?: string;
  readonly keysMadeBy?: Binding['managedBy'];
};

/** Every right that these functions need for this fleet, once for each place. */
export function wantsOf(fleet: Fleet, functions: readonly KeeperFunction[]): readonly Want[] {
  const wants = new Map<string, Want>();
  for (const name of functions) {
    for (const need of NEEDS[name] as readonly Need[]) {
      const { scope, parts } = rightOf(need.right);
      for (const spot of spotsOf(fleet, scope)) {
        if (spot.keysMadeBy !== undefined && need.keysMadeBy?.includes(spot.keysMadeBy) === false) continue;
        const { account, target, where, place, path } = spot;
        const key = `${account} ${need.right} ${target}`;
        const known = wants.get(key);
        const who = need.required ? 'requiredBy' : 'usedBy';
        wants.set(key, {
          account,
          target,
          where,
          right: need.right,
          parts: parts.map(({ service, roles, actions }) => ({
            place: place(service),
            roles,
            actions,
            ...(path === undefined ? {} : { path }),
          })),
          requiredBy: known?.requiredBy ?? [],
          usedBy: known?.usedBy ?? [],
          [who]: [...new Set([...(known?.[who] ?? []), name])],
        });
      }
    }
  }
  return [...wants.values()];
}

function spotsOf(fleet: Fleet, scope: Scope): readonly Spot[] {
  const accountIdOf = (account: string): string => fleet.accounts[account]?.accountId ?? '';
  switch (scope) {
    case 'cis-instance':
      return fleet.instances.map(({ crn, account }) => ({
        account,
        target: crn,
        where: `CIS instance ${crn}`,
        place: (service) => ({
          accountId: accountIdOf(account),
          service,
          instanceId: crn.split(':')[7] ?? '',
        }),
      }));
    case 'key-owner':
      return fleet.bindings.flatMap(ownerSpot);
    case 'account':
      return Object.entries(fleet.accounts).map(([account, { accountId }]) => ({
        account,
        target: accountId,
        where: `account ${accountId}`,
        place: (service) => ({ accountId, service }),
      }));
    case 'secret':
      return fleet.bindings.map((binding) => secretSpot(fleet, binding, accountIdOf(binding.secret.account)));
    case 'secrets-manager-instance':
      return fleet.bindings.map(({ secret: { account, instanceId, region } }) => ({
        account,
        target: instanceId,
        where: `Secrets Manager ${instanceId}`,
        place: (service) => ({ accountId: accountIdOf(account), service, instanceId, region }),
      }));
    case 'log-bucket':
      return fleet.buckets.map(bucketSpot);
    case 'token-bucket':
      return fleet.tokenBuckets.map(tokenSpot);
    case 'ledger':
      return fleet.ledger === undefined ? [] : [ledgerSpot(fleet.ledger, accountIdOf(fleet.ledger.account))];
    case 'rings':
      return fleet.rings === undefined ? [] : [ringsSpot(fleet.rings, accountIdOf(fleet.rings.account))];
    // Nothing in a configuration names these.
    case 'cloud-logs-instance':
    case 'event-notifications-instance':
      return [];
  }
}

const bucketSpot = ({ account, accountId, instanceId, name, location }: LogBucket): Spot => ({
  account,
  target: name,
  where: `bucket ${name} (${location})`,
  place: () => bucketPlace(accountId, instanceId, name),
});

function tokenSpot(bucket: LogBucket): Spot {
  const spot = bucketSpot(bucket);
  const path = bucket.path === '' ? '' : `${bucket.path}/`;
  return {
    ...spot,
    path,
    target: `${spot.target}/${path}`,
    where: path === '' ? spot.where : `${spot.where} below ${path}`,
  };
}

/** Keys of a user are seen by the user alone. */
const ownerSpot = ({ account, accountId, iamId, managedBy }: Binding): readonly Spot[] =>
  iamId.startsWith('iam-ServiceId-')
    ? [
        {
          account,
          target: iamId,
          where: `service ID ${iamId.replace(/^iam-/, '')}`,
          keysMadeBy: managedBy,
          place: (service) => ({
            accountId,
            service,
            resource: { type: 'serviceid', name: iamId.replace(/^iam-/, '') },
          }),
        },
      ]
    : [];

function secretSpot({ groups }: Fleet, { secret, managedBy }: Binding, accountId: string): Spot {
  const group = groups[secret.id];
  return {
    account: secret.account,
    target: secret.id,
    where: `${slotName({ id: secret.id })} of Secrets Manager ${secret.instanceId}`,
    keysMadeBy: managedBy,
    place: (service) => ({
      accountId,
      service,
      instanceId: secret.instanceId,
      region: secret.region,
      ...(group === undefined ? {} : { resource: { type: 'secret-group', name: group } }),
    }),
  };
}

const ledgerSpot = (
  { account, bucket, prefix, instanceId }: NonNullable<Fleet['ledger']>,
  accountId: string,
): Spot => ({
  account,
  target: bucket,
  where: `bucket ${bucket}${prefix === '' ? '' : ` below ${prefix}/`}`,
  path: prefix === '' ? '' : `${prefix}/`,
  place: (service) => ({
    accountId,
    service,
    ...(instanceId === undefined ? {} : { instanceId }),
    resource: { type: 'bucket', name: bucket },
  }),
});

const ringsSpot = (
  { account, bucket, instanceId }: NonNullable<Fleet['rings']>,
  accountId: string,
): Spot => ({
  account,
  target: bucket,
  where: `bucket ${bucket} below rings/`,
  path: 'rings/',
  place: () => bucketPlace(accountId, instanceId, bucket),
});
