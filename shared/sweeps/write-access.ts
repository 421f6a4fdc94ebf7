import { type AccessVerdict, judgeSend, judgeWrite } from '../domain/access.ts';
import type { Access, AccessPolicy } from '../domain/access-policy.ts';
import type { KeyedDestination } from '../domain/logpush.ts';
import { ApiError } from '../errors.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import { Once } from './once.ts';

/** Whose right to write, or to send, is asked for, and where. */
export interface WriteQuestion {
  /** The account of `keeper.yml` with whose rights policies are read. */
  readonly account: string;
  /** The IBM account that the destination is in, where a grant must be. */
  readonly accountId: string;
  /** Who writes; of any account. */
  readonly iamId: string;
  readonly destination: KeyedDestination;
}

/** Tells from policies whether identities may write to buckets, and send to Cloud Logs; each identity is asked about once a run. It only reads. */
export class WriteAccess {
  readonly #context: SweepContext;
  readonly #known = new Once<Access>();
  readonly #own = new Once<Access>();

  constructor(context: SweepContext) {
    this.#context = context;
  }

  /** Never throws for what a service answers: that is `unknown`, with the reason. */
  async judge({ account, accountId, iamId, destination }: WriteQuestion): Promise<AccessVerdict> {
    const now = this.#context.ports.clock.now();
    const access = await this.#accessOf(account, accountId, iamId);
    const judged = (own: Access | undefined): AccessVerdict =>
      destination.kind === 'cos'
        ? judgeWrite(access, own, { accountId, ...destination }, now)
        : judgeSend(access, own, { accountId, ...destination }, now);
    const granted = judged(undefined);
    // Only a no needs to know what we can see at all.
    if (granted.verdict === 'yes') return granted;
    return judged(await this.ofKeeper(account, accountId));
  }

  /** What the keeper itself has in an IBM account, as far as it may read it. */
  ofKeeper(account: string, accountId: string): Promise<Access> {
    return this.#own.get(`${account} ${accountId}`, async () => {
      const gaps: string[] = [];
      const iamId = await attempt(gaps, '', () => this.#context.ports.services.access(account).ownIamId());
      if (iamId !== undefined) return this.#accessOf(account, accountId, iamId);
      return { iamId: `the service ID of account ${account}`, accountId, groupIds: [], policies: [], gaps };
    });
  }

  #accessOf(account: string, accountId: string, iamId: string): Promise<Access> {
    return this.#known.get(`${account} ${accountId} ${iamId}`, () =>
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
