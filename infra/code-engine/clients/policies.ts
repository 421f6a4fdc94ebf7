import * as z from 'zod';
import type { HttpClient } from '../../../shared/clients/http.ts';
import type { TokenProvider } from '../../../shared/clients/tokens.ts';
import { ApiError, SchemaError } from '../../../shared/errors.ts';
import { type NewAuthorization, OldPage, OldPolicy, oldBody } from './old-policies.ts';
import { type Rest, restOf, unlessMissing } from './rest.ts';

const Attribute = z.object({ key: z.string(), operator: z.string(), value: z.json() });
const Policy = z.object({
  id: z.string(),
  type: z.string(),
  state: z.string().default('active'),
  description: z.string().nullish(),
  subject: z.object({ attributes: z.array(Attribute) }).nullish(),
  resource: z.object({ attributes: z.array(Attribute) }).nullish(),
  control: z.object({ grant: z.object({ roles: z.array(z.object({ role_id: z.string() })) }) }),
  rule: z.json().nullish(),
  pattern: z.string().nullish(),
});
export type PolicyWire = z.infer<typeof Policy>;
export type AttributeWire = z.infer<typeof Attribute>;

/** A policy, and what a conditional write must name: only the header of a GET tells it. */
export interface TaggedPolicy {
  readonly policy: PolicyWire;
  readonly tag: string;
}

const Page = z.object({
  policies: z.array(Policy),
  next: z.object({ start: z.string().nullish() }).nullish(),
});
const Role = z.object({ display_name: z.string(), crn: z.string() });
const CustomRole = z.object({
  id: z.string(),
  crn: z.string(),
  display_name: z.string(),
  name: z.string().nullish(),
  service_name: z.string().nullish(),
  actions: z.array(z.string()).default([]),
});
export type CustomRoleWire = z.infer<typeof CustomRole>;
const CustomRoles = z.object({ custom_roles: z.array(CustomRole).nullish() });
const Roles = z.object({
  system_roles: z.array(Role).nullish(),
  service_roles: z.array(Role).nullish(),
  custom_roles: z.array(Role).nullish(),
});
const MOST_PAGES = 50;

/** Policies and roles of one account. @see https://cloud.ibm.com/apidocs/iam-policy-management#create-v2-policy */
export class PoliciesClient {
  readonly #rest: Rest;
  readonly #accountId: string;

  constructor(options: {
    readonly http: HttpClient;
    readonly tokens: TokenProvider;
    readonly url: string;
    readonly accountId: string;
  }) {
    const { http, tokens, url, accountId } = options;
    this.#rest = restOf({ http, tokens, service: 'iam', base: url });
    this.#accountId = accountId;
  }

  /** Active access policies, of one identity or of all. */
  access(iamId?: string): Promise<readonly PolicyWire[]> {
    return this.#list({ type: 'access', ...(iamId === undefined ? {} : { iam_id: iamId }) });
  }

  /**
   * Authorizations between services. IBM's texts disagree about whether version 2 knows them: where it does not, version 1 does.
   *
   * @see https://cloud.ibm.com/docs/account?topic=account-serviceauth
   */
  authorizations(): Promise<readonly PolicyWire[]> {
    const path = `/v1/policies?${new URLSearchParams({ account_id: this.#accountId, type: 'authorization' }).toString()}`;
    return elseOld(
      () => this.#list({ type: 'authorization' }),
      async () =>
        (await this.#rest({ operation: 'listPolicies', method: 'GET', path, schema: OldPage })).value
          .policies,
    );
  }

  createAuthorization(body: NewAuthorization): Promise<PolicyWire> {
    const call = {
      operation: 'createPolicy',
      method: 'POST',
      path: '/v1/policies',
      body: oldBody(body),
      schema: OldPolicy,
    } as const;
    return elseOld(
      () => this.create(body),
      async () => (await this.#rest(call)).value,
    );
  }

  async #list(query: Readonly<Record<string, string>>): Promise<readonly PolicyWire[]> {
    const policies: PolicyWire[] = [];
    let start: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const parameters = new URLSearchParams({
        account_id: this.#accountId,
        ...query,
        state: 'active',
        limit: '100',
        ...(start === undefined ? {} : { start }),
      });
      const path = `/v2/policies?${parameters.toString()}`;
      const { value } = await this.#rest({ operation: 'listV2Policies', method: 'GET', path, schema: Page });
      policies.push(...value.policies);
      start = value.next?.start ?? undefined;
      if (start === undefined) return policies;
    }
    throw new SchemaError('iam', 'listV2Policies', `more than ${MOST_PAGES} pages`);
  }

  /** @returns undefined when there is none of this id, or no longer */
  async get(id: string): Promise<TaggedPolicy | undefined> {
    const call = {
      operation: 'getV2Policy',
      method: 'GET',
      path: `/v2/policies/${id}`,
      schema: Policy,
    } as const;
    const answer = await unlessMissing(() => this.#rest(call));
    if (answer === undefined || answer.value.state !== 'active') return undefined;
    const tag = answer.headers['etag'];
    if (tag === undefined) throw new SchemaError('iam', 'getV2Policy', 'no ETag');
    return { policy: answer.value, tag };
  }

  async create(body: unknown): Promise<PolicyWire> {
    const call = {
      operation: 'createV2Policy',
      method: 'POST',
      path: '/v2/policies',
      body,
      schema: Policy,
    } as const;
    return (await this.#rest(call)).value;
  }

  async replace(id: string, tag: string, body: unknown): Promise<PolicyWire> {
    const call = {
      operation: 'replaceV2Policy',
      method: 'PUT',
      path: `/v2/policies/${id}`,
      body,
      headers: { 'if-match': tag },
      schema: Policy,
    } as const;
    return (await this.#rest(call)).value;
  }

  /** One that is gone already counts as deleted. */
  async remove(id: string): Promise<void> {
    const path = `/v2/policies/${id}`;
    await unlessMissing(() => this.#rest({ operation: 'deleteV2Policy', method: 'DELETE', path }));
  }

  /** The same of an authorization: where version 2 knows none, it says of one that is there that it is not. */
  async removeAuthorization(id: string): Promise<void> {
    const call = { operation: 'deletePolicy', method: 'DELETE', path: `/v1/policies/${id}` } as const;
    await unlessMissing(() =>
      elseOld(
        () => this.#rest({ operation: 'deleteV2Policy', method: 'DELETE', path: `/v2/policies/${id}` }),
        () => this.#rest(call),
      ),
    );
  }

  /** Roles on a service by the names that people see. Who may not read roles is answered with none. */
  async roles(service: string, authorizationOf?: string): Promise<ReadonlyMap<string, string>> {
    const query = new URLSearchParams({
      account_id: this.#accountId,
      service_name: service,
      ...(authorizationOf === undefined
        ? {}
        : { source_service_name: authorizationOf, policy_type: 'authorization' }),
    });
    const path = `/v2/roles?${query.toString()}`;
    const { value } = await this.#rest({ operation: 'listRoles', method: 'GET', path, schema: Roles });
    const all = [value.custom_roles, value.system_roles, value.service_roles].flatMap((roles) => roles ?? []);
    return new Map(all.map(({ display_name, crn }) => [display_name, crn]));
  }

  /** Roles that the account has made for a service. */
  async customRoles(service: string): Promise<readonly CustomRoleWire[]> {
    const query = new URLSearchParams({ account_id: this.#accountId, service_name: service });
    const path = `/v2/roles?${query.toString()}`;
    const call = { operation: 'listRoles', method: 'GET', path, schema: CustomRoles } as const;
    return (await this.#rest(call)).value.custom_roles ?? [];
  }

  async createRole(
    role: RoleContent & { readonly name: string; readonly service: string },
  ): Promise<CustomRoleWire> {
    const { displayName, name, service, actions } = role;
    const body = {
      display_name: displayName,
      name,
      service_name: service,
      account_id: this.#accountId,
      actions,
    };
    const call = {
      operation: 'createRole',
      method: 'POST',
      path: '/v2/roles',
      body,
      schema: CustomRole,
    } as const;
    return (await this.#rest(call)).value;
  }

  /** The tag that a change must name comes in the header of a GET. */
  async replaceRole(id: string, { displayName, actions }: RoleContent): Promise<CustomRoleWire> {
    const path = `/v2/roles/${id}`;
    const { headers } = await this.#rest({ operation: 'getRole', method: 'GET', path, schema: CustomRole });
    const call = {
      operation: 'replaceRole',
      method: 'PUT',
      path,
      headers: { 'if-match': headers['etag'] ?? '*' },
      body: { display_name: displayName, actions },
      schema: CustomRole,
    } as const;
    return (await this.#rest(call)).value;
  }

  /** One that is gone already counts as deleted. */
  async removeRole(id: string): Promise<void> {
    const path = `/v2/roles/${id}`;
    await unlessMissing(() => this.#rest({ operation: 'deleteRole', method: 'DELETE', path }));
  }
}

interface RoleContent {
  readonly displayName: string;
  /** All of one service. */
  readonly actions: readonly string[];
}

async function elseOld<T>(act: () => Promise<T>, old: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ApiError && [400, 404].includes(error.status ?? 0)) return old();
    throw error;
  }
}
