import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isLedgerKey, ledgerKey, ledgerPrefix } from '../domain/ledger-key.ts';
import { LedgerConflictError, LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore } from '../ports.ts';
import { acquireLock, releaseLock } from './file-lock.ts';

/**
 * A ledger in a folder, for one machine: each document is a file, written as a whole or not at all.
 *
 * The methods are asynchronous because the port is, and use the synchronous file system inside: a write is never
 * interleaved with other work of this process, and in a virtual world no time passes in it. Other processes are kept
 * out by a lock file per document; who finds it held gets a conflict at once and need not wait.
 *
 * The folder is made at the first write, for its owner alone (0700, files 0600). The tag is the SHA-256 of the content.
 *
 * @param folder - absolute path, on a file system with hard links
 */
export function createFileLedger(folder: string): LedgerStore {
  return {
    async read(key) {
      const path = pathOf(folder, key);
      return guarded('read', key, () => readDocument(path));
    },

    async write(key, body, tag) {
      const path = pathOf(folder, key);
      return guarded('write', key, () => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        const lock = hidden(path, 'lock');
        if (!acquireLock(lock)) {
          throw new LedgerConflictError(
            `ledger document ${key} is being written by the process named in ${lock}`,
          );
        }
        try {
          if (readDocument(path)?.tag !== tag) {
            throw new LedgerConflictError(`ledger document ${key} is not what it was when it was read`);
          }
          replaceFile(path, body);
        } finally {
          releaseLock(lock);
        }
        return tagOf(Buffer.from(body));
      });
    },

    /** Compares text, as object stores do: `rotations` finds `rotations/a.json` and `rotations-2/a.json`. */
    async list(prefix) {
      const start = ledgerPrefix(prefix).slice(0, prefix.lastIndexOf('/') + 1);
      return guarded('list', prefix, () =>
        [...keysBelow(folder, start)].filter((key) => key.startsWith(prefix)).toSorted(),
      );
    },
  };
}

const pathOf = (folder: string, key: string): string => join(folder, ledgerKey(key));

const hidden = (path: string, kind: string): string => join(dirname(path), `.${basename(path)}.${kind}`);

const tagOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

function readDocument(path: string): { readonly body: string; readonly tag: string } | undefined {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return { body: content.toString('utf8'), tag: tagOf(content) };
}

/** A reader, or a machine that lost power, finds the old content or the new, never a part of it. */
function replaceFile(path: string, body: string): void {
  // Only the holder of the lock writes this file, so what a crash left of it may be written over.
  const temporary = hidden(path, 'tmp');
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(file, body);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Makes the rename last. Not every system can open a folder; the document is in place all the same. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Best effort: without it a power loss may bring back the old document, which compare-and-set then notices.
  }
}

function* keysBelow(folder: string, start: string): Generator<string> {
  for (const entry of entriesOf(join(folder, start))) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) yield* keysBelow(folder, `${start}${entry.name}/`);
    else if (entry.isFile() && isLedgerKey(entry.name)) yield `${start}${entry.name}`;
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The system's reason (`EACCES`, `ENOSPC`, …) as an error of the ledger; our own errors pass. */
function guarded<T>(operation: string, key: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new LedgerUnavailableError(`ledger ${operation} ${key || '(all)'}: ${code}`, { cause: error });
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : undefined;
