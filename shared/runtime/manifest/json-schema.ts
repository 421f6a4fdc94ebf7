import * as z from 'zod';
import { ManifestFile } from './schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The shape of a manifest once its variables are put in. */
export const expandedJsonSchema = (): JsonSchema =>
  z.toJSONSchema(ManifestFile, { io: 'input', unrepresentable: 'any' });

/** The JSON Schema of `manifest.yml`, for editors; it says a little less than the deployment checks. */
export function manifestJsonSchema(): JsonSchema {
  return { title: 'manifest.yml of logpush-keeper', ...withVariables(expandedJsonSchema()) };
}

/** A text that must look like something may also be a variable, and only the environment knows what that holds. */
function withVariables(schema: JsonSchema): JsonSchema {
  const { properties, additionalProperties, items } = schema;
  if (isText(schema)) return { anyOf: [{ type: 'string', pattern: '\\$\\{' }, schema] };
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, inside(of)])) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: inside(additionalProperties) }),
    ...(items === undefined || Array.isArray(items) ? {} : { items: inside(items) }),
  };
}

const inside = (schema: JsonSchema | boolean): JsonSchema | boolean =>
  typeof schema === 'boolean' ? schema : withVariables(schema);

const isText = ({ type, pattern, enum: words }: JsonSchema): boolean =>
  type === 'string' && (pattern !== undefined || words !== undefined);
