import * as z from 'zod';
import { type BudgetRecord, EMPTY_BUDGET } from '../domain/call-budget.ts';
import { jsonIn } from '../domain/json.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { LedgerUnavailableError } from '../errors.ts';
import type { LedgerStore, Random } from '../ports.ts';

/** A budget as it stands in the ledger, with what the next write must name. */
export interface StoredBudget {
  readonly record: BudgetRecord;
  readonly revision: number;
  readonly tag: string | undefined;
}

const Document = z.lazy(() =>
  z.object({
    schema: z.literal(1),
    identity: z.string(),
    revision: z.int(),
    blocks: z.array(
      z.object({ holder: z.string(), calls: z.int().min(0), from: z.number(), to: z.number() }),
    ),
    learnt: z.object({ callsPerMinute: z.number().min(1), at: z.number() }).optional(),
    stop: z.object({ at: z.number(), until: z.number() }).optional(),
  }),
);

const keyOf = (identity: string): string => `budgets/${identity}.json`;

/** @throws {LedgerUnavailableError} also when it is not a budget of this version, which nobody may overwrite */
export async function readBudget(ledger: LedgerStore, identity: string): Promise<StoredBudget> {
  const stored = await ledger.read(keyOf(identity));
  if (stored === undefined) return { record: EMPTY_BUDGET, revision: 0, tag: undefined };
  const json = jsonIn(stored.body);
  const parsed = Document.safeParse(json);
  if (!parsed.success || parsed.data.identity !== identity) {
    throw new LedgerUnavailableError(whyUnread(keyOf(identity), json, 'a budget', 1));
  }
  const { blocks, learnt, stop, revision } = parsed.data;
  const record = {
    blocks,
    ...(learnt === undefined ? {} : { learnt }),
    ...(stop === undefined ? {} : { stop }),
  };
  return { record, revision, tag: stored.tag };
}

/**
 * Writes the budget if nobody else has since it was read; see `writeRecord` for revision and nonce.
 *
 * @throws {LedgerConflictError} when another process was faster
 */
export async function writeBudget(
  ledger: LedgerStore,
  random: Random,
  identity: string,
  { record, revision, tag }: StoredBudget,
): Promise<void> {
  const document = { schema: 1, identity, revision: revision + 1, nonce: random.hex(16), ...record };
  await ledger.write(keyOf(identity), `${JSON.stringify(document, undefined, 2)}\n`, tag);
}
