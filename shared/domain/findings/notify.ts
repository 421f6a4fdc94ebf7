import type { Catalogue } from './catalogue.ts';

/** Who is told, and whether the functions run at all. */
export const NOTIFY = {
  'notification-failed': {
    severity: 'warning',
    repair: 'person',
    todo: 'check that the webhook still exists and takes messages, and that the address it is reached at is right; what could not be sent waits, and the next runs try it again',
  },
  'schedule-missed': {
    severity: 'warning',
    repair: 'person',
    todo: 'see whether its schedule still exists and what its last runs ended with; if it is not meant to run any more, delete its document from `runs/` in the ledger',
  },
  'schedule-unclear': {
    severity: 'info',
    repair: 'none',
    todo: 'nothing while the function runs: whether it does could not be told, because what it keeps in the ledger cannot be read',
  },
} as const satisfies Catalogue;
