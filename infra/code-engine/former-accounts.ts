import { UnclearError } from './errors.ts';
import { variableOf } from './gather.ts';
import type { Entry } from './resource.ts';
import type { Session } from './session.ts';

type Accounts = Readonly<Record<string, { readonly accountId: string }>>;

/** The IBM account that a resource is in, as its key says it; undefined = the one of the project. */
const accountIdOf = ({ kind, key }: Entry): string | undefined => {
  switch (kind) {
    case 'profile':
    case 'link':
    case 'role':
    case 'policy':
      return /^[^/ ]+/.exec(key)?.[0];
    case 'cis-webhook':
    case 'alert-policy':
      return key.split(':')[6]?.replace('a/', '');
    default:
      return undefined;
  }
};

/**
 * What the state lists, under the names that `keeper.yml` has for its accounts now. One that it does not name any more is reached with
 * the key that the environment still has for it, so that what was made there can be taken away.
 *
 * @param account - the one of the project
 * @throws {UnclearError} when there is no such key
 */
export async function withKnownAccounts(
  entries: readonly Entry[],
  where: { readonly accounts: Accounts; readonly account: string; readonly session: Session },
): Promise<readonly Entry[]> {
  const { accounts, account, session } = where;
  const renamed: Entry[] = [];
  for (const entry of entries) {
    const id = accountIdOf(entry);
    const isCurrent = id === undefined || accounts[entry.account]?.accountId === id;
    const name = isCurrent
      ? entry.account
      : (Object.keys(accounts).find((one) => accounts[one]?.accountId === id) ?? entry.account);
    if (id === undefined) renamed.push({ ...entry, account });
    else if (accounts[name]?.accountId === id || (await session.admit(name, id)))
      renamed.push({ ...entry, account: name });
    else
      throw new UnclearError(
        `this deployment has made things in account "${entry.account}" (${id}), which the configuration does not name any more, and without a key to it they cannot be taken away\n  fix: set ${variableOf(entry.account)} to an API key of that account and apply again, or put the account back`,
      );
  }
  return renamed;
}
