import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onlyWhatIsNeeded } from '../../../infra/build/parts.ts';
import { runNode } from '../../../infra/build/run-node.ts';

const out = mkdtempSync(join(tmpdir(), 'logpush-keeper-parts-'));
const program = join(out, 'program.cjs');

/** Calls the server that it is given, by HTTP/2 when it is told to, and says what came and whether Node's HTTP/2 was loaded. */
const PROGRAM = `
  import { Agent } from 'undici';
  const [origin, useH2c] = process.argv.slice(2);
  const agent = new Agent({ useH2c: useH2c === 'h2' });
  const call = async () => {
    const { statusCode, body } = await agent.request({ origin, path: '/a?b=c', method: 'PUT', body: 'sent' });
    console.log(statusCode, await body.text(), process.moduleLoadList.includes('NativeModule http2'));
    await agent.close();
  };
  void call();
`;

beforeAll(async () => {
  const stdin = { contents: PROGRAM, resolveDir: import.meta.dirname, loader: 'ts' } as const;
  await build({ stdin, bundle: true, platform: 'node', outfile: program, plugins: [onlyWhatIsNeeded] });
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

async function called(server: Server, ...more: readonly string[]): Promise<readonly string[]> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
  const { port } = server.address() as AddressInfo;
  const { lines } = await runNode([program, `http://127.0.0.1:${port}`, ...more]);
  server.close();
  return lines;
}

test('the undici of a bundle calls, and leaves HTTP/2 aside', async () => {
  const server = createServer((request, response) => response.end(`${request.httpVersion} ${request.url}`));
  expect(await called(server)).toEqual(['200 1.1 /a?b=c false']);
});

test('it speaks HTTP/2 as well', async () => {
  const server = createHttp2Server((request, response) =>
    response.end(`${request.httpVersion} ${request.url}`),
  );
  expect(await called(server, 'h2')).toEqual(['200 2.0 /a?b=c true']);
});

test('what it has not is missed when a job is built, and not when it runs', async () => {
  const contents = "import { ProxyAgent } from 'undici'; new ProxyAgent('http://127.0.0.1');";
  const stdin = { contents, resolveDir: import.meta.dirname, loader: 'ts' } as const;
  await expect(
    build({
      stdin,
      bundle: true,
      platform: 'node',
      write: false,
      plugins: [onlyWhatIsNeeded],
      logLevel: 'silent',
    }),
  ).rejects.toThrow('No matching export');
});
