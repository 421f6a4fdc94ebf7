export { createMemoryLedger } from '../../infra/story/memory-ledger.ts';
