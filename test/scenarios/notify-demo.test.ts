import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { createMemoryLedger } from '../../infra/story/memory-ledger.ts';
import { tellStory } from '../../infra/story/tell.ts';
import { minutes } from '../../shared/domain/time.ts';
import { readFleet } from '../../shared/runtime/fleet.ts';
import { exitCode } from '../../shared/runtime/invocation.ts';
import { renderFleetText } from '../../shared/runtime/render-fleet.ts';
import { renderFleetHtml } from '../../shared/runtime/render-html.ts';
import { renderMetrics } from '../../shared/runtime/render-metrics.ts';
import { countIncidents, eventOf } from '../support/incident-counter.ts';
import { texts } from '../support/texts.ts';

const manifest = fileURLToPath(new URL('../../manifest.yml', import.meta.url));

/** Five days of the demo world, with all functions on their schedules: time for all that is found to end again. */
async function days(faults: WorldFile['faults'] = []) {
  const file = loadWorld('demo');
  file.days = 5;
  file.faults.push(...faults);
  const ledger = createMemoryLedger();
  const told = await tellStory({ file, seed: 1, ledger, manifest, write: () => {}, quiet: true });
  const { messages, beats } = told.treated.webhook;
  return { ...told, ledger, events: messages.map(({ text }) => eventOf(text)), beats };
}

let quiet: ReturnType<typeof days> | undefined;
const undisturbed = () => (quiet ??= days());

test('days of messages are what opened, changed and closed, each once', async () => {
  const { events, reports } = await undisturbed();
  const counted = countIncidents(reports);
  expect(counted.length).toBeGreaterThan(12);
  expect(events.toSorted()).toEqual(counted.toSorted());
});

test('a webhook that fails for some of the time misses nothing in the end, and changes nothing else', async () => {
  const match = { service: 'webhook', operation: 'sendMessage' };
  const failing = await days([
    { match, after: 3, times: 20, respond: { kind: 'status', status: 503 } },
    { match, after: 5, times: 30, respond: { kind: 'refused' } },
    { match, after: 7, times: 5, respond: { kind: 'status', status: 429, retryAfterSeconds: 60 } },
    { match, after: 9, times: 400, respond: { kind: 'timeout' } },
  ]);
  const { reports, treated } = await undisturbed();
  expect(
    failing.treated.calls.filter(({ service, status }) => service === 'webhook' && status >= 400).length,
  ).toBeGreaterThan(20);
  expect(failing.events.toSorted()).toEqual(countIncidents(failing.reports).toSorted());
  expect(
    failing.reports.flatMap(({ findings }) => findings).some(({ code }) => code === 'notification-failed'),
  ).toBe(true);
  expect(failing.treated.logpush.truth()).toEqual(treated.logpush.truth());
  const outcomes = (all: typeof reports) =>
    all
      .map(({ function: name, outcome }) => [name, outcome, exitCode({ outcome }, true)] as const)
      // A host that does not answer lets a run end after another one that began with it.
      .toSorted(([one], [other]) => (one === other ? 0 : one < other ? -1 : 1));
  expect(outcomes(failing.reports)).toEqual(outcomes(reports));
});

test('the dead man’s switch hears of each run of check-logpush that could run, and of no other', async () => {
  const { beats, reports } = await undisturbed();
  const runs = reports.filter(({ function: name }) => name === 'check-logpush');
  expect(beats).toHaveLength(runs.length);
  expect(runs.length).toBeGreaterThan(1_400);
  for (const [i, at] of beats.slice(1).entries())
    expect(at - (beats[i] ?? 0)).toBeLessThanOrEqual(minutes(6));
});

test('no secret value is in a message, a metric, a report, the log or the ledger', async () => {
  const { treated, reports, log, ledger, config } = await undisturbed();
  const fleet = await readFleet(config, ledger, treated.now());
  const documents = await Promise.all((await ledger.list('')).map((key) => ledger.read(key)));
  const everything = [
    ...texts([
      treated.webhook.messages,
      [renderMetrics(fleet), renderFleetText(fleet), renderFleetHtml(fleet), JSON.stringify(config.notify)],
      [fleet, documents, log, reports],
    ]),
  ].join('\n');
  const { iam, secretsManager, cis, webhook } = treated;
  const secrets = [iam, secretsManager, cis, webhook].flatMap((one) => [...one.secretValues()]);
  expect(secrets.length).toBeGreaterThan(40);
  for (const known of ['"webhook":"[secret]"', 'notify sendMessage', '[closed, was critical]', '# EOF'])
    expect(everything.includes(known), known).toBe(true);
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
});
