import { readFileSync } from 'node:fs';
import { CallBudget } from '../clients/budget.ts';
import { createCosLedger } from '../clients/cos-ledger.ts';
import { iamUrl } from '../clients/endpoints.ts';
import { HttpClient } from '../clients/http.ts';
import { TokenProvider } from '../clients/tokens.ts';
import { seconds } from '../domain/time.ts';
import type { LedgerStore } from '../ports.ts';
import type { Config } from './config/config.ts';
import { type Surroundings, textReader } from './connect.ts';
import { createFileLedger } from './file-ledger.ts';

/**
 * The ledger that the configuration names. One in a bucket logs in by itself and has a deadline of its own: a run whose
 * deadline is near must still be able to write down what it did. Its calls are not among those that a run counts.
 */
export function createLedger(
  { ledger, accounts, endpoints }: Pick<Config, 'ledger' | 'accounts' | 'endpoints'>,
  {
    transport,
    clock,
    random,
    readFile = readFileSync,
    deadlineAt = Infinity,
  }: Pick<Surroundings, 'transport' | 'clock' | 'random' | 'readFile' | 'deadlineAt'>,
): LedgerStore {
  if (ledger.kind === 'file') return createFileLedger(ledger.path);
  const { account, ...place } = ledger;
  const credential = accounts[account]?.credential;
  if (credential === undefined) throw new Error('a ledger without an account passed the checks');
  const tokens = new TokenProvider({
    http: new HttpClient({ transport, clock, random, deadlineAt }),
    clock,
    iamUrl: iamUrl(endpoints),
    account,
    credential,
    readFile: textReader(readFile),
  });
  // COS publishes no rate. Who is refused for it waits for seconds: a run cannot do without its ledger for a minute.
  const budget = new CallBudget(clock, 10, seconds(1), [seconds(2), seconds(8)]);
  return createCosLedger({ transport, clock, random, tokens, endpoints, budget, place, deadlineAt });
}
