/** Documents of the ledger carry the version of what they hold as `schema`: keepers of two versions may share a ledger. */

/** Whether a newer version of the keeper wrote it: then it is not for this one to replace. */
export const isOfNewer = (json: unknown, schema: number): boolean => schemaOf(json) > schema;

/**
 * Why a document is not read: a newer keeper wrote it, or it is none.
 *
 * @param what - what it should be, for example `a lease`
 * @param schema - the newest that this version knows
 */
export const whyUnread = (key: string, json: unknown, what: string, schema: number): string =>
  isOfNewer(json, schema)
    ? `ledger document ${key} was written by a newer version of the keeper (schema ${schemaOf(json)}, this one knows ${schema}): update this one`
    : `ledger document ${key} is not ${what} of this version`;

function schemaOf(json: unknown): number {
  if (typeof json !== 'object' || json === null || !('schema' in json)) return 0;
  return typeof json.schema === 'number' ? json.schema : 0;
}
