import { judgeWrite, type WriteVerdict } from '../domain/access.ts';
import type { Access, AccessPolicy } from '../domain/access-policy.ts';
import type { CosDestination } from '../domain/logpush.ts';
import { ApiError } from '../errors.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';

/** Whose right to write is asked for, and where. */
export interface WriteQuestion {
  /** The account of `keeper.yml` with whose rights policies are read. */
  readonly account: string;
  /** The IBM account that the bucket is in, where a grant must be. */
  readonly accountId: string;
  /** Who writes; of any account. */
  readonly iamId: string;
  readonly destination: CosDestination;
}

/** Tells from policies whether identities may write to buckets; each identity is asked about once a run. It only reads. */
export class WriteAccess {
  readonly #context: SweepContext;
  readonly #known = new Map<string, Promise<Access>>();
  readonly #own = new Map<string, Promise<Access>>();

  constructor(context: SweepContext) {
    this.#context = context;
  }

  /** Never throws for what a service answers: that is `unknown`, with the reason. */
  async judge({ account, accountId, iamId, destination }: WriteQuestion): Promise<WriteVerdict> {
    const { instanceId, bucket, path } = destination;
    const target = { accountId, instanceId, bucket, path };
    const now = this.#context.ports.clock.now();
    const access = await this.#accessOf(account, accountId, iamId);
    const granted = judgeWrite(access, undefined, target, now);
    // Only a no needs to know what we can see at all.
    if (granted.verdict === 'yes') return granted;
    return judgeWrite(access, await this.ofKeeper(account, accountId), target, now);
  }

  /** What the keeper itself has in an IBM account, as far as it may read it. */
  ofKeeper(account: string, accountId: string): Promise<Access> {
    return once(this.#own, `${account} ${accountId}`, async () => {
      const gaps: string[] = [];
      const iamId = await attempt(gaps, '', () => this.#context.ports.services.access(account).ownIamId());
      if (iamId !== undefined) return this.#accessOf(account, accountId, iamId);
      return { iamId: `the service ID of account ${account}`, accountId, groupIds: [], policies: [], gaps };
    });
  }

  #accessOf(account: string, accountId: string, iamId: string): Promise<Access> {
    return once(this.#known, `${account} ${accountId} ${iamId}`, () =>
      readAccess(this.#context, account, accountId, iamId),
    );
  }
}

/** Its own policies, and those of each group that it is in; what cannot be read is a gap. */
async function readAccess(
  { ports }: SweepContext,
  account: string,
  accountId: string,
  iamId: string,
): Promise<Access> {
  const gaps: string[] = [];
  const policies: AccessPolicy[] = [];
  const read = (right: string, subject: { readonly iamId: string } | { readonly groupId: string }) =>
    attempt(gaps, right, async () => {
      policies.push(...(await ports.services.access(account).listPolicies(accountId, subject)));
    });
  await read('IAM Access Management', { iamId });
  const groupIds =
    (await attempt(gaps, 'IAM Access Groups', () =>
      ports.services.access(account).listGroups(accountId, iamId),
    )) ?? [];
  for (const groupId of groupIds) await read('IAM Access Management', { groupId });
  return { iamId, accountId, groupIds, policies, gaps };
}

/** @returns undefined, and a gap, for what a service refuses or does not answer */
async function attempt<T>(gaps: string[], source: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!isExpected(error)) throw error;
    const refused = error instanceof ApiError && error.status === 403 && source !== '';
    const advice = refused ? ` (give the keeper's service ID Viewer on ${source})` : '';
    gaps.push(`${describeError(error)}${advice}`);
    return undefined;
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  return made;
}
