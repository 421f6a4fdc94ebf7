import { WHOLE } from '../domain/shard.ts';
import type { SweepContext } from '../sweeps/context.ts';
import type { Config } from './config/config.ts';

/** What a look at everything that the configuration names works with: it plans, and may change nothing. */
export const lookContext = (
  config: Pick<Config, 'instances' | 'bindings' | 'holds' | 'logpushJobs'>,
  own: Pick<SweepContext, 'ports' | 'runId' | 'calls' | 'schedules'>,
): SweepContext => ({
  ...own,
  mode: 'plan',
  instances: config.instances,
  bindings: config.bindings,
  forced: new Set(),
  scope: 'all',
  shard: WHOLE,
  holds: config.holds,
  permission: () => Promise.resolve({ mode: 'observe', holds: config.holds }),
  declared: { jobs: config.logpushJobs, enforce: false },
  repair: { adoptDisabled: false, byHand: false },
});
