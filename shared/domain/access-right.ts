import { type AccessVerdict, names, openAmong, refusal } from './access.ts';
import { conditionsFit } from './access-conditions.ts';
import { grantOf, type Place } from './access-grant.ts';
import { type Access, type AccessPolicy, FITS, type Fit, unclear } from './access-policy.ts';

/**
 * Whether an identity may do one action itself, as far as its own policies tell. Grants only add, so one that covers it is a
 * yes; a no needs that everything was seen: who may not read policies is shown an empty list.
 *
 * @param own - the access of the identity that read the policies
 * @param path - of actions on objects: the prefix of their keys, with a slash at its end; empty = any key
 */
export function judgeAction(
  own: Access,
  place: Place,
  action: string,
  now: number,
  path = '',
): AccessVerdict {
  const grants = own.policies.map((policy) =>
    grantOf(policy, own, place, [action], conditionFit(policy, action, path)),
  );
  const certain = grants.filter(({ fit, actions }) => fit.fit === 'yes' && actions.includes(action));
  if (certain.length > 0) return { verdict: 'yes', detail: `granted by ${names(certain, [action])}` };
  return refusal(own, own, openAmong(grants), action, now);
}

/** Actions on objects know their path; what a condition means for others is not told here. */
function conditionFit(policy: AccessPolicy, action: string, path: string): Fit {
  if (action.startsWith('cloud-object-storage.object.')) return conditionsFit(policy, path);
  const isPlain = policy.pattern === undefined && policy.rule === undefined;
  return isPlain ? FITS : unclear('it has a condition');
}
