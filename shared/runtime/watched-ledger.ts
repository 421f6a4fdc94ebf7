import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore } from '../ports.ts';

/** The same ledger, and whether it ever could not be used: of what failed after that, nobody else may know why. */
export function watchedLedger(ledger: LedgerStore): {
  readonly ledger: LedgerStore;
  readonly isUnavailable: () => boolean;
} {
  let isUnavailable = false;
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      isUnavailable ||= error instanceof LedgerUnavailableError;
      throw error;
    }
  };
  return {
    ledger: {
      ...ledger,
      read: (key) => watched(ledger.read(key)),
      write: (key, body, tag) => watched(ledger.write(key, body, tag)),
      list: (prefix) => watched(ledger.list(prefix)),
    },
    isUnavailable: () => isUnavailable,
  };
}
