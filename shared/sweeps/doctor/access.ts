import type { Access } from '../../domain/access-policy.ts';
import { SEE_INSTANCE } from '../../domain/access-roles.ts';
import type { Listed } from '../../domain/doctor/questions.ts';
import { RIGHTS } from '../../domain/rights.ts';
import type { ResourcesPort } from '../../ports.ts';
import type { SweepContext } from '../context.ts';
import { WriteAccess } from '../write-access.ts';
import type { Asked, Looker } from './looker.ts';

/** What each account's identity has there, and what of the account it is shown. */
export async function lookAtAccess(
  context: SweepContext,
  looker: Looker,
  accounts: Readonly<Record<string, { readonly accountId: string }>>,
): Promise<{ readonly own: ReadonlyMap<string, Access>; readonly groups: readonly Listed[] }> {
  const { services } = context.ports;
  const access = new WriteAccess(context);
  const own = new Map<string, Access>();
  const groups: Listed[] = [];
  for (const [account, { accountId }] of Object.entries(accounts)) {
    if (!looker.canLogIn(account)) continue;
    const seen = await access.ofKeeper(account, accountId);
    own.set(account, seen);
    const asked = (...actions: readonly string[]): Asked => ({ account, target: accountId, actions });
    const listed = await looker.look(asked(), () =>
      services.access(account).listGroups(accountId, seen.iamId),
    );
    groups.push(
      fileList(
        looker,
        asked('iam-groups.groups.list'),
        'value' in listed ? { count: listed.value.length } : listed,
      ),
    );
    for (const { service } of RIGHTS['instance-read'].parts)
      fileInstances(
        looker,
        { ...asked(SEE_INSTANCE), service },
        await services.resources(account).list(service),
      );
    const restrictions = await services.restrictions(account).list(accountId, 'logs');
    fileList(
      looker,
      asked('context-based-restrictions.rule.read', 'context-based-restrictions.zone.read'),
      restrictions.verdict === 'yes' ? { count: restrictions.restrictions.length } : restrictions,
    );
  }
  return { own, groups };
}

/** Who may see one instance is shown that one: a list tells of the account only when it is refused. */
function fileInstances(
  looker: Looker,
  asked: Asked,
  listed: Awaited<ReturnType<ResourcesPort['list']>>,
): void {
  const what = `list of instances of ${asked.service}`;
  if (listed.verdict === 'no') {
    const came = listed.status === 403 ? 'refused' : 'unclear';
    looker.file(asked, { came, detail: `${what}: status ${listed.status}` });
  } else if (listed.verdict === 'unknown')
    looker.file(asked, { came: 'unclear', detail: `${what}: ${listed.reason}` });
}

/** An empty list is no right, and no lack of it: only a list with something in it, or a refusal, tells. */
function fileList(
  looker: Looker,
  asked: Asked,
  came: { readonly count: number } | { readonly status?: number } | { readonly reason: string },
): Listed {
  const [what = ''] = asked.actions;
  if ('count' in came) {
    if (came.count === 0) return 'empty';
    looker.file(asked, { came: 'allowed', detail: `${what}: ${came.count} were listed` });
    return 'listed';
  }
  if (!('status' in came) || came.status !== 403) return 'unknown';
  looker.file(asked, { came: 'refused', detail: `${what}: refused with 403` });
  return 'refused';
}
