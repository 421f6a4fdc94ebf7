import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { systemClock } from '../../shared/runtime/system.ts';
import { type HmacKeys, signatureHeaders } from './sigv4.ts';

const clock = systemClock();

/** What is between us and the front, or says who asks; the server sees neither. */
const OURS = new Set(['authorization', 'connection', 'expect', 'host', 'ibm-service-instance-id']);

/**
 * Makes an S3 server that knows only signatures take bearer tokens, as IBM's does: `/cos/<location>/<bucket>/<key>` goes
 * on to `/<bucket>/<key>`, signed with the keys of whom the token stands for. `/iam/identity/token` gives the tokens.
 *
 * @param identities - by API key, which is the token too
 */
export async function startFront(target: string, identities: ReadonlyMap<string, HmacKeys>) {
  const agent = new Agent();

  async function login(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const apiKey = new URLSearchParams((await buffer(incoming)).toString()).get('apikey') ?? '';
    const expiration = Math.floor(clock.now() / 1000) + 3600;
    response
      .writeHead(identities.has(apiKey) ? 200 : 400, { 'content-type': 'application/json' })
      .end(JSON.stringify({ access_token: apiKey, expires_in: 3600, expiration }));
  }

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const keys = identities.get(incoming.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (keys === undefined) {
      response.writeHead(403).end();
      return;
    }
    const { method = 'GET', url: path = '' } = incoming;
    const url = new URL(path.replace(/^\/cos\/[^/]+/, ''), target);
    const body = await buffer(incoming);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(incoming.headers))
      if (!OURS.has(name)) headers[name] = String(value);
    // The gateway takes a tag without its quotes only; IBM takes it as it was given.
    if (headers['if-match'] !== undefined) headers['if-match'] = headers['if-match'].replaceAll('"', '');
    const {
      statusCode,
      headers: received,
      body: content,
    } = await request(url, {
      dispatcher: agent,
      method: method as 'GET',
      headers: { ...headers, ...signatureHeaders({ method, url, body }, keys, clock.now()) },
      body: body.length === 0 ? null : body,
    });
    const { connection: _connection, 'transfer-encoding': _encoding, ...rest } = received;
    response.writeHead(statusCode, rest).end(Buffer.from(await content.arrayBuffer()));
  }

  const server = createServer((incoming, response) => {
    const serve = incoming.url === '/iam/identity/token' ? login : forward;
    serve(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((ready) => {
    server.listen(0, '127.0.0.1', ready);
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoints: { iam: `${base}/iam`, cos: `${base}/cos` },
    async close() {
      server.closeAllConnections();
      server.close();
      await agent.destroy();
    },
  };
}
