import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type HttpRequest,
  type HttpResponse,
  TransportError,
  type TransportFailure,
} from '../../../../shared/ports.ts';
import { defineWebhook } from '../../../../shared/runtime/webhook/webhook.ts';
import { fakeClock, fixedRandom } from '../../../support/fake-clock.ts';

const SECRET = '5ec2e7'.repeat(10).concat('abcd');
const ENV = {
  KEEPER_WEBHOOK_SECRET: SECRET,
  KEEPER_PROFILE_ID: 'Profile-0f7c6a52-0000-4000-8000-00000000000e',
  KEEPER_RINGS_BUCKET: 'acme-rings',
  KEEPER_RINGS_ENDPOINT: 'https://s3.eu-de.cloud-object-storage.appdomain.cloud/',
};
const BODY = '{"name":"logpush-disabled","text":"Logpush job 700123 was disabled"}';
const TOKEN = 'EXAMPLE-TOKEN';
const CR_TOKEN = 'EXAMPLE-CR-TOKEN';

type Answers = (request: HttpRequest, nth: number) => Partial<HttpResponse> | TransportFailure;

/** A webhook on a network that answers as told: first to the login, then to the ring. */
function webhook(
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly login?: Answers;
    readonly put?: Answers;
  } = {},
) {
  const sent: HttpRequest[] = [];
  const lines: string[] = [];
  const clock = fakeClock(Date.UTC(2026, 2, 1, 4, 17, 20));
  const granted = { access_token: TOKEN, expires_in: 3600, expiration: 1 };
  const login = options.login ?? (() => ({ body: JSON.stringify(granted) }));
  const put = options.put ?? (() => ({}));
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    sent.push(request);
    const isLogin = request.url.endsWith('/identity/token');
    const nth = sent.filter(({ url }) => url === request.url).length;
    const came = (isLogin ? login : put)(request, nth);
    if (came === 'timeout') clock.advance(request.timeoutMs);
    if (typeof came === 'string') throw new TransportError(came as TransportFailure);
    return { status: 200, headers: {}, body: '', ...came };
  };
  const main = defineWebhook({
    env: () => options.env ?? ENV,
    transport: { send },
    clock,
    random: fixedRandom,
    readFile: () => `${CR_TOKEN}\n`,
    write: (line) => void lines.push(line),
  });
  return { main, sent, lines, clock };
}

/** A request as the platform hands it over. */
const request = (
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, unknown>> = {},
) => ({
  __ce_method: 'POST',
  __ce_path: '/alert',
  __ce_query: '',
  __ce_headers: {
    Accept: '*/*',
    'Cf-Webhook-Auth': SECRET,
    'Content-Length': String(BODY.length),
    'Content-Type': 'application/json',
    'X-Request-Id': '0f6f',
    ...headers,
  },
  __ce_body: Buffer.from(BODY).toString('base64'),
  ...(JSON.parse(BODY) as object),
  ...more,
});

test('who knows the secret rings, with one login and one conditional write', async () => {
  const { main, sent, lines } = webhook();
  expect(await main(request())).toEqual({
    statusCode: 202,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'Accepted\n',
  });
  expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST https://iam.cloud.ibm.com/identity/token',
    'PUT https://s3.eu-de.cloud-object-storage.appdomain.cloud/acme-rings/rings/alert/20260301T0417',
  ]);
  expect(Object.fromEntries(new URLSearchParams(String(sent[0]?.body)))).toEqual({
    grant_type: 'urn:ibm:params:oauth:grant-type:cr-token',
    cr_token: CR_TOKEN,
    profile_id: ENV.KEEPER_PROFILE_ID,
  });
  expect(sent[1]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'if-none-match': '*' });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      level: 'info',
      message: 'webhook called',
      at: '2026-03-01T04:17:20.000Z',
      kind: 'alert',
      outcome: 'rung',
      status: 202,
    },
  ]);
});

const { __ce_query, ...withoutQuery } = request();
const { __ce_body, ...withoutBody } = request();

test.each([
  ['no query at all', withoutQuery],
  ['a query', request({ __ce_query: 'a=1&a=2', a: '2' })],
  ['no body', withoutBody],
  ['the body as it is', request({ __ce_body: BODY })],
  ['the body under another name', { ...withoutBody, body: Buffer.from(BODY).toString('base64') }],
  ['a member of that name', { ...withoutBody, body: { huge: true } }],
  ['a charset', request({}, { 'Content-Type': 'application/json; charset=utf-8' })],
  [
    'headers in other cases',
    request({ __ce_headers: { 'cf-webhook-auth': SECRET, 'CONTENT-TYPE': 'application/json' } }),
  ],
  ['values in lists', request({}, { 'Cf-Webhook-Auth': [SECRET], 'Content-Type': ['application/json'] })],
  ['a method in other case', request({ __ce_method: 'post' })],
  ['keys that are the sender’s', request({ path: '/x', method: 'GET', statusCode: 500 })],
])('%s: it rings', async (_, args) => {
  expect(await webhook().main(args)).toMatchObject({ statusCode: 202 });
});

const long = 'x'.repeat(66_000);

test.each([
  ['another path', 404, request({ __ce_path: '/alerts' })],
  ['a path that is none', 404, request({ __ce_path: undefined, path: '/alert' })],
  ['a look', 405, request({ __ce_method: 'GET' })],
  ['an unknown method', 405, request({ __ce_method: 'PURGE' })],
  ['too large a body', 413, request({ __ce_body: Buffer.from(long).toString('base64') })],
  ['too large a body, as it is', 413, request({ __ce_body: `{"a":"${long}"}` })],
  ['too large a body by its length', 413, request({}, { 'Content-Length': '70000' })],
  ['a form', 415, request({}, { 'Content-Type': 'application/x-www-form-urlencoded' })],
  ['no type', 415, request({}, { 'Content-Type': undefined })],
  ['two types', 415, request({}, { 'content-type': 'application/json' })],
])('%s: %i, and nothing is called', async (_, status, args) => {
  const { main, sent } = webhook();
  expect(await main(args)).toMatchObject({ statusCode: status });
  expect(sent).toEqual([]);
});

test.each([
  ['no secret', request({}, { 'Cf-Webhook-Auth': undefined })],
  ['an empty secret', request({}, { 'Cf-Webhook-Auth': '' })],
  ['a part of it', request({}, { 'Cf-Webhook-Auth': SECRET.slice(1) })],
  ['another one, of its length', request({}, { 'Cf-Webhook-Auth': SECRET.replace('5', '6') })],
  ['two of them, in a list', request({}, { 'Cf-Webhook-Auth': [SECRET, SECRET] })],
  ['two of them, joined', request({}, { 'Cf-Webhook-Auth': `${SECRET}, ${SECRET}` })],
  ['two of them, in two cases', request({}, { 'cf-webhook-auth': SECRET })],
  [
    'it in the query',
    { ...request({ __ce_headers: {} }), 'cf-webhook-auth': SECRET, 'Cf-Webhook-Auth': SECRET },
  ],
  ['another path', request({ __ce_path: '/x', __ce_headers: {} })],
  ['a look', request({ __ce_method: 'GET', __ce_headers: {} })],
  ['nothing', {}],
  ['no arguments', undefined],
])('without the secret the answer is always the same: %s', async (_, args) => {
  const { main, sent, lines } = webhook();
  expect(await main(args)).toEqual({
    statusCode: 401,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'Unauthorized\n',
  });
  expect(sent).toEqual([]);
  expect(lines.join()).not.toContain(SECRET);
});

test.each([
  ['it is there', 412],
  ['somebody else writes it', 409],
])('what has rung this minute has rung: %s', async (_, status) => {
  const { main, lines } = webhook({ put: () => ({ status }) });
  expect(await main(request({ __ce_path: '/secrets' }))).toMatchObject({ statusCode: 202 });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'secrets', outcome: 'already-rung' });
});

test('an answer that was lost is asked for again', async () => {
  const { main } = webhook({ put: (_, nth) => (nth === 1 ? 'reset' : { status: 412 }) });
  expect(await main(request())).toMatchObject({ statusCode: 202 });
});

test('a token that has ended is renewed', async () => {
  const { main, sent } = webhook({ put: (_, nth) => ({ status: nth === 1 ? 401 : 200 }) });
  expect(await main(request())).toMatchObject({ statusCode: 202 });
  expect(sent).toHaveLength(4);
});

test.each<readonly [string, Parameters<typeof webhook>[0] & object]>([
  ['IAM refuses', { login: () => ({ status: 400, body: '{"errorCode":"BXNIM0400E"}' }) }],
  ['IAM conflicts', { login: () => ({ status: 409 }) }],
  ['IAM does not answer', { login: () => 'timeout' }],
  ['IAM answers something else', { login: () => ({ body: '<html>' }) }],
  ['the bucket is gone', { put: () => ({ status: 404 }) }],
  ['a right is missing', { put: () => ({ status: 403 }) }],
  ['COS does not answer', { put: () => 'timeout' }],
  ['COS is not there', { put: () => 'refused' }],
  ['COS wants patience', { put: () => ({ status: 429, headers: { 'retry-after': '60' } }) }],
])('%s: 503, before the platform’s own limit', async (_, options) => {
  const { main, lines, clock } = webhook(options);
  const before = clock.now();
  expect(await main(request())).toMatchObject({ statusCode: 503, body: 'Service Unavailable\n' });
  expect(clock.now() - before).toBeLessThanOrEqual(25_000);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', kind: 'alert', outcome: 'failed' });
  expect(lines).toHaveLength(1);
  for (const secret of [SECRET, TOKEN, CR_TOKEN]) expect(lines.join()).not.toContain(secret);
});

test('its limit follows the platform’s', async () => {
  const { main, clock } = webhook({ env: { ...ENV, KEEPER_TIMEOUT: '11' }, put: () => 'timeout' });
  const before = clock.now();
  expect(await main(request())).toMatchObject({ statusCode: 503 });
  expect(clock.now() - before).toBeLessThanOrEqual(6_000);
});

test.each([
  ['KEEPER_WEBHOOK_SECRET', ''],
  ['KEEPER_WEBHOOK_SECRET', 'short'],
  ['KEEPER_PROFILE_ID', 'iam-Profile-1'],
  ['KEEPER_RINGS_BUCKET', 'a/b'],
  ['KEEPER_RINGS_ENDPOINT', 'http://s3.example'],
  ['KEEPER_IAM_ENDPOINT', 'iam.cloud.ibm.com'],
  ['KEEPER_TIMEOUT', '5'],
  ['KEEPER_TIMEOUT', '600'],
])('%s=%j: 503, and the log names the variable', async (name, value) => {
  const { main, lines, sent } = webhook({ env: { ...ENV, [name]: value } });
  expect(await main(request())).toMatchObject({ statusCode: 503 });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ outcome: 'not-configured' });
  expect(lines[0]).toContain(name);
  expect(sent).toEqual([]);
});

test('strangers are not told that something is wrong with the configuration', async () => {
  const { main } = webhook({ env: { ...ENV, KEEPER_RINGS_BUCKET: '' } });
  expect(await main(request({ __ce_headers: {} }))).toMatchObject({ statusCode: 401 });
});

test('without a configuration it answers all the same', async () => {
  const { main, lines } = webhook({ env: {} });
  expect(await main(undefined)).toMatchObject({ statusCode: 503 });
  expect(lines).toHaveLength(1);
});

test('whatever it is called with, it answers well-formed, and rings for nobody without the secret', async () => {
  const word = fc.constantFrom('POST', '/alert', '/secrets', 'application/json', SECRET.slice(2), 'x');
  const names = fc.constantFrom(
    '__ce_method',
    '__ce_path',
    '__ce_headers',
    '__ce_body',
    'body',
    'Cf-Webhook-Auth',
    'cf-webhook-auth',
    'Content-Type',
    '__proto__',
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      word,
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
      fc.dictionary(names, tie('value'), { maxKeys: 6 }),
    ),
  }));
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error(SECRET);
      },
    },
  );
  const { main, sent, lines } = webhook();
  await fc.assert(
    fc.asyncProperty(fc.oneof(value, fc.constant(hostile)), async (args) => {
      const { statusCode, headers, body } = await main(args);
      expect([401, 503]).toContain(statusCode);
      expect(headers).toHaveProperty('content-type');
      expect(body).not.toBe('');
    }),
    { numRuns: 300 },
  );
  expect(sent).toEqual([]);
  expect(lines.join()).not.toContain(SECRET);
});
