import { afterEach, expect, test } from 'vitest';
import { VirtualClock } from '../../../../infra/local/clock.ts';
import { startInProcess } from '../../../../infra/local/code-engine/function-instance.ts';
import { aFunction, BASE, ECHO } from './function-world.ts';

const hosts: { close(): void }[] = [];
const aHost: typeof aFunction = (source, more) => {
  const made = aFunction(source, more);
  hosts.push(made.host);
  return made;
};

afterEach(() => {
  for (const host of hosts.splice(0)) host.close();
});

const text = (expression: string, more = ''): string =>
  `${more}; module.exports.main = async (args) => ({ statusCode: 200, body: String(${expression}) });`;

test('it calls the code, and answers with the headers of the platform', async () => {
  const { call } = aHost(ECHO);

  const response = await call('/run?dry=1', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'r-1' },
    body: '{"zone":"a.example"}',
  });

  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    __ce_path: '/run',
    __ce_query: 'dry=1',
    __ce_headers: { 'X-Request-Id': 'r-1' },
    dry: '1',
    zone: 'a.example',
  });
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'x-request-id': 'r-1',
    'x-faas-activation-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'x-faas-actionstatus': '200',
    'x-faas-result': 'success',
    'x-faas-prewarmed': 'false',
  });
});

test('the code sees its own environment, only modules of Node, and no other function', async () => {
  const { call, host } = aHost(
    text(
      'JSON.stringify([process.env, missing, require("node:path").sep, typeof fetch])',
      'let missing; try { require("zod") } catch (error) { missing = error.message } console.log("hi")',
    ),
  );

  expect(JSON.parse(await (await call()).text())).toEqual([
    { OWN: 'value', CR_TOKEN_FILENAME: '/token' },
    "Cannot find module 'zod'",
    '/',
    'function',
  ]);
  expect(host.logs).toEqual(['hi\n']);
});

test('a warm instance keeps the state of its module; a cold one does not', async () => {
  const counting = text('++count', 'let count = 0');
  const warm = aHost(counting);
  expect([await (await warm.call()).text(), await (await warm.call()).text()]).toEqual(['1', '2']);
  const cold = aHost(counting, { settings: { instances: 'always-cold' } });

  expect([await (await cold.call()).text(), await (await cold.call()).text()]).toEqual(['1', '1']);
  expect(cold.host.instances(BASE)).toBe(0);
});

test('requests at once share an instance up to its concurrency, and get more instances beyond it', async () => {
  const slow = `let active = 0, most = 0;
    module.exports.main = async () => {
      most = Math.max(most, ++active);
      await new Promise((done) => setTimeout(done, 100));
      active -= 1;
      return { statusCode: 200, body: String(most) };
    };`;
  const { call, host } = aHost(slow, { fn: { concurrency: 2 } });

  const seen = await Promise.all(Array.from({ length: 3 }, async () => (await call()).text()));

  expect(seen).toEqual(['2', '2', '1']);
  expect(host.instances(BASE)).toBe(2);
});

test('an updated function has new instances, and the old ones answer what they were asked', async () => {
  const late = 'new Promise((done) => setTimeout(done, 100, "old"))';
  const { call, host, update } = aHost(text(`await ${late}`));
  const first = call();
  // It is asked when its body, which is none, was read.
  await new Promise((done) => setTimeout(done, 10));
  update({ source: text('"new"'), revision: '2' });

  expect(await (await call()).text()).toBe('new');
  expect(await (await first).text()).toBe('old');
  expect(await (await call()).text()).toBe('new');
  expect(host.instances(BASE)).toBe(1);
});

test('code that takes too long is ended, and answers 299 without a status of its own', async () => {
  const { call, host } = aHost('module.exports.main = () => { for (;;); };', {
    fn: { maxExecutionTime: 0.2 },
  });

  const response = await call();

  expect(response.status).toBe(299);
  expect(response.headers.has('x-faas-actionstatus')).toBe(false);
  expect(host.instances(BASE)).toBe(0);
});

test.each([
  ['module.exports.main = () => { throw new Error("bad") }', 422],
  ['module.exports.main = async () => { throw new Error("bad") }', 422],
  ['process.exit(3)', 422],
  ['export const main = () => ({})', 424],
  ['await 1; module.exports.main = () => ({})', 424],
  ['throw new Error("bad")', 424],
  ['module.exports.other = () => ({})', 424],
  ['module.exports.main = () => { const a = {}; a.a = a; return a }', 422],
  ['module.exports.main = () => "text"', 422],
])('%s answers %i, and the next call finds the host as it was', async (source, status) => {
  const { call } = aHost(source);

  for (const response of [await call(), await call()]) {
    expect(response.status).toBe(status);
    expect(response.headers.has('x-faas-actionstatus')).toBe(false);
    expect(await response.text()).toBe('');
  }
});

test.each([424, 500, 502])('code that throws answers %i, as the world says', async (uncaughtError) => {
  const { call } = aHost('module.exports.main = async () => { throw new Error("bad") }', {
    settings: { uncaughtError },
  });

  const response = await call();

  expect([response.status, response.headers.has('x-faas-actionstatus')]).toEqual([uncaughtError, false]);
});

test('what is left running after an answer stands still until the next call', async () => {
  const { call } = aHost(
    `let ran = 0; const start = Date.now();
     setInterval(() => { ran += 1 }, 10);
     module.exports.main = async () => ({ statusCode: 200, body: String(ran) });`,
  );
  await call();
  await new Promise((done) => setTimeout(done, 200));

  // Thawed, the timer may have run once or twice before this call is looked at.
  expect(Number(await (await call()).text())).toBeLessThan(5);
});

test.each([
  ['a body of more than 5 MB', { method: 'POST', body: 'x'.repeat(5 * 1024 * 1024 + 1) }, '', 413],
  ['headers that are too large', { headers: { a: 'x'.repeat(17_000) } }, '', 431],
  ['a URI that is too large', {}, `/${'x'.repeat(9_000)}`, 414],
  ['broken JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }, '', 400],
  ['a reserved parameter', {}, '?__ce_body=x', 400],
])('%s is refused before the code runs', async (_, init, path, status) => {
  const { call, host } = aHost(ECHO);

  expect((await call(path, init)).status).toBe(status);
  expect(host.instances(BASE)).toBe(0);
});

test('a body that does not come is not waited for', async () => {
  const { call, host } = aHost(ECHO, { settings: { readSeconds: 0.05 } });
  const body = new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([123])) });

  const response = await call('', { method: 'POST', body, duplex: 'half' });

  expect(response.status).toBe(408);
  expect(host.instances(BASE)).toBe(0);
});

test('in process a function is called directly, with an instance for each environment it starts with', async () => {
  const clock = new VirtualClock(0);
  const started: unknown[] = [];
  const start = startInProcess((env) => {
    started.push(env);
    return (args) => ({ statusCode: 202, body: String(args['__ce_path']) });
  });
  const { call } = aHost('', { start, clock });

  expect(await (await call('/alert')).text()).toBe('/alert');
  expect((await call('/alert')).headers.get('x-faas-prewarmed')).toBe('true');
  expect(started).toEqual([{ OWN: 'value', CR_TOKEN_FILENAME: '/token' }]);
});
