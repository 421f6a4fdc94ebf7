import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadWorld, worldNames } from './load-world.ts';
import { serveWorld } from './serve.ts';

const USAGE = `usage: npm run local-cloud -- [--world NAME|FILE] [--seed N] [--out DIR] [--port N] [--image REF=DIR]

Serves a simulated IBM Cloud on loopback and prints one JSON line when it is ready.
  --world  one of ${worldNames().join(', ')}, or a world file (default demo)
  --seed   whole number; the same seed draws the same world (default 1)
  --out    folder for keeper.yml, its key files and endpoints.json (default a temporary one, removed at the end)
  --port   TCP port (default a free one)
  --image  an image that Code Engine knows, and the folder that stands for it: jobs that name it run as processes,
           node <action>/main.js in that folder; may be repeated
`;

/** Starts a served local cloud from the command line. @returns false when the arguments are wrong */
async function main(args: readonly string[]): Promise<boolean> {
  let cloud: Awaited<ReturnType<typeof serveWorld>>;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        world: { type: 'string', default: 'demo' },
        seed: { type: 'string', default: '1' },
        out: { type: 'string' },
        port: { type: 'string', default: '0' },
        image: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return true;
    }
    cloud = await serveWorld(loadWorld(values.world), {
      seed: wholeNumber('--seed', values.seed),
      port: wholeNumber('--port', values.port),
      images: new Map(values.image.map(imageFolder)),
      ...(values.out === undefined ? {} : { out: resolve(values.out) }),
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return false;
  }
  const { endpoints, control, config, apiKey } = cloud;
  process.stdout.write(`${JSON.stringify({ ready: true, endpoints, control, config, apiKey })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void cloud.close().then(() => process.exit(0));
    });
  }
  return true;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} takes a whole number, not "${text}"`);
  return Number(text);
}

function imageFolder(text: string): readonly [string, string] {
  const [, reference, folder] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (reference === undefined || folder === undefined)
    throw new Error(`--image takes REF=DIR, not "${text}"`);
  return [reference, resolve(folder)];
}

if (!(await main(process.argv.slice(2)))) process.exitCode = 1;
