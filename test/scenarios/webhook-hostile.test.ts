import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildBundles } from '../../infra/build/bundle.ts';
import { serveWorld } from '../../infra/local/serve.ts';
import {
  deployWebhook,
  WEBHOOK_SECRET as SECRET,
  STARTED,
  webhookWorldFile,
} from '../support/deployed-webhook.ts';
import { ALERT, HOSTILE, KNOWN, ODD, type Sent, unknown } from '../support/hostile-requests.ts';

const out = mkdtempSync(join(tmpdir(), 'logpush-keeper-webhook-'));
await buildBundles(out, ['webhook']);
const code = readFileSync(join(out, 'webhook', 'main.js'), 'utf8');
const cloud = await serveWorld(webhookWorldFile({ functions: { readSeconds: 1 } }), { seed: 1 });
const base = new URL(cloud.endpoints.iam).origin;
const { endpoint, rings, runs } = deployWebhook(cloud.world, base, code);

afterAll(async () => {
  await cloud.close();
  rmSync(out, { recursive: true, force: true });
});

interface Got {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const { port, pathname } = new URL(endpoint);

/** Sends exactly what is given: no path is tidied up, no header added but `Host` and what carries the body. */
function send({
  method = 'POST',
  path = '/alert',
  headers = KNOWN,
  body = ALERT,
  stalls = false,
}: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port, host: '127.0.0.1', method, path: `${pathname}${path}`, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          sent.destroy();
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const),
            body: text,
          });
        });
      },
    );
    sent.on('error', reject);
    if (stalls) sent.write(body);
    else sent.end(['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(method) ? undefined : body);
  });
}

/** Sends bytes, for what no client would send. @returns the status of the answer */
const sendRaw = (text: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').once('data', (answer: string) => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]));
    });
    socket.on('error', reject);
  });

/** Different for each answer, whatever it says. */
const VOLATILE = [
  'date',
  'x-request-id',
  'x-faas-activation-id',
  'x-faas-prewarmed',
  'connection',
  'keep-alive',
  'content-length',
];

test('hostile requests are refused, each as it must be; nothing rings, nothing breaks, nothing is told', async () => {
  // A first one, so that there is an instance that could break.
  expect((await send(unknown({}))).status).toBe(401);
  const before = [rings(), runs(), cloud.world.functions.instances(endpoint)];
  const got = new Map<string, Got>();
  const ask = async ([name, sent]: (typeof HOSTILE)[number]) => got.set(name, await send(sent));
  const isStalled = ([, { stalls }]: (typeof HOSTILE)[number]): boolean => stalls === true;
  await Promise.all(HOSTILE.filter(isStalled).map(ask));
  for (const one of HOSTILE) if (!isStalled(one)) await ask(one);

  expect(HOSTILE.map(([name]) => [name, got.get(name)?.status])).toEqual(
    HOSTILE.map(([name, , status]) => [name, status]),
  );
  expect(got.size).toBeGreaterThanOrEqual(75);
  // No ring, no run, and none of them has ended an instance.
  expect([rings(), runs(), cloud.world.functions.instances(endpoint)]).toEqual(before);
  const refusals = HOSTILE.filter(([, { method }, status]) => status === 401 && method !== 'HEAD').flatMap(
    ([name]) => got.get(name) ?? [],
  );
  const distinct = new Set(
    refusals.map(({ headers, body }) =>
      JSON.stringify([headers.filter(([name]) => !VOLATILE.includes(name)), body]),
    ),
  );
  expect(distinct.size).toBe(1);
  const { functions, calls } = cloud.world;
  const said = JSON.stringify([...got.values(), functions.logs, calls]);
  for (const secret of [SECRET, SECRET.toLowerCase(), Buffer.from(SECRET).toString('base64')])
    expect(said).not.toContain(secret);
});

test('what is no HTTP is refused before anything looks at it', async () => {
  const before = rings();
  const head = `${pathname}/alert HTTP/1.1\r\nHost: a\r\ncf-webhook-auth: ${SECRET}\r\ncontent-type: application/json\r\n`;
  expect(await sendRaw(`post ${head}content-length: 2\r\n\r\n{}`)).toBe(400);
  expect(await sendRaw(`POST ${head}x-null: a\0b\r\ncontent-length: 2\r\n\r\n{}`)).toBe(400);
  expect(await sendRaw(`POST ${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`)).toBe(400);
  expect(
    await sendRaw(`POST ${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
  ).toBe(400);
  expect(await sendRaw(`POST ${head}content-length: -1\r\n\r\n{}`)).toBe(400);
  expect(rings()).toEqual(before);
});

test('whoever knows the secret rings, however oddly, and rings once a minute', async () => {
  const from = cloud.world.now();
  const answers = await Promise.all(
    ODD.map(async ([name, sent]) => [name, (await send(sent)).status] as const),
  );

  expect(answers).toEqual(ODD.map(([name]) => [name, 202]));
  const minutes = Math.floor(cloud.world.now() / 60_000) - Math.floor(from / 60_000) + 1;
  expect(rings().length).toBeGreaterThanOrEqual(1);
  expect(rings().length).toBeLessThanOrEqual(minutes);
  expect(rings().every((key) => /^rings\/alert\/\d{8}T\d{4}$/.test(key))).toBe(true);
  cloud.world.codeEngine.settle();
  expect(runs().toSorted()).toEqual(STARTED.flatMap((job) => rings().map(() => job)));
});
