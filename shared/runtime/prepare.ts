import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { createUndiciTransport } from '../clients/undici-transport.ts';
import type { Secret } from '../domain/secret.ts';
import { parseInstant, seconds } from '../domain/time.ts';
import { ConfigError } from '../errors.ts';
import type { Transport } from '../ports.ts';
import { type Config, loadConfig } from './config/config.ts';
import type { ReadFile, Surroundings } from './connect.ts';
import { createLedger } from './ledger.ts';
import { createLog, redactValues } from './log.ts';
import { systemClock, systemRandom } from './system.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration from the named file, else from the file that `KEEPER_CONFIG` names, else from the text in
 * `KEEPER_CONFIG_TEXT`.
 *
 * @throws {ConfigError} listing everything that is wrong with it, or saying that there is none
 */
export function readConfig(
  path: string | undefined,
  env: Environment,
  readFile: ReadFile = readFileSync,
): Config {
  const file = path ?? env['KEEPER_CONFIG'];
  const text = env['KEEPER_CONFIG_TEXT'];
  if (file !== undefined) return loadConfig({ path: file, source: file, env, readFile });
  if (text !== undefined) return loadConfig({ text, source: 'KEEPER_CONFIG_TEXT', env, readFile });
  throw new ConfigError([
    {
      source: 'keeper.yml',
      line: 0,
      column: 0,
      message: 'no configuration was given',
      fix: 'name one with --config FILE, or with the environment variable KEEPER_CONFIG (a path) or KEEPER_CONFIG_TEXT (the text)',
    },
  ]);
}

/**
 * Reads the configuration again, from where `readConfig` read it; undefined when it cannot be read, or is broken, by
 * then. A text in the environment does not change while a process lasts. A file is only read while it stays the same.
 */
export function rereader(
  config: Config,
  path: string | undefined,
  env: Environment,
  readFile: ReadFile = readFileSync,
): () => Config | undefined {
  const file = path ?? env['KEEPER_CONFIG'];
  if (file === undefined) return () => config;
  let last: { readonly content: Uint8Array; readonly config: Config | undefined } | undefined;
  return () => {
    try {
      const content = readFile(file);
      if (last === undefined || !sameBytes(last.content, content))
        last = {
          content,
          config: parseAgain(file, env, (name) => (name === file ? content : readFile(name))),
        };
      return last.config;
    } catch {
      return undefined;
    }
  };
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function parseAgain(path: string, env: Environment, readFile: ReadFile): Config | undefined {
  try {
    return loadConfig({ path, source: path, env, readFile });
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/**
 * The surroundings of a real run: the network, the machine's clock and randomness, the configured ledger. When the
 * configuration names a loopback clock (a served local cloud), the run follows that clock.
 *
 * @param writeLog - takes one JSON line
 * @param readFile - reads the token with which the ledger logs in; absent = the machine's files
 * @param ledgerMs - so long from now the ledger may be used; absent = as long as it takes
 * @throws {ConfigError} when the named clock does not answer with a time
 */
export async function realSurroundings(
  config: Config,
  writeLog: (line: string) => void,
  readFile?: ReadFile,
  ledgerMs?: number,
): Promise<Surroundings & { readonly close: () => Promise<void> }> {
  const transport = createUndiciTransport();
  const url = config.endpoints.clock;
  const clock = systemClock(url === undefined ? 0 : await clockOffset(transport, url));
  const random = systemRandom();
  return {
    transport,
    clock,
    random,
    log: createLog({ write: writeLog, clock, redact: redactValues(secretsOf(config)) }),
    ledger: createLedger(config, {
      transport,
      clock,
      random,
      ...(readFile === undefined ? {} : { readFile }),
      ...(ledgerMs === undefined ? {} : { deadlineAt: clock.now() + ledgerMs }),
    }),
    close: () => transport.close(),
  };
}

const secretsOf = ({ accounts, notify }: Config): readonly Secret[] => [
  ...Object.values(accounts).flatMap(({ credential }) =>
    credential.kind === 'api-key' ? [credential.apiKey] : [],
  ),
  ...[notify?.webhook, notify?.heartbeat].filter((url) => url !== undefined),
];

const ClockAnswer = z.object({ now: z.string() });

/** How far the clock at `url` is ahead of the machine's, in milliseconds. */
async function clockOffset(transport: Transport, url: string): Promise<number> {
  const machine = systemClock();
  let now: number | undefined;
  try {
    const { body } = await transport.send({ method: 'GET', url, headers: {}, timeoutMs: seconds(5) });
    now = parseInstant(ClockAnswer.parse(JSON.parse(body)).now);
  } catch {
    now = undefined;
  }
  if (now !== undefined) return now - machine.now();
  throw new ConfigError([
    {
      source: 'endpoints.clock',
      line: 0,
      column: 0,
      message: `${url} does not answer with a time`,
      fix: 'start the local cloud, or leave endpoints.clock out to use the machine’s clock',
    },
  ]);
}
