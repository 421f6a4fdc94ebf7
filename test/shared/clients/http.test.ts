import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { CallBudget, type Pace } from '../../../shared/clients/budget.ts';
import { type Call, HttpClient } from '../../../shared/clients/http.ts';
import { minutes, seconds } from '../../../shared/domain/time.ts';
import { ApiError, DeadlineError, LedgerConflictError, SchemaError } from '../../../shared/errors.ts';
import {
  type Guard,
  type HttpResponse,
  type Transport,
  TransportError,
  type TransportFailure,
} from '../../../shared/ports.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';

const START = fakeClock().now();

type Reply = TransportFailure | Partial<HttpResponse>;

/** A network that gives these replies in turn, then 200, and notes when it was asked. */
function network(...replies: readonly Reply[]) {
  const clock = fakeClock();
  const askedAt: number[] = [];
  const transport: Transport = {
    async send() {
      const reply = replies[askedAt.length];
      askedAt.push(clock.now() - START);
      if (typeof reply === 'string') throw new TransportError(reply);
      return { status: 200, headers: {}, body: '{"ok":true}', ...reply };
    },
  };
  return { clock, askedAt, transport };
}

const aCall = (fields: Partial<Call<unknown>> = {}): Call<unknown> => ({
  service: 'cis',
  operation: 'updateLogpushJob',
  method: 'PUT',
  url: 'http://127.0.0.1/',
  headers: {},
  repeatable: true,
  schema: z.object({ ok: z.boolean() }),
  ...fields,
});

async function outcome(
  replies: readonly Reply[],
  call: Partial<Call<unknown>> = {},
  deadlineInMs?: number,
  guard?: Guard,
) {
  const { clock, askedAt, transport } = network(...replies);
  const deadline = deadlineInMs === undefined ? {} : { deadlineAt: START + deadlineInMs };
  const http = new HttpClient({ transport, clock, random: fixedRandom, ...deadline });
  const guarded = guard === undefined ? http : http.under(guard);
  const result = await guarded.call(aCall(call)).then(
    () => 'ok' as const,
    (error: unknown) => error,
  );
  return { result, tries: askedAt.length, askedAt, counts: http.counts() };
}

test.each([
  ['a 500 on a repeatable call', [{ status: 500 }], {}, 2],
  ['a reset on a repeatable call', ['reset'], {}, 2],
  ['a time-out on a call that may have been done', ['timeout'], { repeatable: false }, 1],
  ['a 500 on a call that may have been done', [{ status: 500 }], { repeatable: false }, 1],
  ['a refused connection on a call that then cannot have been done', ['refused'], { repeatable: false }, 2],
  ['a 429 on any call: it was not done', [{ status: 429 }], { repeatable: false }, 2],
  ['a 400 on any call', [{ status: 400 }], {}, 1],
] as const)('%s is tried %s', async (_, replies, call, tries) => {
  expect((await outcome(replies, call)).tries).toBe(tries);
});

test('three tries are the end of it', async () => {
  const { result, tries } = await outcome([{ status: 503 }, { status: 503 }, { status: 503 }]);
  expect(tries).toBe(3);
  expect(result).toMatchObject({ status: 503, effect: 'unknown' });
});

test.each([
  ['timeout', 'unknown'],
  ['reset', 'unknown'],
  ['refused', 'none'],
  ['dns', 'none'],
  [{ status: 500 }, 'unknown'],
  [{ status: 409 }, 'none'],
] as const)('after %o the effect of a write is %s', async (reply, effect) => {
  const { result } = await outcome([reply, reply, reply], { repeatable: false });
  expect(result).toMatchObject({ effect });
});

test('waits as long as the service asks, in seconds or as a date', async () => {
  expect((await outcome([{ status: 429, headers: { 'retry-after': '90' } }])).askedAt).toEqual([
    0,
    seconds(90),
  ]);
  const date = new Date(START + seconds(45)).toUTCString();
  expect((await outcome([{ status: 503, headers: { 'retry-after': date } }])).askedAt).toEqual([
    0,
    seconds(45),
  ]);
  expect((await outcome([{ status: 429 }])).askedAt).toEqual([0, seconds(60)]);
});

test('a run that is told to stop starts no call, and an unclear answer stays what is known of it', async () => {
  const stop = new AbortController();
  const { clock, askedAt, transport } = network({ status: 503 });
  const stopping = { now: () => clock.now(), sleep: () => Promise.reject(new DeadlineError('stopped')) };
  const http = new HttpClient({ transport, clock: stopping, random: fixedRandom, stop: stop.signal });
  await expect(http.call(aCall({}))).rejects.toMatchObject({ status: 503, effect: 'unknown' });
  stop.abort();
  await expect(http.call(aCall({}))).rejects.toThrow(/the run is being stopped/);
  expect(askedAt).toHaveLength(1);
});

test('no call starts that could not end before the deadline', async () => {
  expect(await outcome([], {}, seconds(29))).toMatchObject({ tries: 0, result: expect.any(DeadlineError) });
  // Waiting for the next try would pass it: the refusal is told instead.
  expect((await outcome([{ status: 429 }], {}, seconds(40))).tries).toBe(1);
});

test('a call may have an end of its own, and no try of it starts that could outlast it', async () => {
  const endsBy = (ms: number) => ({ endsBy: START + ms });
  expect(await outcome([], endsBy(seconds(29)))).toMatchObject({
    tries: 0,
    result: expect.any(DeadlineError),
  });
  expect((await outcome([{ status: 500 }], endsBy(seconds(31)))).tries).toBe(1);
  expect((await outcome([{ status: 500 }], endsBy(seconds(60)))).tries).toBe(2);
});

test('under two guards, both are asked, and the sooner end counts', async () => {
  const { clock, transport, askedAt } = network();
  const asked: string[] = [];
  const guard = (name: string, ms: number) => async () => {
    asked.push(name);
    return START + ms;
  };
  const http = new HttpClient({ transport, clock, random: fixedRandom });
  const guarded = http.under(guard('lease', minutes(4))).under(guard('permission', Infinity));
  await guarded.call(aCall());
  expect([asked, askedAt]).toEqual([['lease', 'permission'], [0]]);
  await expect(
    http
      .under(guard('a', seconds(29)))
      .under(guard('b', Infinity))
      .call(aCall()),
  ).rejects.toThrow(DeadlineError);
});

test('under a guard, no try starts that could outlast what it allows', async () => {
  const guarded = (ms: number) => outcome([{ status: 500 }], {}, undefined, async () => START + ms);
  expect(await guarded(seconds(29))).toMatchObject({ tries: 0, result: expect.any(DeadlineError) });
  expect((await guarded(seconds(31))).tries).toBe(1);
  expect((await guarded(seconds(60))).tries).toBe(2);
});

test('what the guard throws keeps the request from starting', async () => {
  const gone = new LedgerConflictError('somebody else has it');
  const { result, tries } = await outcome([], {}, undefined, () => Promise.reject(gone));
  expect([result, tries]).toEqual([gone, 0]);
});

test('a 2xx of another shape is a SchemaError that names places, never values', async () => {
  const { result } = await outcome([{ body: '{"ok":"planted-secret-value"}' }]);
  expect(result).toBeInstanceOf(SchemaError);
  expect(String(result)).toBe(
    'SchemaError: cis updateLogpushJob: the answer is not what the API documents: unexpected ok',
  );
});

test('an HTML page is no answer, whatever its status: what it was asked to do may not be done', async () => {
  const page = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>' };
  const call = { ...aCall(), method: 'POST' as const };
  const { schema: _, ...withoutBody } = call;
  for (const asked of [call, withoutBody]) {
    const { transport, clock } = network(page);
    const http = new HttpClient({ transport, clock, random: fixedRandom });
    await expect(http.call(asked)).rejects.toThrow(SchemaError);
  }
});

test('every attempt is counted', async () => {
  expect((await outcome(['reset', { status: 500 }])).counts).toEqual({ 'cis updateLogpushJob': 3 });
});

test('a budget never lets more calls start within a minute than it allows', async () => {
  const clock = fakeClock();
  const budget = new CallBudget(clock, 80);
  const started: number[] = [];
  for (let n = 0; n < 400; n += 1) {
    await budget.take();
    started.push(clock.now());
    clock.advance(n % 7);
  }
  for (const at of started) {
    expect(started.filter((other) => other >= at && other < at + minutes(1)).length).toBeLessThanOrEqual(80);
  }
});

test('a budget of ten a second lets eleven start in two', async () => {
  const clock = fakeClock();
  const budget = new CallBudget(clock, 10, seconds(1));
  for (let n = 0; n < 11; n += 1) await budget.take();
  expect(clock.now() - START).toBe(seconds(1));
});

test('a 429 stops everything that shares the budget', async () => {
  const { clock, askedAt, transport } = network({ status: 429, headers: { 'retry-after': '30' } });
  const http = new HttpClient({ transport, clock, random: fixedRandom });
  const budget = new CallBudget(clock, 80);
  await Promise.all([http.call(aCall({ budget })), http.call(aCall({ budget }))]);
  expect(askedAt[0]).toBe(0);
  expect(Math.max(...askedAt)).toBeGreaterThanOrEqual(seconds(30));
});

test('a call whose turn would come too late is not sent, and not waited for', async () => {
  const { clock, askedAt, transport } = network();
  const http = new HttpClient({ transport, clock, random: fixedRandom, deadlineAt: START + seconds(80) });
  const budget = new CallBudget(clock, 1);
  await http.call(aCall({ budget }));
  await expect(http.call(aCall({ budget }))).rejects.toThrow(DeadlineError);
  expect([askedAt, clock.now()]).toEqual([[0], START]);
});

test.each([
  [{ ratelimit: '"default";r=50;t=30' }, { remaining: 50, resetMs: seconds(30) }],
  [
    { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"burst";q=100;w=60' },
    { remaining: 50, resetMs: seconds(30), quota: 100, windowMs: seconds(60) },
  ],
  [
    {
      ratelimit: '"ip"; r=150; t=1, "user"; r=40; t=30',
      'ratelimit-policy': '"user"; q=100; w=60, "ip"; q=200; w=1',
    },
    { remaining: 40, resetMs: seconds(30), quota: 100, windowMs: seconds(60) },
  ],
  [
    { ratelimit: '"user";r=40;t=30', 'ratelimit-policy': '"day";q=9000;w=86400, "ip";q=200;w=1' },
    { remaining: 40, resetMs: seconds(30) },
  ],
  [{ ratelimit: 'limit=100, remaining=x;r=-1;t=abc', 'ratelimit-policy': ';;w=' }, undefined],
  [{}, undefined],
])('the pace is told what the headers %o say', async (headers, limit) => {
  const { clock, transport } = network({ headers });
  const told: unknown[] = [];
  const budget: Pace = {
    take: async () => true,
    refused: () => {},
    answered: (given) => void told.push(given),
  };
  await new HttpClient({ transport, clock, random: fixedRandom }).call(aCall({ budget }));
  expect(told).toEqual([limit]);
});

test('what a service says about a credential never reaches an error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[A-Za-z0-9_-]{44}$/),
      fc.constantFrom('ibm_api_key=', 'apikey: ', 'Bearer ', '"api_key":"', 'key '),
      fc.constantFrom('errors', 'errorMessage', 'strings', 'nested'),
      async (secret, before, shape) => {
        const message = `cannot use ${before}${secret} here`;
        const body = {
          errors: { errors: [{ code: 1002, message }] },
          errorMessage: { errorCode: 'BXNIM0415E', errorMessage: message },
          strings: { errors: [message] },
          nested: { errors: [[message]] },
        }[shape];
        const { result } = await outcome([{ status: 400, body: JSON.stringify(body) }]);
        expect(result).toBeInstanceOf(ApiError);
        expect(`${String(result)} ${JSON.stringify(result)}`).not.toContain(secret);
      },
    ),
  );
});
