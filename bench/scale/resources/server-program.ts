import { createServer } from 'node:http';
import { systemClock } from '../../../shared/runtime/system.ts';
import { answerOf } from './endless-cloud.ts';

/** Serves a fleet of so many zones on loopback, and says on which port. A process of its own, so that only its callers are measured. */
const [, , zones] = process.argv;
const clock = systemClock();

const server = createServer((request, response) => {
  request.resume();
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const body = answerOf(url, Number(zones), clock.now());
  response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body ?? {}));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`);
});
