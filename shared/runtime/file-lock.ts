import { createHash } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** Who holds a lock. `boot` and `started` tell a process from a later one with the same number, without a clock. */
interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  readonly started: string;
}

/** A holder that dies leaves its lock; so many may die in a row, each while it clears away the one before. */
const DEEPEST_TAKEOVER = 4;

/** A lock may be released between our try and our look; so often is it tried again. */
const TRIES = 3;

/**
 * Takes an exclusive lock, or finds it held. Never waits.
 *
 * The lock is a file with its owner's identity, put in place by `link`, which fails when the name is taken and shows
 * the file with its content or not at all. A lock whose owner is dead is taken over: clearing it away is guarded by a
 * lock of its own, so that of two that find a dead owner the slower cannot remove the lock that the faster one got.
 *
 * @returns false when somebody alive holds it, or somebody of whom that cannot be told (another machine)
 */
export function acquireLock(path: string, depth = 0): boolean {
  const self = describe(process.pid);
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (place(path, JSON.stringify(self))) return true;
    const content = readIfThere(path);
    if (content === undefined) continue;
    if (depth === DEEPEST_TAKEOVER || !isDead(content, self)) return false;
    const guard = `${path}~`;
    if (!acquireLock(guard, depth + 1)) return false;
    try {
      // A dead owner cannot release its lock, and nobody else may without the guard: what is read here stays so.
      if (readIfThere(path) === content) unlinkSync(path);
    } finally {
      releaseLock(guard);
    }
  }
  return false;
}

/** Only for who holds it. */
export function releaseLock(path: string): void {
  unlinkSync(path);
}

/** @returns false when the name is taken */
function place(path: string, content: string): boolean {
  // The name is this thread's alone, also among containers that share the folder and count their processes alike.
  const own = `${path}.${createHash('sha256').update(`${content} ${threadId}`).digest('hex').slice(0, 16)}`;
  writeFileSync(own, content, { mode: 0o600 });
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    unlinkSync(own);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isDead(content: string, self: Owner): boolean {
  let owner: Partial<Owner>;
  try {
    owner = JSON.parse(content) as Partial<Owner>;
  } catch {
    return false;
  }
  if (owner.host !== self.host || typeof owner.pid !== 'number') return false;
  if (owner.boot !== self.boot) return true;
  try {
    process.kill(owner.pid, 0); // Signal 0 only asks whether the process is there.
  } catch (error) {
    return isCode(error, 'ESRCH');
  }
  return owner.started !== describe(owner.pid).started;
}

function describe(pid: number): Owner {
  return {
    host: hostname(),
    boot: systemText('/proc/sys/kernel/random/boot_id').trim(),
    pid,
    // Field 22 is the start time in ticks since boot; the name before it may hold spaces and parentheses.
    started: systemText(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? '',
  };
}

/** Empty where the system has no such file: then the number of the process alone must do. */
function systemText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
