import type { Transport } from '../../../shared/ports.ts';
import type { BenchCloud } from '../cloud.ts';
import type { Way } from '../way.ts';

/** Another way to do the same, written from its known behaviour. */
export interface Baseline extends Way {
  /** Sees the state of every Logpush job once. */
  readonly look: (cloud: BenchCloud, transport: Transport) => Promise<void>;
  /** Gives every job a key that is there already. None of them proves anything of it. */
  readonly replaceKey: (cloud: BenchCloud, transport: Transport) => Promise<void>;
}
