import { fileURLToPath } from 'node:url';
import { deployFiles } from '../local/deploy-files.ts';
import { loadWorld } from '../local/load-world.ts';
import { serveWorld } from '../local/serve.ts';
import type { WorldFile } from '../local/world-file.ts';
import type { Bundle } from './bundle.ts';
import { imageEnvironment, runNode } from './run-node.ts';

const KEEP_COMPILED = fileURLToPath(new URL('keep-compiled.cjs', import.meta.url));

/**
 * Runs each job once against a simulated IBM Cloud, as it runs on Code Engine, and lays what V8 has compiled by then beside its
 * code (`*.cache`): a job starts from that. It is of use to the same version of Node only; any other compiles as ever.
 *
 * @returns what is wrong; empty when all is well
 */
export async function warmBundles(bundles: readonly Bundle[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, folder, asideBytes } of bundles)
    if (asideBytes !== undefined) problems.push(...(await warm(name, folder)));
  return problems;
}

async function warm(name: string, folder: string): Promise<readonly string[]> {
  const { world, endpoints, webhook, close } = await serveWorld(worldWithLedger(), { seed: 1 });
  try {
    const files = deployFiles(world, endpoints, webhook);
    if (files === undefined) throw new Error('the demo world is not meant to be deployed');
    const { code, lines } = await runNode(['--require', KEEP_COMPILED, `${folder}/main.js`], {
      ...imageEnvironment(),
      ...files.env,
      KEEPER_CONFIG_TEXT: files.config,
    });
    return code === 0 ? [] : [`${name}: it must run, to be warm; it exited ${code} with ${lines.at(-1)}`];
  } finally {
    await close();
  }
}

/** The demo world, where the keeper may write to the bucket of its ledger, as its profiles may on Code Engine. */
function worldWithLedger(): WorldFile {
  const file = loadWorld('demo');
  for (const { keeper, serviceIds } of file.accounts)
    for (const { name, policies } of serviceIds)
      if (name === keeper?.serviceId) policies.push({ service: 'cloud-object-storage', roles: ['Writer'] });
  return file;
}
