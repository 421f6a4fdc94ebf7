import * as z from 'zod';
import { HEALTHS, type Health, type JobMemory } from '../domain/health.ts';
import type { Zone } from '../domain/logpush.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore, Random } from '../ports.ts';

/** One job as it was seen last, and what the looks before left behind. */
export interface ObservedJob extends JobMemory {
  readonly zone: Pick<Zone, 'id' | 'name'>;
  readonly jobId: number;
  readonly health: Health;
}

/** What the last looks at one CIS instance left behind. */
export interface StoredObservation {
  readonly jobs: Readonly<Record<string, ObservedJob>>;
  /** When the look began. */
  readonly seenAt: number;
  readonly revision: number;
  readonly tag: string | undefined;
}

const Job = z.object({
  firstSeenAt: z.number(),
  enabled: z.boolean(),
  enabledAt: z.number().exactOptional(),
  cleanAt: z.number().exactOptional(),
  failing: z.boolean(),
  zone: z.object({ id: z.string(), name: z.string() }),
  jobId: z.int(),
  health: z.enum(HEALTHS),
});
const Document = z.object({
  schema: z.literal(1),
  revision: z.int(),
  seenAt: z.number(),
  jobs: z.record(z.string(), Job),
});

const keyOf = (instanceCrn: string): string =>
  `observations/${instanceCrn.split(':').at(7) ?? 'unknown'}.json`;

/** @throws {LedgerUnavailableError} when the store cannot be read, or holds something else there */
export async function readObservation(ledger: LedgerStore, instanceCrn: string): Promise<StoredObservation> {
  const stored = await ledger.read(keyOf(instanceCrn));
  if (stored === undefined) return { jobs: {}, seenAt: 0, revision: 0, tag: undefined };
  let json: unknown;
  try {
    json = JSON.parse(stored.body);
  } catch {
    json = undefined;
  }
  const parsed = Document.safeParse(json);
  if (!parsed.success) {
    throw new LedgerUnavailableError(
      `ledger document ${keyOf(instanceCrn)} is not an observation of this version`,
    );
  }
  const { jobs, seenAt, revision } = parsed.data;
  return { jobs, seenAt, revision, tag: stored.tag };
}

/** @throws {LedgerConflictError} when another run was faster; its observation is as good as ours */
export async function writeObservation(
  ledger: LedgerStore,
  random: Random,
  instanceCrn: string,
  observation: StoredObservation,
): Promise<void> {
  const document = {
    schema: 1,
    revision: observation.revision + 1,
    nonce: random.hex(16),
    instanceCrn,
    seenAt: observation.seenAt,
    jobs: observation.jobs,
  };
  await ledger.write(keyOf(instanceCrn), `${JSON.stringify(document)}\n`, observation.tag);
}
