import type { Clock, Random, Transport } from '../../shared/ports.ts';
import { runDeploy } from '../code-engine/cli.ts';
import { deployFiles } from '../local/deploy-files.ts';
import { IbmCloud } from '../local/ibmcloud/ibmcloud.ts';
import type { ToolFiles } from '../local/ibmcloud/shell.ts';
import type { LocalEndpoints } from '../local/keeper-config.ts';
import type { World } from '../local/world.ts';

interface Place {
  readonly world: World;
  readonly endpoints: LocalEndpoints;
  /** Base URL of the receiver of messages. */
  readonly webhook: string;
  /** Of the function `webhook`. */
  readonly code: string;
  /** Changes the manifest before it is deployed. */
  readonly changeManifest?: ((text: string) => string) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
}

/**
 * Deploys the keeper of a world to its own Code Engine, as `npm run deploy -- apply` does.
 *
 * @throws {Error} with what the deployer said, when it does not deploy
 */
export async function deployTo(place: Place): Promise<void> {
  const { world, endpoints, webhook, code, changeManifest = (text: string) => text, ...ports } = place;
  const plan = deployFiles(world, endpoints, webhook);
  if (plan === undefined) throw new Error(`the world ${world.file.name} says not where it is deployed`);
  const files = new Map([
    ['keeper.yml', plan.config],
    ['manifest.yml', changeManifest(plan.manifest)],
    ['out/webhook/main.js', code],
  ]);
  const tool = new IbmCloud(world);
  let said = '';
  const say = (text: string): void => void (said += text);
  const exit = await runDeploy(
    ['apply'],
    plan.env,
    { out: say, err: say },
    {
      ...ports,
      subprocess: { run: (_program, argv, { env }) => tool.run({ argv, env, files: NO_FILES }) },
      home: () => 'rehearsal',
      readFile: (path) => {
        const text = files.get(path);
        if (text === undefined)
          throw Object.assign(new Error(`there is no file ${path}`), { code: 'ENOENT' });
        return Buffer.from(text);
      },
    },
  );
  if (exit !== 0) throw new Error(`the deployment ended with ${exit}:\n${said}`);
}

/** The deployer hands IBM's tool no file. */
const NO_FILES: ToolFiles = {
  read: () => undefined,
  write: () => {},
  list: () => undefined,
  absolute: (path) => path,
};
