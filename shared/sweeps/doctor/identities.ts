import type { Binding } from '../../domain/binding.ts';
import type { UntypedKeys } from '../../domain/doctor/questions.ts';
import type { IdentityReport } from '../../domain/doctor/report.ts';
import type { ApiKey } from '../../domain/keys.ts';
import type { Secret } from '../../domain/secret.ts';
import type { IamPort } from '../../ports.ts';
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

/**
 * The keys of a binding's service ID, and one of them by its id. Keys of users are seen by the user alone.
 *
 * @param current - the key in the secret, for who may see one key and not list them
 */
export async function lookAtOwner(
  { ports: { services } }: SweepContext,
  looker: Looker,
  { account, accountId, iamId }: Binding,
  current: Secret | undefined,
): Promise<UntypedKeys> {
  if (!iamId.startsWith('iam-ServiceId-')) return 'not seen';
  const iam = services.iam(account);
  const look = <T>(actions: readonly string[], act: () => Promise<T>) =>
    looker.look({ account, target: iamId, actions: actions.map((name) => `iam-identity.${name}`) }, act);
  const listed = valueOf(await look(['apikey.list'], () => iam.listApiKeys({ accountId, iamId })));
  const known = listed?.at(0) ?? (await lookUp(looker, { account, target: iamId }, iam, current));
  if (known !== undefined)
    await look(['apikey.get', 'activity.get'], () => iam.getApiKey(known.id, { activity: true }));
  if (listed === undefined || known === undefined) return 'not seen';
  const untyped = valueOf(await look([], () => iam.listApiKeys({ accountId, iamId, anyType: true })));
  if (untyped === undefined) return 'not seen';
  return idsOf(untyped) === idsOf(listed) ? 'the same' : 'others';
}

/** A key that IAM does not know tells nothing of a right. */
async function lookUp(
  looker: Looker,
  whose: { readonly account: string; readonly target: string },
  iam: IamPort,
  value: Secret | undefined,
): Promise<ApiKey | undefined> {
  if (value === undefined) return undefined;
  const asked = { ...whose, actions: ['iam-identity.apikey.get'] };
  const seen = await looker.look({ ...whose, actions: [] }, () => iam.findApiKey(value));
  if ('why' in seen)
    looker.file(asked, { came: seen.status === 403 ? 'refused' : 'unclear', detail: seen.why });
  return valueOf(seen);
}

const idsOf = (keys: readonly ApiKey[]): string =>
  keys
    .map(({ id }) => id)
    .toSorted()
    .join(' ');
