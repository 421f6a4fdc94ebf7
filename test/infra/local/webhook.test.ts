import { expect, test } from 'vitest';
import { VirtualClock } from '../../../infra/local/clock.ts';
import { loadWorld } from '../../../infra/local/load-world.ts';
import { serveWorld } from '../../../infra/local/serve.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import { World } from '../../../infra/local/world.ts';
import { HttpClient } from '../../../shared/clients/http.ts';
import { createWebhook, sendHeartbeat } from '../../../shared/clients/webhook.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { runCli } from '../../../shared/runtime/cli.ts';
import { systemRandom } from '../../../shared/runtime/system.ts';

function aWorld() {
  const file = loadWorld('two-keys');
  const clock = new VirtualClock(file.startsAt);
  const world = new World(file, { clock, seed: 1 });
  const http = new HttpClient({
    transport: new InProcessTransport(world.app, clock),
    clock,
    random: systemRandom(),
  });
  const url = (path: string) => new Secret(`http://127.0.0.1/webhook${path}`);
  return { world, clock, http, url };
}

test('it takes messages, whatever is in them, under its own address only, and records no address', async () => {
  const { world, clock, http, url } = aWorld();
  const text = 'a <!channel> & "b"\nc';
  expect(await clock.run(createWebhook(http, url(world.webhook.messagePath)).send(text))).toEqual({
    verdict: 'yes',
  });
  // Slack takes these three for its own marks; so nobody is called by the name of a zone.
  expect(world.webhook.messages.map((message) => message.text)).toEqual(['a &lt;!channel&gt; &amp; "b"\nc']);
  const elsewhere = createWebhook(http, url('/services/T0KEEPER/B0KEEPER/wrong'));
  expect(await clock.run(elsewhere.send(text))).toEqual({ verdict: 'no', reason: 'it answered 403' });
  expect(await clock.run(sendHeartbeat(http, url(world.webhook.heartbeatPath)))).toEqual({ verdict: 'yes' });
  expect(world.webhook.beats).toHaveLength(1);
  expect(world.calls.map(({ path }) => path)).toEqual(
    Array.from(world.calls, ({ operation }) =>
      operation === 'heartbeat' ? '/ping/:token' : '/services/:team/:app/:token',
    ),
  );
  expect(http.counts()).toEqual({ 'notify heartbeat': 1, 'notify sendMessage': 2 });
});

test('an empty message, and what is none, is refused as Slack refuses it', async () => {
  const { world } = aWorld();
  const post = async (body: string) => {
    const request = new Request(`http://127.0.0.1/webhook${world.webhook.messagePath}`, {
      method: 'POST',
      body,
    });
    const response = await world.app.fetch(request);
    return [response.status, await response.text()];
  };
  expect(await post('{"text":""}')).toEqual([400, 'invalid_payload']);
  expect(await post('text')).toEqual([400, 'invalid_payload']);
  expect(await post('{"text":"x"}')).toEqual([200, 'ok']);
});

test('served on loopback, the ready configuration tells it, and the control API shows what it was told', async () => {
  const cloud = await serveWorld(loadWorld('demo'), { seed: 1 });
  try {
    const output = { out: () => {}, err: () => {} };
    expect(await runCli(['check-logpush', '--config', cloud.config], {}, output)).toBe(2);
    const answer = await fetch(`${cloud.control}/messages`);
    const messages = (await answer.json()) as readonly { readonly text: string }[];
    expect(messages).toHaveLength(cloud.world.webhook.messages.length);
    expect(messages[0]?.text).toMatch(/^\[critical\] key-expired: API key /);
  } finally {
    await cloud.close();
  }
});
