import type { GateCall } from './gate.ts';
import type { RunProcess } from './runner.ts';
import type { SharedLedger } from './shared-ledger.ts';
import { SECRET_ID } from './small-world.ts';

/**
 * Who changes a key, a version, a lock or the key of a job must hold the lease of the secret at that instant, by the clock of
 * the ledger's store. A run whose lease was lost with the ledger cannot know.
 *
 * @returns what is wrong
 */
export function whyNotUnderLease(
  { name, request, process }: GateCall<RunProcess>,
  ledger: SharedLedger,
  now: number,
): string | undefined {
  if (request === undefined || !isAboutTheSecret(request.method, request.url, request.body)) return undefined;
  if (ledger.isNewer && process.runner.isNewer !== true) return `${name} on a record of a newer version`;
  const lease = ledger.lease(SECRET_ID);
  if (lease?.process === process && now < lease.until) return undefined;
  if (process.lostLease) return undefined;
  if (lease === undefined) return `${name} without a lease`;
  return lease.process === process
    ? `${name} after its lease has ended`
    : `${name} while another run holds the lease`;
}

/** Logins, tries of a key and enabling alone are not about the secret. */
function isAboutTheSecret(method: string, url: string, body: string | Uint8Array | undefined): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const { pathname } = new URL(url);
  if (/^\/iam\/v1\/apikeys\b/.test(pathname) || pathname.startsWith('/secrets-manager/')) return true;
  return pathname.startsWith('/cis/') && typeof body === 'string' && body.includes('TRACER-');
}
