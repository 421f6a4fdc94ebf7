import type { Binding } from '../domain/binding.ts';
import { omit } from '../domain/omit.ts';
import { minutes, seconds } from '../domain/time.ts';
import type { SweepContext } from './context.ts';
import { readRecord, type StoredRecord, writeRecord } from './records.ts';

/** How long a rotation waits for a job that is being given the present key; a run later nobody waits for a dead one. */
const CLAIM_MS = minutes(4);
/** A request under a claim ends this long before the claim does. */
const MARGIN_MS = seconds(30);

/** The right to put the secret's present key into a job, and until when a request may take. */
export interface Claim {
  readonly stored: StoredRecord;
  readonly endsBy: number;
}

/**
 * Keeps rotations of this secret from beginning while a job is given its key. A process that dies leaves a claim that
 * ends by itself.
 *
 * @returns who is at it instead
 * @throws {LedgerConflictError} when another run was faster
 */
export async function claimSecret(
  context: SweepContext,
  binding: Binding,
): Promise<Claim | 'rotation' | 'repair'> {
  const { ledger, random, clock } = context.ports;
  const stored = await readRecord(ledger, binding.name, binding.secret.id);
  const { current, repair } = stored.record;
  const now = clock.now();
  const isTaken = repair !== undefined && repair.runId !== context.runId && now < repair.until;
  if (current !== undefined) return 'rotation';
  if (isTaken) return 'repair';
  const until = now + CLAIM_MS;
  const record = { ...stored.record, repair: { runId: context.runId, until } };
  return { stored: await writeRecord(ledger, random, { ...stored, record }), endsBy: until - MARGIN_MS };
}

export async function releaseSecret({ ports }: SweepContext, { stored }: Claim): Promise<void> {
  const record = omit(stored.record, 'repair');
  await writeRecord(ports.ledger, ports.random, { ...stored, record });
}
