import type { Context } from 'hono';
import { seconds } from '../../../shared/domain/time.ts';
import type { Principal, Target } from '../host.ts';
import { Refusal } from '../http.ts';
import type { Iam } from './iam.ts';
import type { PolicyState } from './policies.ts';
import { policyBody } from './policy-bodies.ts';
import { type PolicyContent, targetOf } from './policy-content.ts';
import { type IamHost, refuse, restError } from './rest.ts';

type Verb = 'create' | 'read' | 'update' | 'delete';

export const policyNotFound = () => refuse(404, 'policy_not_found', 'the policy was not found');

/** Who may do what with policies, and which policies there can be; for every version of the API. */
export class PolicyRules {
  readonly #iam: Iam;
  readonly #host: IamHost;

  constructor(iam: Iam, host: IamHost) {
    this.#iam = iam;
    this.#host = host;
  }

  /** The policy that a request names. @throws {Refusal} 404, also for who may not read it: they are not told that it exists */
  found(c: Context, caller: Principal): PolicyState {
    const policy = this.#iam.policies.get(c.req.param('id') ?? '');
    if (policy === undefined || !this.isShown(policy, caller)) throw policyNotFound();
    return policy;
  }

  /** IAM is replicated: what was just made may not be found yet. */
  isShown(policy: PolicyState, caller: Principal): boolean {
    const { newPolicyDelaySeconds } = this.#host.settings.iam;
    const isNew =
      policy.createdBy !== 'IBM' && policy.createdAt + seconds(newPolicyDelaySeconds) > this.#host.now();
    return !isNew && this.#may(caller, 'read', policy.accountId, policy);
  }

  /** @throws {Refusal} 403 */
  admit(caller: Principal, verb: Verb, accountId: string, content: PolicyContent): void {
    if (!this.#may(caller, verb, accountId, content))
      throw refuse(403, 'insufficent_permissions', 'You are not allowed to perform this action');
  }

  /** @throws {Refusal} 400 for a role that is none of what the policy is about */
  admitContent(accountId: string, content: PolicyContent): void {
    const { roles } = this.#iam;
    const target = targetOf(accountId, content)?.service;
    const source = content.subject.find(({ key }) => key === 'serviceName')?.value;
    const given = roles.forAuthorization(target ?? '', String(source)).map(({ crn }) => crn);
    const isGrantable = (crn: string): boolean =>
      content.type === 'authorization' ? given.includes(crn) : roles.isGrantable(accountId, target, crn);
    const unknown = content.roles.find((crn) => !isGrantable(crn));
    if (unknown !== undefined) throw refuse(400, 'invalid_body', `the role ${unknown} is not known`);
  }

  /** @throws {Refusal} 409 with the policy that is in the way */
  admitNoConflict(accountId: string, content: PolicyContent, self?: PolicyState): void {
    const other = this.#iam.policies.conflicting(accountId, content, self);
    if (other === undefined) return;
    const body = restError(409, 'policy_conflict_error', 'a policy with these attributes exists');
    const policy =
      this.#host.settings.iam.conflictShows === 'id' ? other.id : policyBody(this.#iam, other, undefined);
    const details = { conflicts_with: { etag: other.tag, policy } };
    throw new Refusal(409, { ...body, errors: body.errors.map((error) => ({ ...error, details })) });
  }

  /** Whether version 2 knows authorizations in this world. */
  version2KnowsAuthorizations(): boolean {
    return this.#host.settings.iam.authorizationsV2 === 'accept';
  }

  /** @throws {Refusal} 400 where this world's version 2 takes no authorizations */
  admitVersion2(): void {
    if (!this.version2KnowsAuthorizations())
      throw refuse(400, 'invalid_body', 'authorizations are not supported in version 2');
  }

  /** @throws {Refusal} 400, 403, 409 */
  create(caller: Principal, accountId: string, content: PolicyContent): PolicyState {
    this.admitContent(accountId, content);
    this.admit(caller, 'create', accountId, content);
    this.admitNoConflict(accountId, content);
    return this.#iam.policies.create(accountId, content, caller.iamId);
  }

  /** @throws {Refusal} 403, 404 */
  remove(caller: Principal, policy: PolicyState): void {
    this.admit(caller, 'delete', policy.accountId, policy);
    if (policy.state === 'deleted') throw policyNotFound();
    this.#iam.policies.remove(policy, caller.iamId);
  }

  /**
   * IAM Access Management opens all policies of an account; an administrator of a resource manages the policies about it; and
   * what an identity itself is granted it may be able to read.
   */
  #may({ iamId }: Principal, verb: Verb, accountId: string, content: PolicyContent): boolean {
    const allows = (action: string, target: Target): boolean =>
      this.#iam.allows(iamId, action, target, this.#host.now());
    const own = content.subject.some(({ value }) => value === iamId);
    if (verb === 'read' && own && this.#host.settings.iam.ownPolicies === 'shown') return true;
    const management = { service: 'iam-access-management', accountId };
    if (allows(`iam-access-management.policy.${verb}`, management)) return true;
    const target = targetOf(accountId, content);
    return target !== undefined && allows(`iam.policy.${verb}`, target);
  }
}
