import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployFiles, LOCAL_IMAGE } from '../local/deploy-files.ts';
import { type ServedCloud, serveWorld } from '../local/serve.ts';
import type { WorldFile } from '../local/world-file.ts';

/** A keeper that was deployed to the Code Engine of a served world: every run is a process of its own. */
export interface ServedRehearsal {
  readonly cloud: ServedCloud;
  /** What runs wrote, a line each. */
  lines(): readonly string[];
  /** Lives until an instant of the cloud, by the subscriptions of Code Engine alone. */
  until(at: number): Promise<void>;
  close(): Promise<void>;
}

const DEPLOYER = fileURLToPath(new URL('../code-engine/main.ts', import.meta.url));

/**
 * Serves a world and deploys its keeper as a person would: the deployer as a process, IBM's tool on its `PATH`.
 *
 * @param bundles - folder that `npm run build` has written
 * @throws {Error} with what the deployer said, when it does not deploy
 */
export async function rehearseServed(
  file: WorldFile,
  options: {
    readonly seed: number;
    readonly bundles: string;
    readonly changeManifest?: (text: string) => string;
  },
): Promise<ServedRehearsal> {
  const { seed, bundles, changeManifest = (text: string) => text } = options;
  const out = mkdtempSync(join(tmpdir(), 'logpush-keeper-'));
  const cloud = await serveWorld(file, { seed, out, images: new Map([[LOCAL_IMAGE, bundles]]) });
  const close = async (): Promise<void> => {
    await cloud.close();
    rmSync(out, { recursive: true, force: true });
  };
  try {
    const files = deployFiles(cloud.world, cloud.endpoints, cloud.webhook);
    if (files === undefined) throw new Error(`the world ${file.name} says not where it is deployed`);
    const manifest = join(out, 'manifest.yml');
    writeFileSync(manifest, changeManifest(files.manifest));
    const PATH = [join(out, 'bin'), process.env['PATH'] ?? ''].join(delimiter);
    const args = ['apply', '--config', join(out, 'deploy.yml'), '--manifest', manifest, '--bundles', bundles];
    await finished([DEPLOYER, ...args], { ...files.env, PATH, HOME: out });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    cloud,
    lines: () => cloud.processes.logs.flatMap(({ stdout }) => stdout.trimEnd().split('\n')),
    until: (at) => cloud.world.codeEngine.fastForward(at),
    close,
  };
}

function finished(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { env });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (said += text));
    child.on('error', failed);
    child.on('close', (code) =>
      code === 0 ? done() : failed(new Error(`the deployment ended with ${code}:\n${said}`)),
    );
  });
}
