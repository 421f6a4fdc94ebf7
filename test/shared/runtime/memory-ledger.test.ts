import { createMemoryLedger } from '../../support/memory-ledger.ts';
import { ledgerContract } from './ledger-contract.ts';

ledgerContract('memory ledger', createMemoryLedger);
