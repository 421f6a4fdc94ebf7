import { loadWorld } from '../../infra/local/load-world.ts';
import { eventOf } from './incident-counter.ts';
import { type VirtualKeeper, type VirtualKeeperOptions, virtualKeeper } from './virtual-keeper.ts';

/** The record of what was told. */
export const RECORD = 'notifications/incidents.json';

/** The demo world: `check-logpush` finds seven bad jobs in it. */
export const telling = (options: VirtualKeeperOptions = {}): VirtualKeeper =>
  virtualKeeper({ file: loadWorld('demo'), notify: true, ...options });

/** What the webhook was told, as the counter writes it. */
export const events = ({ world }: VirtualKeeper): readonly string[] =>
  world.webhook.messages.map(({ text }) => eventOf(text));

/** The webhook fails for so many messages; by default for all. */
export const failing = ({ world }: VirtualKeeper, times: number | null = null): void =>
  world.faults.add({
    match: { service: 'webhook', operation: 'sendMessage' },
    after: 0,
    times,
    respond: { kind: 'status', status: 500 },
  });
