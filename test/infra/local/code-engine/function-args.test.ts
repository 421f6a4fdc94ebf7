import { expect, test } from 'vitest';
import { functionArgs } from '../../../../infra/local/code-engine/function-args.ts';
import { Settings } from '../../../../infra/local/settings.ts';

const request = (more: object = {}) => ({
  method: 'POST',
  path: '/run',
  query: '',
  headers: { 'content-type': 'application/json' },
  body: Buffer.from('{"zone":"a.example"}'),
  ...more,
});

const args = (more: object, settings: object = {}) =>
  functionArgs(request(more), Settings.parse({ functions: settings }).functions);

const typed = (type: string, body: string, settings: object = {}) => {
  const outcome = args({ headers: { 'content-type': type }, body: Buffer.from(body) }, settings);
  return outcome.ok ? outcome.args : outcome.status;
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test("a request becomes the arguments of IBM's page", () => {
  const outcome = args({
    query: 'dry=1',
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      'x-github-event': 'push',
      host: 'fn.example',
      connection: 'keep-alive',
    },
  });

  expect(outcome).toEqual({
    ok: true,
    args: {
      __ce_method: 'POST',
      __ce_path: '/run',
      __ce_query: 'dry=1',
      __ce_headers: { Accept: '*/*', 'Content-Type': 'application/json', 'X-Github-Event': 'push' },
      __ce_body: 'eyJ6b25lIjoiYS5leGFtcGxlIn0=',
      dry: '1',
      zone: 'a.example',
    },
  });
});

test('without a body there is none; without a query it is empty, or absent', () => {
  const bare = { body: Buffer.alloc(0) };

  expect(args(bare)).toMatchObject({ args: { __ce_query: '' } });
  expect(args(bare)).not.toHaveProperty('args.__ce_body');
  expect(args(bare, { emptyQuery: 'absent' })).not.toHaveProperty('args.__ce_query');
});

test.each([
  ['application/json; charset=utf-8', '{"a":1}', {}, { __ce_body: base64('{"a":1}'), a: 1 }],
  ['application/json', '[1]', {}, { __ce_body: base64('[1]') }],
  ['', '{"a":1}', {}, { __ce_body: base64('{"a":1}'), a: 1 }],
  ['', 'a=1', { missingType: 'form' }, { __ce_body: 'a=1' }],
  ['text/plain', '{"a":1}', {}, { __ce_body: '{"a":1}' }],
  ['text/plain', 'hello', { textBody: 'base64' }, { __ce_body: base64('hello') }],
  ['application/x-www-form-urlencoded', 'a=%31', {}, { __ce_body: 'a=%31' }],
  ['application/x-www-form-urlencoded', 'a=%31', { formUnfold: 'on' }, { __ce_body: 'a=%31', a: '1' }],
  ['image/png', 'x', {}, { __ce_body: base64('x') }],
  ['multipart/form-data; boundary=b', 'x', {}, { __ce_body: base64('x') }],
  ['application/xml', '<a/>', {}, { __ce_body: base64('<a/>') }],
])('a body of type "%s" (%s, %o) arrives as %o', (type, body, settings, expected) => {
  const found = typed(type, body, settings);

  expect(found).toMatchObject(expected);
  expect(Object.keys(found).filter((name) => !/^__ce_(method|path|query|headers)/.test(name))).toEqual(
    expect.arrayContaining(Object.keys(expected)),
  );
});

test.each([
  ['application/json', '{"a":', {}],
  ['application/json', '\uFEFF{}', {}],
  ['application/json', `${'['.repeat(1_001)}${']'.repeat(1_001)}`, {}],
  ['application/json', '{"__ce_headers":{}}', {}],
  ['application/json', '{"__ce_anything":1}', {}],
  ['multipart/form-data; boundary=b', 'x', { multipart: 'reject' }],
  ['application/xml', '<a/>', { unlistedType: 'refused' }],
  ['application/x-www-form-urlencoded', '__ce_body=x', { formUnfold: 'on' }],
])('a body of type "%s" that is %s is refused', (type, body, settings) => {
  expect(typed(type, body, settings)).toBe(400);
});

test('brackets in a text are no depth', () => {
  const text = JSON.stringify({ a: `\\"${'['.repeat(2_000)}` });

  expect(args({ body: Buffer.from(text) })).toMatchObject({ ok: true, args: JSON.parse(text) });
});

test('a query may not set what the platform sets, however it is written', () => {
  expect(args({ query: '__ce_path=/x' })).toMatchObject({ ok: false, status: 400 });
  expect(args({ query: '%5F_ce_path=/x' })).toMatchObject({ ok: false, status: 400 });
});

test('a member of the body goes before a parameter of that name, and __proto__ is a member like others', () => {
  const outcome = args({ query: 'zone=query', body: Buffer.from('{"zone":"body","__proto__":{"x":1}}') });
  const found = outcome.ok ? outcome.args : {};

  expect(found).toMatchObject({ zone: 'body' });
  expect(Object.hasOwn(found, '__proto__')).toBe(true);
  expect(found['x']).toBeUndefined();
});

test('a path arrives as it was sent, or decoded', () => {
  expect(args({ path: '/%61lert' })).toMatchObject({ args: { __ce_path: '/%61lert' } });
  expect(args({ path: '/%61lert' }, { path: 'decoded' })).toMatchObject({ args: { __ce_path: '/alert' } });
  expect(args({ path: '/%zz' }, { path: 'decoded' })).toMatchObject({ args: { __ce_path: '/%zz' } });
});
