import { ledgerKey, ledgerPrefix } from '../../shared/domain/ledger-key.ts';
import { LedgerConflictError } from '../../shared/errors.ts';
import type { LedgerStore, StoredDocument } from '../../shared/ports.ts';

/** A ledger in memory, under the same contract as those of production. */
export function createMemoryLedger(): LedgerStore & { clear(): void } {
  const documents = new Map<string, StoredDocument>();
  let writes = 0;
  return {
    clear: () => documents.clear(),
    async read(key) {
      return documents.get(ledgerKey(key));
    },
    async write(key, body, tag) {
      if (documents.get(ledgerKey(key))?.tag !== tag) {
        throw new LedgerConflictError(`ledger document ${key} is not what it was when it was read`);
      }
      writes += 1;
      documents.set(key, { body, tag: `tag-${writes}` });
      return `tag-${writes}`;
    },
    async list(prefix) {
      ledgerPrefix(prefix);
      return [...documents.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    },
  };
}
