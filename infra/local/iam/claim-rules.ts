import type { ComputeResource } from './compute-resources.ts';

/** What a token must claim. */
interface Condition {
  readonly claim: string;
  readonly operator:
    | 'EQUALS'
    | 'NOT_EQUALS'
    | 'EQUALS_IGNORE_CASE'
    | 'NOT_EQUALS_IGNORE_CASE'
    | 'CONTAINS'
    | 'IN';
  /** JSON as a text: a string has quotes within the quotes. */
  readonly value: string;
}

/** Who may become a profile by what its token claims. */
export interface ClaimRule {
  readonly name?: string;
  readonly type: 'Profile-CR' | 'Profile-SAML';
  readonly crType?: string;
  readonly realmName?: string;
  /** Seconds. */
  readonly expiration?: number;
  readonly conditions: readonly Condition[];
}

/**
 * Whether every condition of a rule holds for a component of Code Engine. Rules for people of a federation hold for none.
 *
 * @see https://cloud.ibm.com/docs/account?topic=account-iam-condition-properties
 */
export function ruleMatches(rule: ClaimRule, resource: ComputeResource): boolean {
  if (rule.type !== 'Profile-CR' || rule.crType !== 'CE') return false;
  const claims: Readonly<Record<string, string | undefined>> = {
    project_name: resource.projectName,
    component_type: resource.componentType,
    component_name: resource.componentName,
  };
  return rule.conditions.every((condition) => holds(condition, claims[condition.claim]));
}

/** A claim that the token does not make settles nothing in favour of anybody. */
function holds({ operator, value }: Condition, claimed: string | undefined): boolean {
  const wanted = JSON.parse(value) as unknown;
  if (claimed === undefined) return false;
  const same = String(wanted) === claimed;
  const sameButCase = String(wanted).toLowerCase() === claimed.toLowerCase();
  switch (operator) {
    case 'EQUALS':
      return same;
    case 'NOT_EQUALS':
      return !same;
    case 'EQUALS_IGNORE_CASE':
      return sameButCase;
    case 'NOT_EQUALS_IGNORE_CASE':
      return !sameButCase;
    case 'CONTAINS':
      return claimed.includes(String(wanted));
    case 'IN':
      return Array.isArray(wanted) && wanted.includes(claimed);
  }
}
