import { expect, test } from 'vitest';
import { functionAnswer } from '../../../../infra/local/code-engine/function-result.ts';
import { Settings } from '../../../../infra/local/settings.ts';

const answer = (result: unknown, settings: object = {}) => {
  const { status, headers, body, byCode } = functionAnswer(
    JSON.stringify(result),
    Settings.parse({ functions: settings }).functions,
  );
  return { status, headers, body: body.toString('utf8'), byCode };
};
const TEXT = ['content-type', 'text/plain; charset=utf-8'];
const JSON_TYPE = { 'Content-Type': 'application/json' };

test.each([
  [undefined, 200, ''],
  [{}, 200, ''],
  [null, 200, ''],
  [[], 200, ''],
  [{ statusCode: 503, body: 'later' }, 503, 'later'],
  [{ statusCode: 202, body: null }, 202, ''],
])('%j answers %i', (result, status, body) => {
  expect(answer(result)).toEqual({ status, headers: [TEXT], body, byCode: true });
});

test.each([
  ['text', 422],
  [7, 422],
  [{ statusCode: 199 }, 422],
  [{ statusCode: 600 }, 422],
  [{ statusCode: '200' }, 422],
  [{ statusCode: 200.5 }, 422],
  [{ headers: { a: {} } }, 400],
  [{ headers: [] }, 400],
  [{ headers: { a: 'x\r\nb: y' } }, 400],
  [{ headers: { 'a b': 'x' } }, 400],
  [{ body: { a: 1 } }, 400],
  [{ headers: JSON_TYPE, body: '{"a":1}' }, 400],
  [{ headers: { 'content-type': 'image/png' }, body: 'not base64!' }, 400],
  [{ headers: { 'content-type': 'image/png' }, body: 7 }, 400],
])('%j is no answer: %i, by the platform', (result, status) => {
  expect(answer(result)).toEqual({ status, headers: [], body: '', byCode: false });
});

test('a body is written as its type asks', () => {
  expect(answer({ headers: JSON_TYPE, body: { a: 1 } }).body).toBe('{"a":1}');
  expect(answer({ headers: { 'content-type': 'image/png' }, body: 'aGk=' }).body).toBe('hi');
});

test('names of headers are written in lower case, lists as repetition, the last of equal names', () => {
  expect(answer({ headers: { A: ['1', '2'], B: true, X: 'old', x: 3 } }).headers).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['b', 'true'],
    ['x', '3'],
    TEXT,
  ]);
});

test('more than 5 MB is refused, with the one status or the other', () => {
  const body = 'x'.repeat(5 * 1024 * 1024 + 1);

  expect(answer({ body }).status).toBe(400);
  expect(answer({ body }, { oversizeResponse: 416 }).status).toBe(416);
});
