import { fileURLToPath } from 'node:url';
import { keeperConfig } from '../local/keeper-config.ts';
import { loadWorld } from '../local/load-world.ts';
import { serveWorld } from '../local/serve.ts';
import type { WorldFile } from '../local/world-file.ts';
import type { Bundle } from './bundle.ts';
import { imageEnvironment, runNode } from './run-node.ts';

const KEEP_COMPILED = fileURLToPath(new URL('keep-compiled.cjs', import.meta.url));

/**
 * Runs each job once against a simulated IBM Cloud, as it runs on Code Engine, and lays what V8 has compiled by then beside its
 * code (`*.cache`): a job starts from that. It is of use to the same version of Node with the same flags only, so it is made with
 * those of the image; any other compiles as ever.
 *
 * @returns what is wrong; empty when all is well
 */
export async function warmBundles(bundles: readonly Bundle[]): Promise<readonly string[]> {
  const jobs = bundles.filter(({ asideBytes }) => asideBytes !== undefined);
  return (await Promise.all(jobs.map(warm))).flat();
}

async function warm({ name, folder }: Bundle): Promise<readonly string[]> {
  const { file, ledger } = worldWithLedger();
  const cloud = await serveWorld(file, { seed: 1 });
  try {
    const variable = (account: string): string => `${account.toUpperCase()}_APIKEY`;
    const keys = file.accounts.flatMap(({ name: account, keeper }) =>
      keeper === undefined ? [] : [[variable(account), cloud.world.keyValue(keeper.apiKey)] as const],
    );
    const source = (account: string) => ({ env: variable(account) });
    const { code, lines } = await runNode(['--require', KEEP_COMPILED, `${folder}/main.js`], {
      ...imageEnvironment(),
      ...Object.fromEntries(keys),
      KEEPER_CONFIG_TEXT: keeperConfig(file, cloud.endpoints, source, ledger),
    });
    return code === 0 ? [] : [`${name}: it must run, to be warm; it exited ${code} with ${lines.at(-1)}`];
  } finally {
    await cloud.close();
  }
}

/** The demo world, where the keeper may write to the bucket of its ledger, as its profiles may on Code Engine. */
function worldWithLedger(): { readonly file: WorldFile; readonly ledger: string } {
  // Nothing is deployed in it: the manifest is not among the files that an image is built from.
  const { codeEngine, ...file } = loadWorld('demo');
  if (codeEngine === undefined) throw new Error('the demo world has no ledger in a bucket');
  for (const { keeper, serviceIds } of file.accounts)
    for (const { name, policies } of serviceIds)
      if (name === keeper?.serviceId) policies.push({ service: 'cloud-object-storage', roles: ['Writer'] });
  return { file, ledger: codeEngine.ledger };
}
