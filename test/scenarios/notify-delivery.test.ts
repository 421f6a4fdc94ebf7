import { expect, test } from 'vitest';
import { days, minutes, seconds } from '../../shared/domain/time.ts';
import { LedgerUnavailableError } from '../../shared/errors.ts';
import type { Transport } from '../../shared/ports.ts';
import type { Surroundings } from '../../shared/runtime/connect.ts';
import { START } from '../support/builders.ts';
import { countIncidents } from '../support/incident-counter.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { events, failing, RECORD, telling } from '../support/telling.ts';

const CHECK = 'check-logpush';

test('a webhook that fails changes neither outcome nor exit code, is tried once a run, and is told in the report', async () => {
  const keeper = telling();
  failing(keeper);
  const { outcome, findings } = await keeper.run(CHECK);
  const calm = await telling().run(CHECK);
  expect(outcome).toBe(calm.outcome);
  expect(findings.slice(0, -1)).toEqual(calm.findings);
  expect(findings.at(-1)).toMatchObject({
    code: 'notification-failed',
    severity: 'warning',
    detail: expect.stringMatching(/^it answered 500; messages wait, the oldest since 2026-03-01T00:00:0/),
  });
  expect(keeper.world.calls.filter(({ service }) => service === 'webhook')).toHaveLength(2);
  expect(keeper.log.join('\n')).toContain('notification not delivered');
  const { code, out } = await keeper.cli(CHECK);
  expect(code).toBe(2);
  expect(out).toContain('notification-failed');
  const { out: page } = await keeper.cli('report');
  expect(page).toContain('notification-failed');
});

test('what could not be sent is sent when the webhook is back, in its order and once', async () => {
  const keeper = telling();
  failing(keeper, 3);
  const reports = await keeper.runEvery(minutes(5), CHECK, minutes(30));
  expect(events(keeper)).toEqual(countIncidents(reports));
  expect(reports.map(({ findings }) => findings.some(({ code }) => code === 'notification-failed'))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('an answer that is lost costs one message twice, never one not at all', async () => {
  const keeper = telling();
  keeper.world.faults.add({
    match: { service: 'webhook' },
    after: 2,
    times: 1,
    respond: { kind: 'lost-answer' },
  });
  const reports = await keeper.runEvery(minutes(5), CHECK, minutes(15));
  expect(new Set(events(keeper))).toEqual(new Set(countIncidents(reports)));
  expect(events(keeper)).toHaveLength(5);
});

test('what nobody takes for a week is given up, and that is said', async () => {
  const keeper = telling();
  failing(keeper);
  await keeper.run(CHECK);
  keeper.clock.advance(days(7));
  const { findings } = await keeper.run(CHECK);
  expect(findings.at(-1)?.detail).toContain('4 were given up');
  keeper.world.faults.clear();
  keeper.clock.advance(minutes(5));
  await keeper.run(CHECK);
  expect(keeper.world.webhook.messages[0]?.text).toMatch(
    /^\[warning\] 4 notifications could not be delivered and were given up\nmade between 2026-03-01T00:00:01/,
  );
  expect(keeper.world.webhook.messages.filter(({ text }) => text.includes('given up'))).toHaveLength(1);
});

test('a host that does not answer takes eight seconds of a run', async () => {
  const keeper = telling();
  keeper.world.faults.add({
    match: { service: 'webhook' },
    after: 0,
    times: null,
    respond: { kind: 'timeout' },
  });
  const calm = telling();
  await calm.run(CHECK);
  const begins = keeper.clock.now();
  const { findings } = await keeper.run(CHECK);
  expect(findings.at(-1)?.detail).toContain('no answer within 8 s');
  // The message and the sign of life.
  expect(keeper.clock.now() - begins).toBe(calm.clock.now() - begins + seconds(16));
});

/** The webhook answers so to messages that hold a word. */
const refusing = (word: string, status: number) => ({
  wrapTransport: (inner: Transport): Transport => ({
    send: async (request) => {
      const isHit = request.url.includes('/services/') && String(request.body).includes(word);
      return isHit ? { status, headers: {}, body: 'invalid_payload' } : inner.send(request);
    },
  }),
});

test('one message that is refused for what stands in it keeps no other back, is given up after three tries, and that is said', async () => {
  const keeper = telling(refusing('key-expired', 400));
  const first = await keeper.run(CHECK);
  expect(events(keeper)).toHaveLength(3);
  expect(first.findings.at(-1)?.detail).toMatch(
    /^it answered 400; messages wait, the oldest since 2026-03-01T/,
  );
  const later = await keeper.runEvery(minutes(5), CHECK, minutes(20));
  const details = later.map(
    ({ findings }) => findings.find(({ code }) => code === 'notification-failed')?.detail,
  );
  expect(details[0]).toMatch(/^it answered 400; messages wait/);
  expect(details[1]).toMatch(/^it answered 400 for the third time, and it is given up$/);
  expect(new Set(details.slice(2))).toEqual(new Set([undefined]));
  const told = keeper.world.webhook.messages.map(({ text }) => text.split('\n')[0]);
  expect(told.filter((head) => head?.includes('1 notification could not be delivered'))).toHaveLength(1);
  expect(told).toHaveLength(4);
});

test.each([401, 403, 404, 410, 429, 500])(
  'a %s is not about the message: it stays, and nothing else is tried',
  async (status) => {
    const keeper = telling(refusing('key-expired', status));
    for (let i = 0; i < 4; i += 1) await keeper.run(CHECK);
    expect(events(keeper)).toEqual([]);
    const { messages } = JSON.parse((await keeper.ledger.read(RECORD))?.body ?? '') as {
      messages: unknown[];
    };
    expect(messages).toHaveLength(4);
  },
);

test('a webhook that refuses all it is told is asked three times a run and no more', async () => {
  let calls = 0;
  const wrapped = telling({
    wrapTransport: (inner) => ({
      send: async (request) => {
        if (!request.url.includes('/services/')) return inner.send(request);
        calls += 1;
        return { status: 400, headers: {}, body: 'invalid_payload' };
      },
    }),
  });
  await wrapped.run(CHECK);
  expect(calls).toBe(3);
});

test('messages are taken out of the ledger five at a time', async () => {
  const ledger = createMemoryLedger();
  let writes = 0;
  const keeper = telling({
    ledger: {
      ...ledger,
      write: async (key, body, tag) => {
        if (key === RECORD) writes += 1;
        return ledger.write(key, body, tag);
      },
    },
  });
  const messages = Array.from({ length: 12 }, (_, i) => ({
    id: `m${i}`,
    text: `[x] code: ${i}`,
    at: START,
    tries: 0,
  }));
  await ledger.write(RECORD, JSON.stringify({ schema: 1, revision: 1, open: {}, messages }), undefined);
  await keeper.run(CHECK);
  expect(keeper.world.webhook.messages).toHaveLength(16);
  // What was decided; then five, five, five and one.
  expect(writes).toBe(5);
});

test('no redirect is followed, and a page in place of an answer is none', async () => {
  for (const answer of [
    { status: 302, headers: { location: 'https://elsewhere.example/' }, body: '' },
    { status: 200, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><html>sign in</html>' },
  ]) {
    const asked: string[] = [];
    const wrapTransport = (inner: Transport): Transport => ({
      send: async (request) => {
        if (!request.url.includes('/webhook/')) return inner.send(request);
        asked.push(new URL(request.url).host);
        return answer;
      },
    });
    const { findings } = await telling({ wrapTransport }).run(CHECK);
    expect(findings.at(-1)).toMatchObject({ code: 'notification-failed' });
    expect(new Set(asked)).toEqual(new Set(['127.0.0.1']));
  }
});

test('of two runs at once one tells', async () => {
  const keeper = telling();
  const runs = await keeper.runTwice(CHECK);
  expect(runs.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(new Set(events(keeper)).size).toBe(4);
  expect(events(keeper)).toHaveLength(4);
});

test('of all functions at once, on a slow channel, one sends what all of them found', async () => {
  const keeper = telling();
  keeper.world.faults.add({
    match: { service: 'webhook', operation: 'sendMessage' },
    after: 0,
    times: null,
    respond: { kind: 'slow', ms: 1_500 },
  });
  const reports = await keeper.runAtOnce(
    'check-logpush',
    'verify-buckets',
    'reenable-logpush',
    'rotate-keys',
  );
  const told = events(keeper);
  expect(told.length).toBeGreaterThan(6);
  expect(new Set(told).size).toBe(told.length);
  // What two of them find alike is told by the first that ends.
  const inOrder = reports.toSorted((a, b) => a.finishedAt - b.finishedAt);
  expect(told.toSorted()).toEqual(countIncidents(inOrder).toSorted());
  expect(JSON.parse((await keeper.ledger.read(RECORD))?.body ?? '')).not.toHaveProperty('claim');
});

test('who is suspended while it sends is taken for dead, and leaves the rest to whoever took it over', async () => {
  const keeper = telling();
  let sends = 0;
  const suspended = (surroundings: Surroundings): Surroundings => ({
    ...surroundings,
    transport: {
      send: async (request) => {
        const answer = await surroundings.transport.send(request);
        if (request.url.includes('/services/')) sends += 1;
        if (sends === 3) await keeper.clock.sleep(minutes(9));
        return answer;
      },
    },
  });
  const later = keeper.clock.sleep(minutes(5)).then(() => keeper.start(CHECK));
  await keeper.clock.run(Promise.all([keeper.start(CHECK, { surround: suspended }), later]));
  // Three were sent and not taken out before the other came.
  expect(sends).toBe(3);
  expect(events(keeper)).toHaveLength(7);
  expect(new Set(events(keeper)).size).toBe(4);
  expect(JSON.parse((await keeper.ledger.read(RECORD))?.body ?? '')).toMatchObject({ messages: [] });
});

test('a ledger that cannot be used stops neither run nor outcome, and is no sign of life', async () => {
  const ledger = createMemoryLedger();
  const fails = (key: string) => key.startsWith('notifications/') || key.startsWith('runs/');
  const keeper = telling({
    ledger: {
      ...ledger,
      read: async (key) => {
        if (fails(key)) throw new LedgerUnavailableError('planned: away');
        return ledger.read(key);
      },
    },
  });
  const { outcome, findings } = await keeper.run(CHECK);
  expect(outcome).toBe('findings');
  expect(findings.at(-1)).toMatchObject({
    code: 'notification-failed',
    detail: expect.stringContaining('planned: away'),
  });
  expect(keeper.world.webhook).toMatchObject({ messages: [], beats: [] });
});

test('a record of notifications of a newer keeper is left alone, and said', async () => {
  const keeper = telling();
  const body = '{"schema":2}';
  await keeper.ledger.write(RECORD, body, undefined);
  const { findings } = await keeper.run(CHECK);
  expect(findings.at(-1)).toMatchObject({
    code: 'notification-failed',
    detail: expect.stringContaining('update this one'),
  });
  expect((await keeper.ledger.read(RECORD))?.body).toBe(body);
  expect(keeper.world.webhook.messages).toEqual([]);
});
