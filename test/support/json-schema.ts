/**
 * A small validator of JSON Schema (2020-12), independent of what made the schema: it knows the keywords that the published
 * schemas use, and refuses any other.
 *
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 */
type Schema = Readonly<Record<string, unknown>>;

const SAID = new Set(['$id', '$schema', 'title', 'description']);

/** What is wrong with a value, each with its place; none = it conforms. */
export function violations(schema: Schema, value: unknown, place = '$'): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (SAID.has(keyword)) return [];
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the validator does not know "${keyword}"`);
    return check(rule, value, place);
  });
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const fails = (isGood: boolean, text: string): readonly string[] => (isGood ? [] : [text]);

const KEYWORDS: Readonly<
  Record<string, (rule: unknown, value: unknown, place: string) => readonly string[]>
> = {
  type: (rule, value, place) =>
    fails(
      rule === typeOf(value) && !Number.isNaN(value),
      `${place}: ${typeOf(value)} is not ${String(rule)}`,
    ),
  const: (rule, value, place) => fails(rule === value, `${place}: is not ${String(rule)}`),
  enum: (rule, value, place) =>
    fails((rule as readonly unknown[]).includes(value), `${place}: is none of ${String(rule)}`),
  anyOf: (rule, value, place) =>
    fails(
      (rule as readonly Schema[]).some((one) => violations(one, value, place).length === 0),
      `${place}: fits none of anyOf`,
    ),
  properties: (rule, value, place) =>
    isRecord(value)
      ? Object.entries(rule as Readonly<Record<string, Schema>>).flatMap(([name, schema]) =>
          Object.hasOwn(value, name) ? violations(schema, value[name], `${place}.${name}`) : [],
        )
      : [],
  required: (rule, value, place) =>
    isRecord(value)
      ? (rule as readonly string[]).flatMap((name) =>
          fails(Object.hasOwn(value, name), `${place}.${name}: is missing`),
        )
      : [],
  items: (rule, value, place) =>
    Array.isArray(value)
      ? value.flatMap((item, i) => violations(rule as Schema, item, `${place}[${i}]`))
      : [],
  additionalProperties: (rule, value, place) =>
    isRecord(value)
      ? Object.entries(value).flatMap(([name, item]) => violations(rule as Schema, item, `${place}.${name}`))
      : [],
  propertyNames: (rule, value, place) =>
    isRecord(value)
      ? Object.keys(value).flatMap((name) => violations(rule as Schema, name, `${place}.${name}`))
      : [],
};
