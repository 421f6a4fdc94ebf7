import * as z from 'zod';
import type { HttpClient } from '../../../shared/clients/http.ts';
import type { TokenProvider } from '../../../shared/clients/tokens.ts';
import { SchemaError } from '../../../shared/errors.ts';
import { type Rest, restOf, unlessMissing } from './rest.ts';

const Profile = z.object({
  id: z.string(),
  iam_id: z.string(),
  entity_tag: z.string(),
  name: z.string(),
  description: z.string().nullish(),
});
export type Profile = z.infer<typeof Profile>;

const Link = z.object({
  id: z.string(),
  name: z.string().nullish(),
  cr_type: z.string(),
  is_cross_account: z.boolean().nullish(),
  link: z.object({
    crn: z.string(),
    component_type: z.string().nullish(),
    component_name: z.string().nullish(),
  }),
});
export type Link = z.infer<typeof Link>;

/** The only kinds of components that IBM's samples name; IAM takes any word, and one that is none never matches. */
export type ComponentType = 'job' | 'function' | 'application';

const Page = z.object({ profiles: z.array(Profile), next: z.string().nullish() });
const MOST_PAGES = 50;

/** Trusted profiles of one account. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#create-profile */
export class ProfilesClient {
  readonly #rest: Rest;
  readonly #accountId: string;

  constructor(options: {
    readonly http: HttpClient;
    readonly tokens: TokenProvider;
    readonly url: string;
    readonly accountId: string;
  }) {
    const { http, tokens, url, accountId } = options;
    this.#rest = restOf({ http, tokens, service: 'iam', base: `${url}/v1/profiles` });
    this.#accountId = accountId;
  }

  /** By its name, which is unique in an account. */
  async find(name: string): Promise<Profile | undefined> {
    for await (const page of this.#pages({ name })) {
      const found = page.find((profile) => profile.name === name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** How many there are, whoever has made them. */
  async count(): Promise<number> {
    let count = 0;
    for await (const page of this.#pages()) count += page.length;
    return count;
  }

  async *#pages(filter: { readonly name?: string } = {}): AsyncIterable<readonly Profile[]> {
    let token: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const query = new URLSearchParams({
        account_id: this.#accountId,
        ...filter,
        pagesize: '100',
        ...(token === undefined ? {} : { pagetoken: token }),
      });
      const path = `?${query.toString()}`;
      const { value } = await this.#rest({ operation: 'listProfiles', method: 'GET', path, schema: Page });
      yield value.profiles;
      token = tokenIn(value.next);
      if (token === undefined) return;
    }
    throw new SchemaError('iam', 'listProfiles', `more than ${MOST_PAGES} pages`);
  }

  /** @returns undefined when there is none of this id */
  get(id: string): Promise<Profile | undefined> {
    const call = { operation: 'getProfile', method: 'GET', path: `/${id}`, schema: Profile } as const;
    return unlessMissing(async () => (await this.#rest(call)).value);
  }

  async create(name: string, description: string): Promise<Profile> {
    const body = { name, description, account_id: this.#accountId };
    const call = { operation: 'createProfile', method: 'POST', path: '', body, schema: Profile } as const;
    return (await this.#rest(call)).value;
  }

  async update(
    id: string,
    tag: string,
    body: { readonly name: string; readonly description: string },
  ): Promise<Profile> {
    const headers = { 'if-match': tag };
    const call = {
      operation: 'updateProfile',
      method: 'PUT',
      path: `/${id}`,
      body,
      headers,
      schema: Profile,
    } as const;
    return (await this.#rest(call)).value;
  }

  /** One that is gone already counts as deleted. */
  async remove(id: string): Promise<void> {
    await unlessMissing(() => this.#rest({ operation: 'deleteProfile', method: 'DELETE', path: `/${id}` }));
  }

  /** What may log in as this profile; none when the profile is gone. */
  async links(id: string): Promise<readonly Link[]> {
    const schema = z.object({ links: z.array(Link) });
    const call = { operation: 'listLinks', method: 'GET', path: `/${id}/links`, schema } as const;
    return (await unlessMissing(async () => (await this.#rest(call)).value.links)) ?? [];
  }

  async createLink(
    id: string,
    link: {
      readonly name: string;
      readonly crn: string;
      readonly componentType: ComponentType;
      readonly componentName: string;
      readonly isCrossAccount: boolean;
    },
  ): Promise<Link> {
    const { name, crn, componentType, componentName, isCrossAccount } = link;
    const body = {
      name,
      cr_type: 'CE',
      link: { crn, component_type: componentType, component_name: componentName },
      ...(isCrossAccount ? { is_cross_account: true } : {}),
    };
    const path = `/${id}/links`;
    return (await this.#rest({ operation: 'createLink', method: 'POST', path, body, schema: Link })).value;
  }

  async removeLink(id: string, linkId: string): Promise<void> {
    const path = `/${id}/links/${linkId}`;
    await unlessMissing(() => this.#rest({ operation: 'deleteLink', method: 'DELETE', path }));
  }
}

/** Links to pages are whole URLs, whose host need not be the one that is configured. */
function tokenIn(next: string | null | undefined): string | undefined {
  if (next == null || !URL.canParse(next, 'https://iam.cloud.ibm.com')) return undefined;
  return new URL(next, 'https://iam.cloud.ibm.com').searchParams.get('pagetoken') ?? undefined;
}
