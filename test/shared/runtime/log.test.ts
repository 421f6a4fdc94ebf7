import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../../shared/domain/secret.ts';
import { ApiError } from '../../../shared/errors.ts';
import type { Clock } from '../../../shared/ports.ts';
import { createLog, type LogOptions, redactValues } from '../../../shared/runtime/log.ts';

const clock: Clock = { now: () => Date.UTC(2026, 2, 1), sleep: async () => {} };

/** A log and the lines it wrote. */
function aLog(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  return { lines, log: createLog({ write: (line) => lines.push(line), clock, ...options }) };
}

/** The one line that logging these fields writes. */
function lineOf(fields: Record<string, unknown>, options: Partial<LogOptions> = {}): string {
  const { lines, log } = aLog(options);
  log.info('tried', fields);
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

const TRACER = new Secret('tR4c3r/"key" + ümlaut');
const REGISTERED = { redact: redactValues([new Secret('tR4c3r/"key"'), TRACER]) };

test('a line is one JSON object, the common fields first', () => {
  const { lines, log } = aLog();

  log.info('moved job', { runId: 'r1', jobId: 700123 });
  log.warn('run failed');

  expect(lines).toEqual([
    '{"level":"info","message":"moved job","at":"2026-03-01T00:00:00.000Z","runId":"r1","jobId":700123}',
    '{"level":"warn","message":"run failed","at":"2026-03-01T00:00:00.000Z"}',
  ]);
});

test('a field does not replace a common one', () => {
  expect(lineOf({ level: 'fatal', at: 'never', message: 'x', other: 1 })).toBe(
    '{"level":"info","message":"tried","at":"2026-03-01T00:00:00.000Z","other":1}',
  );
});

test('the level leaves out what is below it', () => {
  const { lines, log } = aLog({ level: 'warn' });

  log.info('moved job');
  log.warn('run failed');

  expect(lines).toHaveLength(1);
});

test('a registered secret is taken out wherever it stands and however it is spelled', () => {
  const value = TRACER.reveal();
  const line = lineOf(
    {
      plain: `before ${value} after`,
      url: `https://x.example/?q=${encodeURIComponent(value)}`,
      base64: Buffer.from(value).toString('base64'),
      body: JSON.stringify({ deep: value }),
      list: [{ [value]: [value] }],
    },
    REGISTERED,
  );

  expect(line).not.toContain('tR4c3r');
  expect(line).not.toContain('ümlaut');
  expect(line).not.toContain(Buffer.from(value).toString('base64').slice(0, 12));
  expect(line).toContain('before [secret] after');
});

test('a secret that is registered later counts from then on', () => {
  const secrets: Secret[] = [];
  const redact = redactValues(secrets);

  expect(redact('value-1')).toBe('value-1');
  secrets.push(new Secret('value-1'), new Secret(''));
  expect(redact('value-1')).toBe('[secret]');
});

test.each([
  ['an IAM token', 'got eyJraWQiOiIyMDI2.eyJpYW1faWQi.c2lnbmF0dXJl back'],
  ['a bearer header', 'Authorization: Bearer abcdefgh12345678'],
  ['a basic header', 'basic YWJjOmRlZmdoaWo='],
  ['a destination', 'ibmcl://?ibmcl.instance_id=x&ibmcl.region=eu-de&ibmcl.api_key=hunter2-and-more'],
  ['a form', 'grant_type=x&apikey=hunter2-and-more'],
  ['JSON', '{"apikey":"hunter2-and-more","name":"x"}'],
  ['an API key', 'the key tR4c3r_kEy-0123456789abcdefABCDEF-zyxwvutsrq is it'],
])('%s is taken out by its look', (_what, text) => {
  const line = lineOf({ text });

  expect(line).toContain('[secret]');
  expect(line).not.toMatch(/hunter2|c2lnbmF0|12345678|YWJj|tR4c3r/);
});

test('ids, CRNs and findings are no secrets', () => {
  const ids = {
    profile: 'Profile-0f7c6a52-0000-4000-8000-00000000000b',
    key: 'ApiKey-0f7c6a52-0000-4000-8000-00000000000b',
    iamId: 'iam-ServiceId-0f7c6a52-0000-4000-8000-00000000000b',
    secretId: '0f7c6a52-0000-4000-8000-00000000000b',
    crn: 'crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::',
    code: 'qualification-refused-because-the-role-is-so',
    tokenExpiresAt: 5,
  };

  expect(JSON.parse(lineOf(ids))).toMatchObject(ids);
});

test('what bears the name of a credential is taken out, and a Secret prints as one', () => {
  const line = lineOf({
    apiKey: 'a',
    api_key: 1,
    Authorization: ['b'],
    nested: { password: 'c' },
    value: TRACER,
  });

  expect(JSON.parse(line)).toMatchObject({
    apiKey: '[secret]',
    api_key: '[secret]',
    Authorization: '[secret]',
    nested: { password: '[secret]' },
    value: '[secret]',
  });
});

test('an error of ours tells its message, any other only its kind', () => {
  const ours = new ApiError({
    service: 'cis',
    operation: 'list zones',
    status: 403,
    effect: 'none',
    reason: 'forbidden',
  });
  const other = Object.assign(new Error('connect with hunter2'), { code: 'ECONNRESET' });

  expect(JSON.parse(lineOf({ ours, other }))).toMatchObject({
    ours: { name: 'ApiError', message: 'cis list zones: 403 forbidden' },
    other: { name: 'Error', code: 'ECONNRESET' },
  });
  expect(lineOf({ other })).not.toContain('hunter2');
});

test('a line is bounded, however much it is given', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;

  const line = lineOf({
    text: 'x'.repeat(1_000_000),
    list: Array.from({ length: 10_000 }, (_, n) => n),
    loop,
  });

  expect(line.length).toBeLessThan(4_000);
  expect(line).toContain('[too deep]');
});

const fail = (): never => {
  throw new Error('hunter2');
};

test('a log never throws: not for its fields, its redaction, its clock or its writer', () => {
  const nasty = {
    get boom(): string {
      throw new Error('hunter2');
    },
  };
  expect(lineOf({ nasty, tail: 1 })).toBe('{"level":"warn","message":"a log line could not be made"}');
  expect(lineOf({ text: 'x' }, { redact: fail })).toContain('could not be made');
  expect(lineOf({}, { clock: { ...clock, now: () => Number.NaN } })).toContain('could not be made');
  const { log } = aLog({ write: fail });
  log.warn('run failed', { big: 10n, symbol: Symbol('s'), call: fail });
});

test('whatever the fields, the line is JSON and holds no registered secret', () => {
  const { redact } = REGISTERED;
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.anything()), fc.string(), (fields, around) => {
      const line = lineOf(
        { ...fields, planted: { deep: [`${around}${TRACER.reveal()}${around}`] } },
        { redact },
      );
      JSON.parse(line);
      expect(line).not.toContain('tR4c3r');
    }),
  );
});
