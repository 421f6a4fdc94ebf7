import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUndiciTransport } from '../../shared/clients/undici-transport.ts';
import { systemRandom } from '../../shared/runtime/system.ts';
import { LOCAL_IMAGE } from '../local/deploy-files.ts';
import { type ServedCloud, serveWorld } from '../local/serve.ts';
import type { WorldFile } from '../local/world-file.ts';
import { deployTo } from './deploy.ts';

/** A keeper that was deployed to the Code Engine of a served world: every run is a process of its own. */
export interface ServedRehearsal {
  readonly cloud: ServedCloud;
  /** What runs wrote, a line each. */
  readonly lines: () => readonly string[];
  /** Lives until an instant of the cloud, by the subscriptions of Code Engine alone. */
  readonly until: (at: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Serves a world and deploys its keeper. While the deployer waits, the time of the cloud moves on at once.
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
  const { seed, bundles, changeManifest } = options;
  const cloud = await serveWorld(file, { seed, images: new Map([[LOCAL_IMAGE, bundles]]) });
  const { world, endpoints, webhook } = cloud;
  const transport = createUndiciTransport();
  try {
    await deployTo({
      world,
      endpoints,
      webhook,
      code: readFileSync(join(bundles, 'webhook', 'main.js'), 'utf8'),
      changeManifest,
      clock: { now: () => world.now(), sleep: async (ms) => world.clock.advance(Math.max(0, ms)) },
      random: systemRandom(),
      transport,
    });
  } catch (error) {
    await cloud.close();
    throw error;
  } finally {
    await transport.close();
  }
  return {
    cloud,
    lines: () => cloud.processes.logs.flatMap(({ stdout }) => stdout.trimEnd().split('\n')),
    until: (at) => world.codeEngine.fastForward(at),
    close: () => cloud.close(),
  };
}
