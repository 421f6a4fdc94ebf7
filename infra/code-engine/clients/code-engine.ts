import * as z from 'zod';
import { CallBudget } from '../../../shared/clients/budget.ts';
import type { HttpClient } from '../../../shared/clients/http.ts';
import type { TokenProvider } from '../../../shared/clients/tokens.ts';
import { instant } from '../../../shared/clients/wire.ts';
import { seconds } from '../../../shared/domain/time.ts';
import { SchemaError } from '../../../shared/errors.ts';
import type { Clock } from '../../../shared/ports.ts';
import { type Rest, restOf, unlessMissing } from './rest.ts';

const Project = z.object({
  id: z.string(),
  name: z.string(),
  crn: z.string(),
  status: z.string(),
  resource_group_id: z.string().nullish(),
});
/** A project. `status`: `creating`, `active`, `soft_deleted`, …, an open set. */
export type Project = z.infer<typeof Project>;

const Page = z.object({ next: z.object({ start: z.string().nullish() }).nullish() }).loose();
const Item = z.object({ name: z.string(), id: z.string(), entity_tag: z.string() }).loose();
/** A config map, secret, job or function as it is on the wire. Of a secret it holds the values. */
export type Item = z.infer<typeof Item>;

const Named = z.object({ name: z.string() });

const Run = z.object({
  name: z.string(),
  status: z.string().default('unknown'),
  created_at: instant.nullish(),
  status_details: z
    .object({
      requested: z.int().nullish(),
      succeeded: z.int().nullish(),
      failed: z.int().nullish(),
    })
    .nullish(),
});
export type Run = z.infer<typeof Run>;

const Runtimes = z.object({
  function_runtimes: z.array(z.object({ id: z.string(), deprecated: z.boolean().nullish() })),
});

/** The collections of a project that a deployment makes things in, by their names on the wire. */
const COLLECTIONS = ['config_maps', 'secrets', 'jobs', 'functions'] as const;
export type Collection = (typeof COLLECTIONS)[number];

/** What else people can have in a project; a deployment makes none of it. */
const FOREIGN = ['apps', 'builds'] as const;

/** The last version that changes behaviour; without one the service chooses. */
const VERSION = '2025-07-10';
/** IBM publishes no rate. */
const CALLS_PER_SECOND = 5;
const MOST_PAGES = 50;
const PAUSE_MS = seconds(2);
const MOST_PAUSES = 150;

const WORDS: Readonly<Record<Collection | (typeof FOREIGN)[number], string>> = {
  apps: 'App',
  builds: 'Build',
  config_maps: 'ConfigMap',
  secrets: 'Secret',
  jobs: 'Job',
  functions: 'Function',
};

/** For people. */
const NAMES: typeof WORDS = {
  apps: 'app',
  builds: 'build',
  config_maps: 'config map',
  secrets: 'secret',
  jobs: 'job',
  functions: 'function',
};

/** Code Engine of one region. @see https://cloud.ibm.com/apidocs/codeengine/v2 */
export class CodeEngineClient {
  readonly #rest: Rest;
  readonly #clock: Clock;

  constructor(options: {
    readonly http: HttpClient;
    readonly tokens: TokenProvider;
    readonly clock: Clock;
    /** Without the version: `https://api.<region>.codeengine.cloud.ibm.com`. */
    readonly url: string;
  }) {
    const { http, tokens, clock, url } = options;
    const budget = new CallBudget(clock, CALLS_PER_SECOND, seconds(1));
    this.#rest = restOf({ http, tokens, service: 'code-engine', base: `${url}/v2`, budget });
    this.#clock = clock;
  }

  /** The project of this name, deleted ones included, of which the one that is not deleted comes first. */
  async findProject(name: string): Promise<Project | undefined> {
    const named = (await this.#list('listProjects', '/projects', 'projects', Project)).filter(
      (project) => project.name === name,
    );
    return named.find(({ status }) => isUsable(status)) ?? named[0];
  }

  async getProject(id: string): Promise<Project | undefined> {
    return unlessMissing(
      async () =>
        (
          await this.#rest({
            operation: 'getProject',
            method: 'GET',
            path: `/projects/${id}?version=${VERSION}`,
            schema: Project,
          })
        ).value,
    );
  }

  /** Makes a project, and does not wait for it. */
  async createProject(name: string, resourceGroupId: string | undefined): Promise<Project> {
    const body = { name, ...(resourceGroupId === undefined ? {} : { resource_group_id: resourceGroupId }) };
    const path = `/projects?version=${VERSION}`;
    return (await this.#rest({ operation: 'createProject', method: 'POST', path, body, schema: Project }))
      .value;
  }

  /** It goes with everything in it; its name stays taken for seven days. */
  async deleteProject(id: string): Promise<void> {
    const path = `/projects/${id}?version=${VERSION}`;
    await unlessMissing(() => this.#rest({ operation: 'deleteProject', method: 'DELETE', path }));
  }

  /** Asks until the answer is one, a few minutes at most. @returns the last answer */
  async until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
    for (let pauses = 0; ; pauses += 1) {
      const answer = await ask();
      if (isIt(answer) || pauses === MOST_PAUSES) return answer;
      await this.#clock.sleep(PAUSE_MS);
    }
  }

  async runtimes(): Promise<z.infer<typeof Runtimes>['function_runtimes']> {
    const path = `/function_runtimes?version=${VERSION}`;
    const call = { operation: 'listFunctionRuntimes', method: 'GET', path, schema: Runtimes } as const;
    return (await this.#rest(call)).value.function_runtimes;
  }

  list(projectId: string, collection: Collection): Promise<readonly Item[]> {
    const path = `/projects/${projectId}/${collection}`;
    return this.#list(`list${WORDS[collection]}s`, path, collection, Item);
  }

  /** Names of everything that is in a project, each behind what it is. */
  async contents(projectId: string): Promise<readonly string[]> {
    const names: string[] = [];
    for (const collection of [...COLLECTIONS, ...FOREIGN]) {
      const path = `/projects/${projectId}/${collection}`;
      const items = await this.#list(`list${WORDS[collection]}s`, path, collection, Named);
      names.push(...items.map(({ name }) => `${NAMES[collection]} ${name}`));
    }
    return names;
  }

  /** @returns undefined when there is none of this name */
  get(projectId: string, collection: Collection, name: string): Promise<Item | undefined> {
    const path = itemPath(projectId, collection, name);
    const operation = `get${WORDS[collection]}`;
    return unlessMissing(
      async () => (await this.#rest({ operation, method: 'GET', path, schema: Item })).value,
    );
  }

  async create(projectId: string, collection: Collection, body: unknown): Promise<Item> {
    const path = `/projects/${projectId}/${collection}?version=${VERSION}`;
    const operation = `create${WORDS[collection]}`;
    return (await this.#rest({ operation, method: 'POST', path, body, schema: Item })).value;
  }

  /** Config maps and secrets are replaced as a whole, jobs and functions by member. */
  async update(projectId: string, collection: Collection, item: ItemRef, body: unknown): Promise<Item> {
    const isWhole = collection === 'config_maps' || collection === 'secrets';
    const call = {
      operation: `${isWhole ? 'replace' : 'update'}${WORDS[collection]}`,
      method: isWhole ? 'PUT' : 'PATCH',
      path: itemPath(projectId, collection, item.name),
      body,
      headers: {
        'if-match': item.tag,
        'content-type': isWhole ? 'application/json' : 'application/merge-patch+json',
      },
      schema: Item,
    } as const;
    return (await this.#rest(call)).value;
  }

  /** The answer comes before it is gone. */
  async remove(projectId: string, collection: Collection, name: string): Promise<void> {
    const path = itemPath(projectId, collection, name);
    await unlessMissing(() =>
      this.#rest({ operation: `delete${WORDS[collection]}`, method: 'DELETE', path }),
    );
  }

  /** Waits until none of these names is there any more, a few minutes at most. */
  async gone(projectId: string, collection: Collection, names: readonly string[]): Promise<void> {
    await this.until(
      () => this.list(projectId, collection),
      (items) => !items.some(({ name }) => names.includes(name)),
    );
  }

  /** Runs of a job that are still kept, in no promised order. */
  runs(projectId: string, job: string): Promise<readonly Run[]> {
    const path = `/projects/${projectId}/job_runs`;
    return this.#list('listJobRuns', path, 'job_runs', Run, { job_name: job });
  }

  async #list<T>(
    operation: string,
    path: string,
    collection: string,
    schema: z.ZodType<T>,
    query: Readonly<Record<string, string>> = {},
  ): Promise<readonly T[]> {
    const items: T[] = [];
    let start: string | undefined;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const parameters = {
        version: VERSION,
        limit: '100',
        ...query,
        ...(start === undefined ? {} : { start }),
      };
      const { value } = await this.#rest({
        operation,
        method: 'GET',
        path: `${path}?${new URLSearchParams(parameters).toString()}`,
        schema: Page,
      });
      const parsed = z.array(schema).safeParse(value[collection] ?? []);
      if (!parsed.success) throw new SchemaError('code-engine', operation, `unexpected ${collection}`);
      items.push(...parsed.data);
      start = value.next?.start ?? undefined;
      if (start === undefined) return items;
    }
    throw new SchemaError('code-engine', operation, `more than ${MOST_PAGES} pages`);
  }
}

/** What a conditional write names. */
export interface ItemRef {
  readonly name: string;
  readonly tag: string;
}

const itemPath = (projectId: string, collection: Collection, name: string): string =>
  `/projects/${projectId}/${collection}/${encodeURIComponent(name)}?version=${VERSION}`;

/** A project that is there, or will be soon. */
export const isUsable = (status: string): boolean => /^(?:active|creating|preparing)$/.test(status);
