import * as z from 'zod';
import { SchemaError } from '../errors.ts';
import type { ResourceInstance, ResourceService, ResourcesPort } from '../ports.ts';
import type { HttpClient } from './http.ts';
import { lookAt, readerOf } from './platform-look.ts';
import type { TokenProvider } from './tokens.ts';

/** `crn:v1:bluemix:public:<service>:<region>:a/<account>:<guid>::` */
const CRN = /^crn:v1:[^:]*:[^:]*:([^:]*):([^:]*):a\/([^:]*):([^:]+)::$/;

const text = z.lazy(() => z.string().nullish());
/** Of a member whose type is not documented only what it is expected to be. */
const tolerant = <T>(schema: z.ZodType<T>) => schema.nullish().catch(undefined);

/** Members beside these are of no use to us; what comes of services is read tolerantly. */
const Instance = z.lazy(() =>
  z
    .object({
      crn: z.string().regex(CRN),
      guid: text,
      name: text,
      account_id: text,
      region_id: text,
      state: z.string(),
      extensions: tolerant(z.object({ external_ingress: tolerant(z.string()) })),
      parameters: tolerant(z.object({ private_endpoints_only: tolerant(z.boolean()) })),
    })
    .transform((wire): ResourceInstance => {
      const [, , region = '', accountId = '', guid = ''] = CRN.exec(wire.crn) ?? [];
      const ingressHost = wire.extensions?.external_ingress;
      const privateOnly = wire.parameters?.private_endpoints_only;
      return {
        guid: wire.guid ?? guid,
        crn: wire.crn,
        name: wire.name ?? guid,
        accountId: wire.account_id ?? accountId,
        region: wire.region_id ?? region,
        state: wire.state,
        ...(typeof ingressHost === 'string' && ingressHost !== '' ? { ingressHost } : {}),
        ...(typeof privateOnly === 'boolean' ? { privateOnly } : {}),
      };
    }),
);

const Page = z.lazy(() =>
  z.object({ resources: z.array(z.object({ crn: z.string() }).loose()), next_url: text }),
);

/** So many pages of a hundred are no list. */
const MOST_PAGES = 50;
const LIST = 'listResourceInstances';
const GET = 'getResourceInstance';

/**
 * Service instances of an account. Services are told apart by their names in CRNs: the ids that the API filters by are
 * known to the catalogue alone.
 *
 * @see https://cloud.ibm.com/apidocs/resource-controller/resource-controller#list-resource-instances
 */
export function createResources(http: HttpClient, tokens: TokenProvider, url: string): ResourcesPort {
  const read = readerOf(http, tokens, 'resource-controller', `${url}/v2/resource_instances`);
  return {
    instance: (guid) =>
      lookAt(GET, async () => {
        const instance = await read(GET, `/${encodeURIComponent(guid)}`, Instance);
        return { verdict: 'yes', instance };
      }),
    list: (service) =>
      lookAt(LIST, async () => {
        const instances: ResourceInstance[] = [];
        let query: string | undefined = 'limit=100';
        for (let pages = 0; query !== undefined; pages += 1) {
          if (pages === MOST_PAGES)
            throw new SchemaError('resource-controller', LIST, `more than ${MOST_PAGES} pages`);
          const { resources, next_url: next }: z.infer<typeof Page> = await read(LIST, `?${query}`, Page);
          instances.push(...resources.filter(({ crn }) => isOf(service, crn)).map(instanceOf));
          query = queryOf(next);
        }
        return { verdict: 'yes', instances };
      }),
  };
}

const isOf = (service: ResourceService, crn: string): boolean => CRN.exec(crn)?.[1] === service;

function instanceOf(wire: unknown): ResourceInstance {
  const parsed = Instance.safeParse(wire);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 5).map((issue) => issue.path.join('.'));
  throw new SchemaError('resource-controller', LIST, `unexpected ${places.join(', ')} of an instance`);
}

/**
 * The query of the link to the next page, which may be a whole URL or a path; undefined after the last one. Its host need
 * not be the one that is configured.
 */
function queryOf(link: string | null | undefined): string | undefined {
  if (link == null || link === '') return undefined;
  const at = link.indexOf('?');
  if (at === -1) throw new SchemaError('resource-controller', LIST, 'next_url has no query');
  return link.slice(at + 1).replace(/#.*$/, '');
}
