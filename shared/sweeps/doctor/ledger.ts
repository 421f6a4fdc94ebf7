import type { LedgerReport } from '../../domain/doctor/report.ts';
import { LedgerUnavailableError } from '../../errors.ts';
import type { LedgerStore } from '../../ports.ts';
import { describeError, isExpected } from '../context.ts';
import type { Looker } from './looker.ts';

/** A document that every keeper may have, and none needs. */
const ANY_DOCUMENT = 'runs/check-logpush.json';

/** Where the ledger is; `account` and `bucket` are absent for a folder. */
export interface LedgerAt {
  readonly name: string;
  readonly account?: string;
  readonly bucket?: string;
}

/** Whether the ledger can be read. That it keeps its conditions shows only a write, which is the first run's. */
export async function lookAtLedger(
  ledger: LedgerStore,
  looker: Looker,
  { name, account, bucket }: LedgerAt,
): Promise<LedgerReport> {
  const failures: string[] = [];
  const read = async (action: string, act: () => Promise<unknown>): Promise<void> => {
    const asked = {
      account: account ?? '',
      target: bucket ?? '',
      actions: bucket === undefined ? [] : [action],
    };
    try {
      await act();
      looker.file(asked, {
        came: 'allowed',
        detail: `ledger ${action.split('.').slice(1).join('.')}: it was read`,
      });
    } catch (error) {
      if (!isExpected(error)) throw error;
      const detail = describeError(error);
      failures.push(detail);
      const refused = error instanceof LedgerUnavailableError && error.status === 403;
      looker.file(asked, { came: refused ? 'refused' : 'unclear', detail });
    }
  };
  await read('cloud-object-storage.bucket.get', () => ledger.list(''));
  await read('cloud-object-storage.object.get', () => ledger.read(ANY_DOCUMENT));
  return {
    place: name,
    read: failures.length === 0 ? 'yes' : 'no',
    detail: failures.length === 0 ? 'it can be read' : failures.join('; '),
    findings: failures.length === 0 ? ((await ledger.findings?.()) ?? []) : [],
  };
}
