import type { Access } from '../access-policy.ts';
import { judgeAction } from '../access-right.ts';
import { type RightName, rightOf } from '../rights.ts';
import type { Want, WantedPart } from './wants.ts';

/** What came of reading something that takes one action and nothing else. */
export interface Look {
  readonly came: 'allowed' | 'refused' | 'unclear';
  /** What was asked and what was answered. */
  readonly detail: string;
}

/**
 * Files looks by account, action and target.
 *
 * @param service - whose action it is; only the platform's own actions do not name it themselves
 */
export const lookKey = (
  account: string,
  action: string,
  target: string,
  service = serviceOf(action),
): string => `${account} ${service} ${action} ${target}`;

const serviceOf = (action: string): string => action.split('.', 1)[0] ?? action;

export type Looks = ReadonlyMap<string, Look>;

/** Whether the credentials of an account have a right, as far as could be told. */
export interface RightReport {
  readonly account: string;
  /** Whose right it is; absent when the login told nothing. */
  readonly iamId?: string;
  readonly right: RightName;
  readonly where: string;
  readonly verdict: 'present' | 'missing' | 'unknown';
  /** What was seen, a reason each. */
  readonly evidence: readonly string[];
  /** Functions that cannot do without it, and those that can. */
  readonly requiredBy: readonly string[];
  readonly usedBy: readonly string[];
  /** What to give: roles on a service, and where. */
  readonly give: readonly { readonly service: string; readonly roles: readonly string[] }[];
  /** What it costs to live without. */
  readonly without: string;
}

interface Told {
  readonly verdict: 'yes' | 'no' | 'unknown';
  readonly detail: string;
}

/**
 * Whether a right is there. What only it allows to be read decides; rights to write cannot be tried, and are judged from the
 * identity's own policies. A read that is refused although a policy grants it tells of something else.
 *
 * @param own - what the identity has in the account; undefined when it could not log in
 */
export function judgeRight(want: Want, looks: Looks, own: Access | undefined, now: number): RightReport {
  const told = want.parts.flatMap((part) =>
    part.actions.map((action) => judgeOne(want, part, action, looks, own, now)),
  );
  const no = told.filter(({ verdict }) => verdict === 'no');
  const unknown = told.filter(({ verdict }) => verdict === 'unknown');
  const decisive = [no, unknown].find((some) => some.length > 0) ?? told;
  const { account, right, where, requiredBy, usedBy } = want;
  return {
    account,
    ...(own === undefined ? {} : { iamId: own.iamId }),
    right,
    where,
    verdict: no.length > 0 ? 'missing' : unknown.length > 0 ? 'unknown' : 'present',
    evidence: [...new Set(decisive.map(({ detail }) => detail))],
    requiredBy,
    usedBy,
    give: want.parts.map(({ place, roles }) => ({ service: place.service, roles })),
    without: rightOf(right).without,
  };
}

function judgeOne(
  { account, target }: Want,
  { place, path }: WantedPart,
  action: string,
  looks: Looks,
  own: Access | undefined,
  now: number,
): Told {
  const look = looks.get(lookKey(account, action, target, place.service));
  if (look?.came === 'allowed') return { verdict: 'yes', detail: look.detail };
  if (own === undefined)
    return { verdict: 'unknown', detail: look?.detail ?? `account ${account} could not log in` };
  const granted = judgeAction(own, place, action, now, path);
  if (look === undefined) return granted;
  if (granted.verdict === 'yes') {
    const detail =
      look.came === 'refused'
        ? `${look.detail}, although it is ${granted.detail}: a change that does not act yet, a firewall or a context-based restriction`
        : `${look.detail}; it is ${granted.detail}`;
    return { verdict: look.came === 'refused' ? 'unknown' : 'yes', detail };
  }
  if (look.came === 'refused') return { verdict: 'no', detail: look.detail };
  return { verdict: granted.verdict, detail: `${look.detail}; ${granted.detail}` };
}

/** Whether something that a function cannot do without is missing, or could not be told. */
export const isLacking = ({ verdict, requiredBy }: RightReport): boolean =>
  verdict !== 'present' && requiredBy.length > 0;
