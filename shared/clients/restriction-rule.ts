import * as z from 'zod';
import { type Restriction, withoutExcluded } from '../domain/restrictions.ts';

const Attribute = z.lazy(() =>
  z.object({ name: z.string(), value: z.string(), operator: z.string().nullish() }),
);
type Attribute = z.infer<typeof Attribute>;

export const Rule = z.lazy(() =>
  z.object({
    id: z.string(),
    contexts: z.array(z.object({ attributes: z.array(Attribute) })).nullish(),
    resources: z.array(z.object({ attributes: z.array(Attribute), tags: z.array(z.unknown()).nullish() })),
    operations: z.object({ api_types: z.array(z.object({ api_type_id: z.string() })) }).nullish(),
    enforcement_mode: z.string().nullish(),
  }),
);
export type Rule = z.infer<typeof Rule>;

const Address = z.lazy(() => z.object({ type: z.string(), value: z.unknown().optional() }));
export const Zone = z.lazy(() =>
  z.object({ addresses: z.array(Address), excluded: z.array(Address).nullish() }),
);
export type Zone = z.infer<typeof Zone>;

/** What gets through, and what could not be read. */
export interface Opening {
  readonly addresses: readonly string[];
  readonly unclear: readonly string[];
}

/** What a restriction is about, as `Restriction` has it, and what could not be read. */
type Scope = Pick<Restriction, 'instanceId' | 'bucket' | 'region'> & { readonly unclear: readonly string[] };

/** All of a service's APIs; a rule that names none is about all of them too. */
const ALL_APIS = 'crn:v1:bluemix:public:context-based-restrictions::::api-type:';

/** What a rule is about, one for each of its resources that belong to the service. */
export const scopesOf = (rule: Rule, accountId: string, service: string): readonly Scope[] =>
  rule.resources
    .filter(({ attributes }) => isAbout(attributes, 'serviceName', service))
    .filter(({ attributes }) => isAbout(attributes, 'accountId', accountId))
    .map(({ attributes, tags }) => {
      const scope = scopeOf(attributes);
      const more = [
        ...((tags ?? []).length > 0 ? ['it is about what bears a tag'] : []),
        ...(aboutAllApis(rule) ? [] : ['it is about some APIs only']),
        ...(modeOf(rule) === undefined ? [`its mode is ${rule.enforcement_mode}`] : []),
      ];
      return { ...scope, unclear: [...scope.unclear, ...more] };
    });

/** What is compared in another way may be about anything; `scopeOf` says so. */
const isAbout = (attributes: readonly Attribute[], wanted: string, value: string): boolean =>
  attributes.every(
    (attribute) => attribute.name !== wanted || attribute.value === value || !isPlain(attribute),
  );

const isPlain = ({ operator }: Attribute): boolean => operator == null || operator === 'stringEquals';

const aboutAllApis = ({ operations }: Rule): boolean =>
  operations == null || operations.api_types.some(({ api_type_id: id }) => id === ALL_APIS);

/** Absent is `enabled`; undefined = another that we do not know. */
export const modeOf = ({ enforcement_mode: mode }: Rule): Restriction['enforcement'] | undefined =>
  mode == null || mode === 'enabled'
    ? 'enabled'
    : mode === 'disabled' || mode === 'report'
      ? mode
      : undefined;

function scopeOf(attributes: readonly Attribute[]): Scope {
  const unclear: string[] = [];
  const found: { instanceId?: string; bucket?: string; region?: string } = {};
  const isBucket = attributes.some(({ name, value }) => name === 'resourceType' && value === 'bucket');
  for (const attribute of attributes) {
    const { name, value, operator } = attribute;
    if (!isPlain(attribute)) unclear.push(`its ${name} is compared with ${operator}`);
    else if (name === 'serviceInstance') found.instanceId = guidOf(value);
    else if (name === 'region') found.region = value;
    else if (name === 'resource' && isBucket) found.bucket = value;
    else if (!LOOKED_AT.includes(name) && !(name === 'resourceType' && isBucket))
      unclear.push(`it is about ${name} ${value}`);
  }
  return { ...found, unclear };
}

/** What `scopesOf` has looked at. */
const LOOKED_AT: readonly string[] = ['accountId', 'serviceName'];

/** An instance is named by its GUID, or by its CRN. */
const guidOf = (value: string): string => value.split(':')[7] ?? value;

/** Who gets through one context of a rule: the zones it names, one of which is enough, or at once an answer. */
export function zonesOf({
  attributes,
}: {
  readonly attributes: readonly Attribute[];
}): readonly string[] | Opening {
  const of = (wanted: string): readonly string[] =>
    attributes
      .filter(({ name }) => name === wanted)
      .flatMap(({ value }) => value.split(',').map((part) => part.trim()));
  const [zones, endpoints] = [of('networkZoneId'), of('endpointType')];
  // Logpush comes over the public network, so a context for others alone lets none of it in.
  if (endpoints.length > 0 && !endpoints.includes('public')) return NOBODY;
  const others = attributes.map(({ name }) => name).filter((name) => !READ.includes(name));
  if (others.length > 0) return { addresses: [], unclear: [`a context asks for ${others.join(', ')}`] };
  if (attributes.length === 0) return { addresses: [], unclear: ['a context has no conditions'] };
  return zones.length > 0 ? zones : EVERYBODY;
}

const READ: readonly string[] = ['networkZoneId', 'endpointType'];
const NOBODY: Opening = { addresses: [], unclear: [] };
const EVERYBODY: Opening = { addresses: ['0.0.0.0/0', '::/0'], unclear: [] };

/** Types of addresses that are addresses. The others are networks and services, whose addresses are not told. */
const ADDRESSES: readonly string[] = ['ipAddress', 'ipRange', 'subnet'];

/** @param id - of the zone, for what is said of it */
export function openingOf(id: string, { addresses, excluded }: Zone): Opening {
  const admitted = withoutExcluded(textsOf(addresses).values, textsOf(excluded ?? []).values);
  if (admitted === undefined || textsOf(excluded ?? []).others.length > 0)
    return { addresses: [], unclear: [`zone ${id} excludes what cannot be read`] };
  const { others } = textsOf(addresses);
  return {
    addresses: admitted,
    unclear:
      others.length === 0 ? [] : [`zone ${id} lets ${others.join(', ')} in, whose addresses are not told`],
  };
}

function textsOf(addresses: Zone['addresses']) {
  const values = addresses.flatMap(({ type, value }) =>
    ADDRESSES.includes(type) && typeof value === 'string' ? [value] : [],
  );
  const others = addresses.filter(
    ({ type, value }) => !ADDRESSES.includes(type) || typeof value !== 'string',
  );
  return { values, others: [...new Set(others.map(({ type }) => type))] };
}
