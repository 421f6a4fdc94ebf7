import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundle, buildBundles } from '../../infra/build/bundle.ts';
import { imageEnvironment } from '../../infra/build/run-node.ts';
import { warmBundles } from '../../infra/build/warm.ts';
import { systemClock } from '../../shared/runtime/system.ts';
import { configAt } from './resources/config-at.ts';
import { answerOf, instancesOf } from './resources/endless-cloud.ts';
import { LEDGER } from './world.ts';

/** How long a process takes from its start to a call. */
export interface Startup {
  readonly name: string;
  /** The first one, or the first one to COS, of a job whose ledger is in a bucket. */
  readonly until: 'call' | 'COS';
  readonly medianMs: number;
  /** To a Node that does nothing but call. */
  readonly ratio: number;
  /** The same of a job without what V8 compiled before. */
  readonly cold?: { readonly medianMs: number; readonly ratio: number };
}

const TIMES = 15;
const BARE = 'node alone';

type Environment = Readonly<Record<string, string>>;

/** A process to start, and until which call it is timed. */
interface Program {
  readonly name: string;
  readonly until: Startup['until'];
  readonly isCold: boolean;
  readonly args: readonly string[];
  readonly env: Environment;
}

/**
 * From the start of a process until its first request arrives on loopback, in the middle of so many starts, which take turns so
 * that a busy moment of the machine falls on all of them. Jobs start as they do in their image, and once more without what V8
 * compiled before. The webhook starts in a process that loads its text and calls it, as the platform does.
 */
export async function measureStartup(): Promise<readonly Startup[]> {
  const folder = mkdtempSync(join(tmpdir(), 'keeper-start-'));
  const server = createServer();
  try {
    const port = await listening(server);
    const programs = await programsIn(folder, port);
    const taken = new Map<Program, number[]>(programs.map((program) => [program, []]));
    for (let round = 0; round < TIMES; round += 1)
      for (const [program, times] of taken) {
        rmSync(join(folder, 'ledger'), { recursive: true, force: true });
        times.push(await untilCall(server, program));
      }
    return startupsOf(new Map([...taken].map(([program, times]) => [program, median(times)])));
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

function startupsOf(medians: ReadonlyMap<Program, number>): readonly Startup[] {
  const all = [...medians];
  const bareMs = all.find(([{ name }]) => name === BARE)?.[1] ?? Number.NaN;
  const taken = (medianMs: number) => ({ medianMs, ratio: medianMs / bareMs });
  return all
    .filter(([{ isCold }]) => !isCold)
    .map(([{ name, until }, medianMs]) => {
      const cold = all.find(([other]) => other.isCold && other.name === name && other.until === until)?.[1];
      return { name, until, ...taken(medianMs), ...(cold === undefined ? {} : { cold: taken(cold) }) };
    });
}

async function programsIn(folder: string, port: number): Promise<readonly Program[]> {
  const bundles = await buildBundles(join(folder, 'warm'));
  cpSync(join(folder, 'warm'), join(folder, 'cold'), { recursive: true });
  const problems = await warmBundles(bundles);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const base = `http://127.0.0.1:${port}`;
  const common = { until: 'call', isCold: false, env: {} } as const;
  const bare = write('bare.js', `require('node:http').get('${base}/').on('error', () => {});\n`);
  const host = write('host.js', HOST);
  return [
    { ...common, name: BARE, args: [bare] },
    ...bundles.flatMap((bundle) =>
      bundle.asideBytes === undefined
        ? [
            {
              ...common,
              name: bundle.name,
              args: [host, join(bundle.folder, 'main.js')],
              env: webhookEnvironment(base, write('token', 'a.b.c')),
            },
          ]
        : jobPrograms(bundle, folder, port),
    ),
  ];
}

/** With either ledger, warm and cold. */
const jobPrograms = ({ name }: Bundle, folder: string, port: number): readonly Program[] =>
  [
    { until: 'call', ledger: `file:${join(folder, 'ledger')}` } as const,
    { until: 'COS', ledger: LEDGER } as const,
  ].flatMap(({ until, ledger }) => {
    const { text, env } = configAt(port, instancesOf(1), ledger);
    return ['warm', 'cold'].map((state) => ({
      name,
      until,
      isCold: state === 'cold',
      args: [join(folder, state, name, 'main.js')],
      env: { ...imageEnvironment(), ...env, KEEPER_CONFIG_TEXT: text },
    }));
  });

const SECRET = '0'.repeat(32);

const webhookEnvironment = (base: string, tokenFile: string): Environment => ({
  KEEPER_WEBHOOK_SECRET: SECRET,
  KEEPER_PROFILE_ID: 'Profile-1',
  KEEPER_RINGS_BUCKET: 'rings',
  KEEPER_RINGS_ENDPOINT: `${base}/cos`,
  KEEPER_IAM_ENDPOINT: `${base}/iam`,
  CR_TOKEN_FILENAME: tokenFile,
});

/** Loads a text in the scope of a function, and calls it with an alert of CIS. */
const HOST = `
const text = require('node:fs').readFileSync(process.argv[2], 'utf8');
const module_ = { exports: {} };
new Function('module', 'exports', 'require', text)(module_, module_.exports, require);
const headers = { 'cf-webhook-auth': '${SECRET}', 'content-type': 'application/json' };
module_.exports.main({ __ce_method: 'POST', __ce_path: '/alert', __ce_headers: headers, __ce_body: 'e30=' });
`;

const listening = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the server has no port'));
    });
  });

const clock = systemClock();
const milliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Logins before the call that is waited for are answered; nothing else is. */
function untilCall(server: Server, { args, env, until }: Program): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = milliseconds();
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    server.removeAllListeners('request').on('request', ({ url = '' }, answer) => {
      const ms = milliseconds() - startedAt;
      if (until === 'COS' && !url.startsWith('/cos/')) {
        const body = JSON.stringify(answerOf(new URL(url, 'http://127.0.0.1'), 1, clock.now()));
        answer.setHeader('content-type', 'application/json').end(body);
        return;
      }
      child.removeAllListeners('close').on('close', () => resolve(ms));
      child.kill('SIGKILL');
    });
    child.on('error', reject).on('close', (code) => {
      reject(new Error(`${args.join(' ')} ended with ${code} and did not make the call to ${until}`));
    });
  });
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
