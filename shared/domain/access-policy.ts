import { minutes } from './time.ts';

/** One condition on an attribute; booleans are the texts `true` and `false`. */
export interface Attribute {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A condition, or several joined by `and` or `or`; an operator that is absent joins one. */
export type Rule = Attribute | { readonly operator?: string; readonly conditions: readonly Rule[] };

/** A role of a policy: its CRN, and what it may do where IAM said so. */
export interface Role {
  readonly id: string;
  readonly actions?: readonly string[];
}

/** A policy of version 2 as IAM shows it. @see https://cloud.ibm.com/apidocs/iam-policy-management#list-v2-policies */
export interface AccessPolicy {
  readonly id: string;
  /** `access` or `authorization`. */
  readonly type: string;
  /** `active` or `deleted`. */
  readonly state: string;
  readonly subject: readonly Attribute[];
  readonly resource: readonly Attribute[];
  /** Whether it is about resources with certain access tags. */
  readonly tagged: boolean;
  readonly roles: readonly Role[];
  readonly pattern?: string;
  readonly rule?: Rule;
  readonly lastModifiedAt?: number;
}

/** What could be read of an identity's access in one account. */
export interface Access {
  readonly iamId: string;
  readonly accountId: string;
  readonly groupIds: readonly string[];
  /** Its own and those of its groups. */
  readonly policies: readonly AccessPolicy[];
  /** What could not be read, a reason each. */
  readonly gaps: readonly string[];
}

/** How sure it is that something is so for everything asked about. */
export type Fit = { readonly fit: 'yes' | 'no' } | { readonly fit: 'unclear'; readonly why: string };

export const FITS: Fit = { fit: 'yes' };
export const FITS_NOT: Fit = { fit: 'no' };
export const unclear = (why: string): Fit => ({ fit: 'unclear', why });

/** All must fit: one that does not settles it, one that is unclear leaves it open. */
export const allFit = (fits: readonly Fit[]): Fit =>
  fits.find(({ fit }) => fit === 'no') ?? fits.find(({ fit }) => fit === 'unclear') ?? FITS;

/** One is enough. */
export const anyFits = (fits: readonly Fit[]): Fit =>
  fits.find(({ fit }) => fit === 'yes') ?? fits.find(({ fit }) => fit === 'unclear') ?? FITS_NOT;

/** Whether a policy is about the identity, itself or through a group. Lists are filtered by IAM; this does not rely on it. */
export function subjectFits({ subject }: AccessPolicy, { iamId, groupIds }: Access): Fit {
  if (subject.length === 0) return FITS_NOT;
  return allFit(
    subject.map(({ key, operator, values }) => {
      if (operator !== 'stringEquals') return unclear(`its subject is given by ${operator}`);
      const [value = ''] = values;
      if (key === 'iam_id') return value === iamId ? FITS : FITS_NOT;
      if (key === 'access_group_id') return groupIds.includes(value) ? FITS : FITS_NOT;
      return unclear(`its subject is given by ${key}`);
    }),
  );
}

/** IAM is replicated: a change may take this long to act. @see https://cloud.ibm.com/docs/account?topic=account-iamoverview */
const PROPAGATION_MS = minutes(10);

export const isRecent = ({ lastModifiedAt }: AccessPolicy, now: number): boolean =>
  lastModifiedAt !== undefined && now - lastModifiedAt < PROPAGATION_MS;
