export { createMemoryLedger } from '../../infra/local/memory-ledger.ts';
