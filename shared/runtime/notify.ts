import type { HttpClient } from '../clients/http.ts';
import { createWebhook, sendHeartbeat } from '../clients/webhook.ts';
import type { Finding } from '../domain/finding.ts';
import type { RunReport } from '../domain/report.ts';
import { seconds } from '../domain/time.ts';
import type { Messenger, Ports } from '../ports.ts';
import { notify } from '../sweeps/notifications.ts';
import type { Config } from './config/config.ts';
import { redactPatterns } from './log.ts';

/** A run that used all of its time is told of as well, while there is time to write that down. */
const TELLING_MS = seconds(20);

/** Tells people what a run changed, as far as the configuration names a webhook. @returns what kept it from that */
export async function tellPeople(
  { notify: config }: Config,
  { ports, http }: { readonly ports: Ports; readonly http: HttpClient },
  report: RunReport,
  narrowed: boolean,
): Promise<readonly Finding[]> {
  if (config?.webhook === undefined) return [];
  const { minSeverity, link } = config;
  const messenger = redacting(createWebhook(http.later(TELLING_MS), config.webhook));
  const policy = { messenger, minSeverity, ...(link === undefined ? {} : { link }) };
  return notify(ports, { ...report, narrowed }, policy);
}

/** Findings hold no credential; what looks like one all the same does not leave. */
const redacting = (messenger: Messenger): Messenger => ({
  send: (text) => messenger.send(redactPatterns(text)),
});

/** The function whose runs are a sign of life: it runs most often, and it looks after the schedules of the others. */
const HEART = 'check-logpush';

/**
 * Tells the dead man's switch that the keeper lives, after a run of `check-logpush` that could run and whose report is in
 * the ledger. Not after one that something else than the schedule started: that proves nothing about it. Whoever waits for it notices when it fails.
 */
export async function beat(
  { notify: config }: Config,
  { ports, http }: { readonly ports: Ports; readonly http: HttpClient },
  { function: name, runId, outcome, trigger }: RunReport,
): Promise<void> {
  if (config?.heartbeat === undefined || name !== HEART) return;
  if (outcome === 'failed' || (trigger !== undefined && trigger.kind !== 'schedule')) return;
  const beaten = await sendHeartbeat(http.later(TELLING_MS), config.heartbeat);
  if (beaten.verdict === 'no')
    ports.log.warn('heartbeat not delivered', { function: name, runId, reason: beaten.reason });
}
