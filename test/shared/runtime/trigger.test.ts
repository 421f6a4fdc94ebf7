import { expect, test } from 'vitest';
import { defineFunction } from '../../../shared/runtime/entry.ts';
import { parseEvent, readTrigger } from '../../../shared/runtime/trigger.ts';
import { GOOD, TRACER_KEY } from '../../support/keeper-yml.ts';
import { secretCrn, secretEvent } from '../../support/secret-event.ts';

const SECRET = '0f7c6a52-0000-4000-8000-000000000001';
const OTHER = '0f7c6a52-0000-4000-8000-000000000002';

test('what Code Engine sets tells a schedule, an event and a hand apart', () => {
  const cron = { CE_ID: 'f3', CE_TYPE: 'dev.knative.sources.ping', CE_DATA: '{}' };
  expect(readTrigger(cron)).toEqual({ kind: 'schedule' });
  expect(readTrigger({})).toEqual({ kind: 'hand' });
  expect(readTrigger({ ibmendata: '' })).toEqual({ kind: 'hand' });
  const ibmendata = secretEvent({ secretIds: [SECRET] });
  expect(readTrigger({ ...cron, ibmendata })).toMatchObject({
    kind: 'event',
    event: { type: 'secret_rotated' },
  });
});

test('of an event only its id, its type and the ids of its secrets are kept', () => {
  const text = secretEvent({ type: 'secret_about_to_expire', subType: 'in_30_days', secretIds: [SECRET] });
  expect(parseEvent(text)).toEqual({
    event: {
      id: '3b1d0c8e-aaaa-4bbb-8ccc-000000000001',
      type: 'secret_about_to_expire',
      subType: 'in_30_days',
      secretIds: [SECRET],
    },
  });
});

test.each([
  ['a UUID', SECRET],
  ['a UUID in capitals', SECRET.toUpperCase()],
  ['a CRN', secretCrn(SECRET)],
  ['a CRN of another account', secretCrn(SECRET, 'crn:v1:bluemix:public:secrets-manager:us-south:a/ffff:x')],
])('the id of a secret may be %s', (_, id) => {
  expect(parseEvent(secretEvent({ secretIds: [id] }))).toMatchObject({ event: { secretIds: [SECRET] } });
});

test.each([
  ['', '/'],
  ['../../v2/secrets', 'https://evil.example/api'],
  ['__proto__', 'constructor'],
  [`${SECRET}/versions`, `${SECRET}?x`],
])('%j and %j are no ids', (...ids) => {
  expect(parseEvent(secretEvent({ secretIds: [...ids, OTHER] }))).toMatchObject({
    event: { secretIds: [OTHER] },
  });
});

test('the envelope is only a cross-check: it may have a sub type or be absent, and must not say something else', () => {
  const typeOf = (type: unknown) => {
    const parsed = parseEvent(secretEvent({ more: { type } }));
    return 'event' in parsed ? parsed.event.type : parsed.unreadable;
  };
  expect(typeOf(undefined)).toBe('secret_rotated');
  expect(typeOf('com.ibm.cloud.secrets-manager.secret_rotated:manual')).toBe('secret_rotated');
  expect(typeOf('com.ibm.cloud.secrets-manager.secret_expired')).toBe('unknown');
  expect(typeOf('com.example.secret_rotated')).toBe('unknown');
});

test('words that are none are not shown', () => {
  const forged = {
    id: 'x\n{"level":"error"}',
    type: 'secret_rotated <a href="https://evil.example">',
    subType: TRACER_KEY,
  };
  expect(parseEvent(secretEvent(forged))).toEqual({ event: { type: 'unknown', secretIds: [] } });
});

const deep = (open: string, close: string): string => open.repeat(30_000) + close.repeat(30_000);

test.each([
  ['nothing like JSON', 'secret_rotated', 'it is not JSON'],
  ['half of it', secretEvent().slice(0, 200), 'it is not JSON'],
  ['a number', '42', 'it is not a notification of Secrets Manager'],
  ['null', 'null', 'it is not a notification of Secrets Manager'],
  ['a list', `[${secretEvent()}]`, 'it is not a notification of Secrets Manager'],
  [
    'no data',
    '{"type":"com.ibm.cloud.secrets-manager.secret_rotated"}',
    'it is not a notification of Secrets Manager',
  ],
  [
    'a type that is none',
    secretEvent({ data: { event_type: {} } }),
    'it is not a notification of Secrets Manager',
  ],
  [
    'secrets that are none',
    secretEvent({ data: { secrets: 'all' } }),
    'it is not a notification of Secrets Manager',
  ],
  [
    'an id that is none',
    secretEvent({ data: { secrets: [{ secret_id: 7 }] } }),
    'it is not a notification of Secrets Manager',
  ],
  [
    '101 secrets',
    secretEvent({ secretIds: Array(101).fill(SECRET) }),
    'it is not a notification of Secrets Manager',
  ],
  ['more than 64 KB', secretEvent({ data: { filler: 'ä'.repeat(33_000) } }), 'it is longer than 64 KB'],
])('%s is unreadable, and no error', (_, text, unreadable) => {
  expect(parseEvent(text)).toEqual({ unreadable });
});

test.each([
  ['lists', deep('[', ']')],
  ['mappings', deep('{"a":', '}')],
  [
    'lists inside it',
    secretEvent({ data: { secrets: [] } }).replace('"secrets":[]', `"secrets":${deep('[', ']')}`),
  ],
])('%s of great depth are unreadable, and no error', (_, text) => {
  expect(parseEvent(text)).toHaveProperty('unreadable');
});

test('members that carry the names of a prototype change nothing', () => {
  const text = secretEvent({ secretIds: [SECRET] }).replace(
    '"event_type"',
    '"__proto__":{"polluted":true,"event_type":"secret_deleted"},"constructor":{"prototype":{"polluted":true}},"event_type"',
  );
  expect(parseEvent(text)).toMatchObject({ event: { type: 'secret_rotated', secretIds: [SECRET] } });
  expect(parseEvent('{"__proto__":{"data":{"event_type":"secret_rotated"}}}')).toHaveProperty('unreadable');
  expect({}).not.toHaveProperty('polluted');
});

test('a hundred secrets are read, each once', () => {
  const ids = Array.from({ length: 99 }, (_, n) => `0f7c6a52-0000-4000-8000-${String(n).padStart(12, '0')}`);
  const parsed = parseEvent(secretEvent({ secretIds: [...ids, secretCrn(SECRET)] }));
  expect('event' in parsed && parsed.event.secretIds).toEqual(ids);
});

test('the entry point takes the event from its environment', async () => {
  const lines: string[] = [];
  const env = { KEEPER_CONFIG_TEXT: GOOD, KEEPER_EDGE_APIKEY: TRACER_KEY };
  const ibmendata = secretEvent({ type: 'test_event', secretIds: [SECRET] });
  const write = (line: string): void => void lines.push(line);
  expect(await defineFunction('rotate-keys')({ ...env, ibmendata }, { write })).toBe(0);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    outcome: 'ok',
    trigger: { kind: 'event', type: 'test_event', ignored: 'it is a test event' },
    calls: {},
  });
});
