import type { Binding } from '../domain/binding.ts';
import { LedgerConflictError } from '../errors.ts';
import type { SweepContext } from './context.ts';
import { SecretLease } from './lease.ts';
import { readRecord } from './records.ts';

/** Why the key of a binding may not go into a job now. */
export interface KeyWithheld {
  readonly because: 'rotation' | 'lease';
  readonly detail: string;
}

/**
 * Does what puts the key of a binding into a job: under the lease of its secret, and not while its rotation is under way, for
 * then the key that the secret gives may be about to retire. A rotation that begins later finds the job by the binding's
 * selectors.
 *
 * @param act - its services send nothing that the lease does not outlast
 * @throws {LedgerConflictError} when the lease is lost on the way
 */
export async function withKeyLease<T>(
  context: SweepContext,
  binding: Binding,
  act: (leased: SweepContext) => Promise<T>,
): Promise<T | KeyWithheld> {
  const { ports, runId } = context;
  // Looked at before the record is read: taking it then fails if a rotation began in between.
  const lease = await SecretLease.look(ports, runId, binding.secret.id);
  const { record } = await readRecord(ports.ledger, binding.name, binding.secret);
  if (record.current !== undefined)
    return { because: 'rotation', detail: `a rotation of binding ${binding.name} is under way` };
  try {
    await lease.take();
  } catch (error) {
    if (!(error instanceof LedgerConflictError)) throw error;
    return { because: 'lease', detail: error.message };
  }
  try {
    return await act({ ...context, ports: { ...ports, services: ports.services.under(lease.guard) } });
  } finally {
    await lease.release();
  }
}
