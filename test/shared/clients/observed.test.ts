import { expect, test } from 'vitest';
import { HttpClient } from '../../../shared/clients/http.ts';
import type { Exchange } from '../../../shared/domain/doctor/exchange.ts';
import { type HttpResponse, TransportError, type TransportFailure } from '../../../shared/ports.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';
import { TRACER_KEY } from '../../support/keeper-yml.ts';

/** What an observer is told of one call that is answered so. */
async function observedOf(came: Partial<HttpResponse> | TransportFailure): Promise<readonly Exchange[]> {
  const told: Exchange[] = [];
  const http = new HttpClient({
    transport: {
      send: () =>
        typeof came === 'string'
          ? Promise.reject(new TransportError(came))
          : Promise.resolve({ status: 200, headers: {}, body: '', ...came }),
    },
    clock: fakeClock(),
    random: fixedRandom,
    observe: (exchange) => void told.push(exchange),
  });
  await http
    .exchange({
      service: 'cis',
      operation: 'listLogpushJobs',
      method: 'GET',
      url: `https://api.cis.cloud.ibm.com/v2/${TRACER_KEY}?q=${TRACER_KEY}`,
      headers: { authorization: `Bearer ${TRACER_KEY}` },
    })
    .catch(() => undefined);
  expect(JSON.stringify(told)).not.toContain(TRACER_KEY);
  return told;
}

test('an observer is told what an answer shows beside its content', async () => {
  const [told] = await observedOf({
    status: 429,
    headers: {
      date: 'Sun, 01 Mar 2026 00:00:00 GMT',
      ratelimit: '"default";r=50;t=30',
      'retry-after': '30',
      'x-secret': TRACER_KEY,
    },
    body: JSON.stringify({
      success: false,
      errors: [{ code: 10100, message: TRACER_KEY }],
      messages: [],
      result: null,
      [TRACER_KEY]: TRACER_KEY,
    }),
  });
  expect(told).toMatchObject({
    service: 'cis',
    operation: 'listLogpushJobs',
    host: 'api.cis.cloud.ibm.com',
    status: 429,
    dateAt: Date.UTC(2026, 2, 1),
    pace: { ratelimit: '"default";r=50;t=30', 'retry-after': '30' },
    shape: 'errors[code message] messages[] result:null success',
  });
});

test.each([
  ['["a", "b"]', undefined],
  [`"${TRACER_KEY}"`, undefined],
  [`not JSON ${TRACER_KEY}`, undefined],
  [`{"errors":["${TRACER_KEY}"]}`, 'errors[string]'],
  [`{"errors":[["${TRACER_KEY}"]]}`, 'errors[list]'],
])('the shape of %s', async (body, shape) => {
  expect((await observedOf({ body }))[0]?.shape).toBe(shape);
});

test('why no answer came', async () => {
  expect(await observedOf('dns')).toMatchObject([{ failure: 'dns', pace: {} }]);
});
