/** Names never begin with a dot, so that locks, half-written files and probes can never pass for documents. */
const KEY = /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)*$/;
const PREFIX = /^(?:[A-Za-z0-9][\w.-]*\/)*(?:[A-Za-z0-9][\w.-]*)?$/;

/** Whether a text names a ledger document, such as `rotations/edge.json`: any file system and object store can keep it. */
export const isLedgerKey = (text: string): boolean => KEY.test(text) && text.length <= 200;

/** @returns the key. @throws {TypeError} when it is none: a mistake of ours, nothing that a store could be blamed for */
export function ledgerKey(key: string): string {
  if (!isLedgerKey(key)) throw new TypeError(`not a ledger key: ${JSON.stringify(key)}`);
  return key;
}

/** @returns the prefix. @throws {TypeError} when no key can begin with it */
export function ledgerPrefix(prefix: string): string {
  if (!PREFIX.test(prefix)) throw new TypeError(`not a prefix of ledger keys: ${JSON.stringify(prefix)}`);
  return prefix;
}
