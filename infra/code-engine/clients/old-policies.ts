import * as z from 'zod';
import type { AttributeWire, PolicyWire } from './policies.ts';

const Side = z
  .array(
    z.object({
      attributes: z.array(z.object({ name: z.string(), operator: z.string().nullish(), value: z.json() })),
    }),
  )
  .transform((parts) => ({
    attributes: parts.flatMap(({ attributes }) =>
      attributes.map(({ name, operator, value }) => ({
        key: name,
        operator: operator ?? 'stringEquals',
        value,
      })),
    ),
  }));
/** A policy as version 1 shows it, in the words of version 2. @see https://cloud.ibm.com/apidocs/iam-policy-management#create-policy */
export const OldPolicy = z
  .object({
    id: z.string(),
    type: z.string(),
    state: z.string().default('active'),
    description: z.string().nullish(),
    subjects: Side,
    resources: Side,
    roles: z.array(z.object({ role_id: z.string() })),
  })
  .transform(
    ({ subjects: subject, resources: resource, roles, ...policy }): PolicyWire => ({
      ...policy,
      subject,
      resource,
      control: { grant: { roles } },
    }),
  );
export const OldPage = z.object({ policies: z.array(OldPolicy) });

/** An authorization as version 2 takes it. */
export interface NewAuthorization {
  readonly type: string;
  readonly description: string;
  readonly subject: { readonly attributes: readonly AttributeWire[] };
  readonly resource: { readonly attributes: readonly AttributeWire[] };
  readonly control: { readonly grant: { readonly roles: readonly { readonly role_id: string }[] } };
}

/** The same as version 1 takes it. */
export const oldBody = ({ type, description, subject, resource, control }: NewAuthorization) => {
  const side = ({ attributes }: NewAuthorization['subject']) => [
    { attributes: attributes.map(({ key, value }) => ({ name: key, value })) },
  ];
  return {
    type,
    description,
    subjects: side(subject),
    resources: side(resource),
    roles: control.grant.roles,
  };
};
