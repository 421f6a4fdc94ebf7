import { abandonRotation, consequencesOf } from '../domain/rotation/abandon.ts';
import { formatInstant } from '../domain/time.ts';
import { LedgerConflictError } from '../errors.ts';
import type { LedgerStore } from '../ports.ts';
import { SecretLease } from '../sweeps/lease.ts';
import { readRecord, readRecords, type StoredRecord, writeRecord } from '../sweeps/records.ts';
import type { Config } from './config/config.ts';
import type { Surroundings } from './connect.ts';

interface Abandoned {
  /** 0 done, 1 nothing to abandon or somebody is at work on it, 2 only told. */
  readonly code: 0 | 1 | 2;
  readonly told: readonly string[];
  readonly problem?: string;
}

/**
 * Ends the rotation of a binding as it stands, or says what that would mean. It changes the ledger alone, under the lease of the
 * secret, and only if no run has gone on since the consequences were told.
 *
 * @throws {LedgerUnavailableError}
 */
export async function abandon(
  config: Config,
  { ledger, clock, random }: Pick<Surroundings, 'ledger' | 'clock' | 'random'>,
  name: string,
  isMeant: boolean,
): Promise<Abandoned> {
  const stored = await findRotation(config, ledger, name);
  const current = stored?.record.current;
  if (stored === undefined || current === undefined) {
    const problem = `binding "${name}" has no rotation under way; \`keeper status\` shows those that are`;
    return { code: 1, told: [], problem };
  }
  const told = consequencesOf(current, name).map((line) => `- ${line}`);
  if (!isMeant)
    return { code: 2, told: [...told, '', 'Nothing was changed. Add --yes to abandon the rotation.'] };
  const lease = await SecretLease.look({ ledger, clock, random }, random.hex(12), stored.record.secretId);
  const heldUntil = lease.heldUntil();
  const busy = (again: string): Abandoned => ({
    code: 1,
    told,
    problem: `A run is at work on this rotation. Nothing was changed; try again ${again}.`,
  });
  if (heldUntil !== undefined) return busy(`after ${formatInstant(heldUntil)}`);
  try {
    await lease.take();
    await writeRecord(ledger, random, { ...stored, record: abandonRotation(stored.record, clock.now()) });
  } catch (error) {
    if (error instanceof LedgerConflictError) return busy('in a few minutes');
    throw error;
  } finally {
    await lease.release();
  }
  return { code: 0, told: [...told, '', 'The rotation is abandoned.'] };
}

/** By the name of a configured binding, or of one that the configuration has lost. */
async function findRotation(
  { bindings }: Config,
  ledger: LedgerStore,
  name: string,
): Promise<StoredRecord | undefined> {
  const configured = bindings.find((binding) => binding.name === name);
  if (configured !== undefined) return readRecord(ledger, name, configured.secret);
  return (await readRecords(ledger)).find(({ record }) => record.current?.binding.name === name);
}
