import type { Binding } from '../../domain/binding.ts';
import type { Fleet } from '../../domain/doctor/wants.ts';
import { describeError, isExpected, type SweepContext } from '../context.ts';
import { FleetCache } from '../fleet-cache.ts';
import { keyStoreOf } from '../key-store.ts';
import { bucketsOf, tokenBucketsOf } from './buckets.ts';

/** What the rights of the functions depend on. */
export interface FleetFacts {
  readonly fleet: Fleet;
  /** What could not be read: the fleet may be larger than it shows. */
  readonly unseen: readonly string[];
}

/**
 * What the configuration, and the jobs that are there, ask rights for: one look, with the credentials of the context, which reads
 * neither a key nor the value of a secret.
 *
 * @param ledger - where the ledger is
 */
export async function observeFacts(
  context: SweepContext,
  accounts: Fleet['accounts'],
  ledger: NonNullable<Fleet['ledger']>,
): Promise<FleetFacts> {
  const unseen: string[] = [];
  const zones = await new FleetCache().now(context);
  unseen.push(...zones.flatMap((look) => ('unreadable' in look ? [look.unreadable] : [])));
  const accountIdOf = (account: string): string => accounts[account]?.accountId ?? '';
  const { instances, bindings } = context;
  return {
    unseen,
    fleet: {
      accounts,
      instances,
      bindings,
      buckets: bucketsOf(zones, context, accountIdOf),
      tokenBuckets: tokenBucketsOf(zones, context, accountIdOf),
      groups: await groupsOf(context, bindings, unseen),
      ledger: await placed(context, ledger, unseen),
    },
  };
}

/** The group of each secret: only that narrows a right to it. */
async function groupsOf(
  { ports: { services } }: SweepContext,
  bindings: readonly Binding[],
  unseen: string[],
): Promise<Fleet['groups']> {
  const groups: Record<string, string> = {};
  for (const binding of bindings) {
    const { id } = binding.secret;
    if (Object.hasOwn(groups, id)) continue;
    try {
      const { groupId } = await keyStoreOf(services, binding).metadata();
      if (groupId === undefined) unseen.push(`the group of secret ${id} is not told`);
      else groups[id] = groupId;
    } catch (error) {
      if (!isExpected(error)) throw error;
      unseen.push(`secret ${id} of binding ${binding.name} cannot be read: ${describeError(error)}`);
    }
  }
  return groups;
}

async function placed(
  { ports: { services } }: SweepContext,
  ledger: NonNullable<Fleet['ledger']>,
  unseen: string[],
): Promise<NonNullable<Fleet['ledger']>> {
  const seen = await services.buckets(ledger.account).configuration(ledger.bucket);
  if (seen.verdict === 'yes') return { ...ledger, instanceId: seen.configuration.instanceId };
  const why = seen.verdict === 'no' ? `status ${seen.status}` : seen.reason;
  unseen.push(`the bucket of the ledger, ${ledger.bucket}, cannot be read: ${why}`);
  return ledger;
}
