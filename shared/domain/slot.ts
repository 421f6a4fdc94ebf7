/** Where a key is stored: a secret, or one member of a `kv` secret. */
export interface Slot {
  readonly id: string;
  readonly member?: string;
}

/** The slot as one word, as it stands in ledger keys and in the names of API keys: `<secret id>` or `<secret id>_<member>`. */
export const slotOf = ({ id, member }: Slot): string => (member === undefined ? id : `${id}_${member}`);

/** The inverse: the id of a secret is a GUID and holds no underscore. */
export function parseSlot(text: string): Slot {
  const at = text.indexOf('_');
  return at === -1 ? { id: text } : { id: text.slice(0, at), member: text.slice(at + 1) };
}

/** For people. */
export const slotName = ({ id, member }: Slot): string =>
  member === undefined ? `secret ${id}` : `member ${member} of secret ${id}`;
