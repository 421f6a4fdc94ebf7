import type { Catalogue } from './catalogue.ts';

/** Who is told, and whether the functions run at all. */
export const NOTIFY = {
  'notification-failed': {
    severity: 'warning',
    repair: 'person',
    means:
      'A message about an incident could not be delivered. It waits in the ledger for a week at most, and the next runs try it again, three times if it was refused for what stands in it; the run itself went on as if nothing had been.',
    todo: 'check that the webhook still exists and takes messages, and that its address is right',
    see: 'Notifications',
  },
  'schedule-missed': {
    severity: 'warning',
    repair: 'person',
    means:
      'This function has run before and has left no report for three of its periods: it does not run, or it cannot. What it would find or mend is not found and not mended.',
    todo: 'see whether its schedule still exists and what its last runs ended with; if it is not meant to run any more, delete its document from `runs/` in the ledger',
    see: 'Notifications',
  },
  'schedule-unclear': {
    severity: 'info',
    repair: 'none',
    means:
      'Whether this function still runs could not be told, because what it keeps in the ledger cannot be read.',
    todo: 'nothing while you know that it runs; else see why its document cannot be read',
    see: 'Notifications',
  },
} as const satisfies Catalogue;
