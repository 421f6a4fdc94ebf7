import type { Binding } from '../../domain/binding.ts';
import type { UntypedKeys } from '../../domain/doctor/questions.ts';
import type { IdentityReport } from '../../domain/doctor/report.ts';
import type { ApiKey } from '../../domain/keys.ts';
import { describeError, isExpected, type SweepContext } from '../context.ts';
import { type Looker, valueOf } from './looker.ts';

/** Whose credentials an account has. Without a login nothing else is asked with them. */
export async function lookAtIdentity(
  { ports: { services } }: Pick<SweepContext, 'ports'>,
  looker: Looker,
  account: string,
  configuredAccountId: string,
): Promise<IdentityReport> {
  const common = { account, configuredAccountId };
  const access = services.access(account);
  try {
    const [iamId, accountId] = [await access.ownIamId(), await access.ownAccountId()];
    if (accountId === configuredAccountId)
      return { ...common, verdict: 'ok', iamId, accountId, detail: `logged in as ${iamId}` };
    const detail = `its credentials belong to account ${accountId}, and accountId says ${configuredAccountId}`;
    return { ...common, verdict: 'wrong-account', iamId, accountId, detail };
  } catch (error) {
    if (!isExpected(error)) throw error;
    looker.noLogin(account);
    return { ...common, verdict: 'no-login', detail: describeError(error) };
  }
}

/** The keys of a binding's service ID, and one of them by its id. Keys of users are seen by the user alone. */
export async function lookAtOwner(
  { ports: { services } }: SweepContext,
  looker: Looker,
  { account, accountId, iamId }: Binding,
): Promise<UntypedKeys> {
  if (!iamId.startsWith('iam-ServiceId-')) return 'not seen';
  const iam = services.iam(account);
  const look = <T>(actions: readonly string[], act: () => Promise<T>) =>
    looker.look({ account, target: iamId, actions: actions.map((name) => `iam-identity.${name}`) }, act);
  const listed = valueOf(await look(['apikey.list'], () => iam.listApiKeys({ accountId, iamId })));
  const [first] = listed ?? [];
  if (listed === undefined || first === undefined) return 'not seen';
  await look(['apikey.get', 'activity.get'], () => iam.getApiKey(first.id, { activity: true }));
  const untyped = valueOf(await look([], () => iam.listApiKeys({ accountId, iamId, anyType: true })));
  if (untyped === undefined) return 'not seen';
  return idsOf(untyped) === idsOf(listed) ? 'the same' : 'others';
}

const idsOf = (keys: readonly ApiKey[]): string =>
  keys
    .map(({ id }) => id)
    .toSorted()
    .join(' ');
