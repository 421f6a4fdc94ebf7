import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFetchTransport } from '../../../shared/clients/fetch-transport.ts';
import { createUndiciTransport } from '../../../shared/clients/undici-transport.ts';
import { type Transport, TransportError } from '../../../shared/ports.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((ready) => {
    server.listen(0, '127.0.0.1', ready);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const failure = async (sent: Promise<unknown>): Promise<string> => {
  const error = await sent.catch((caught: unknown) => caught);
  if (!(error instanceof TransportError)) throw new Error('a TransportError was expected');
  expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain('planted-token');
  return error.kind;
};

describe.each<readonly [string, Transport]>([
  ['undici', createUndiciTransport()],
  ['fetch', createFetchTransport()],
])('%s', (_, transport) => {
  const get = (url: string, timeoutMs = 5_000) =>
    transport.send({ method: 'GET', url, headers: { authorization: 'Bearer planted-token' }, timeoutMs });

  test('carries status, headers and body', async () => {
    const url = await serve((_, response) => {
      response.writeHead(201, { 'X-Correlation-Id': 'c-1' }).end('body');
    });
    expect(await get(url)).toMatchObject({
      status: 201,
      headers: { 'x-correlation-id': 'c-1' },
      body: 'body',
    });
  });

  test('a redirect is an answer: nothing is sent to where it points', async () => {
    let followed = 0;
    const trap = await serve((_, response) => {
      followed += 1;
      response.end();
    });
    const url = await serve((_, response) => {
      response.writeHead(307, { location: trap }).end();
    });
    expect((await get(url)).status).toBe(307);
    expect(followed).toBe(0);
  });

  test('a closed port is refused', async () => {
    const url = await serve(() => {});
    servers.splice(0).forEach((server) => server.close());
    expect(await failure(get(url))).toBe('refused');
  });

  test('a connection that breaks before the answer is a reset', async () => {
    const url = await serve((request) => {
      request.socket.destroy();
    });
    expect(await failure(get(url))).toBe('reset');
  });

  test('no answer, or no end of one, is a time-out', async () => {
    const silent = await serve(() => {});
    expect(await failure(get(silent, 50))).toBe('timeout');
    const endless = await serve((_, response) => {
      response.writeHead(200).write('part');
    });
    expect(await failure(get(endless, 50))).toBe('timeout');
  });

  test('a body is sent as it is', async () => {
    const url = await serve((request, response) => {
      request.pipe(response);
    });
    const put = { method: 'PUT', url, headers: {}, timeoutMs: 5_000 } as const;
    expect((await transport.send({ ...put, body: 'ä' })).body).toBe('ä');
    expect((await transport.send({ ...put, body: Buffer.from('bytes') })).body).toBe('bytes');
  });

  test('a body that is too large is no answer', async () => {
    const url = await serve((_, response) => {
      response.end(Buffer.alloc(9 * 1024 * 1024));
    });
    expect(await failure(get(url))).toBe('other');
  });
});
