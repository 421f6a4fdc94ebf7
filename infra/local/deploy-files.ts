import { keeperConfig, type LocalEndpoints } from './keeper-config.ts';
import type { World } from './world.ts';

/** What a person needs to deploy the keeper of a world to its own Code Engine. */
export interface DeployFiles {
  /** A `keeper.yml` whose ledger is in a bucket, and that names no file. */
  readonly config: string;
  /** What `manifest.yml` and `npm run deploy` take from the environment, secrets among it. */
  readonly env: Readonly<Record<string, string>>;
}

/** The image of the keeper, as the local cloud names it. */
const LOCAL_IMAGE = 'local/logpush-keeper:1';

/** The variable of an account, as the command line of the deployer spells it. */
const variable = (prefix: string, account: string): string =>
  `${prefix}_${account.toUpperCase().replaceAll('-', '_')}`;

/**
 * @param webhook - URL of the receiver of the world's messages
 * @returns undefined for a world that is not meant to be deployed
 * @throws {Error} when the world file names a bucket or a deployer that is not there
 */
export function deployFiles(
  world: World,
  endpoints: LocalEndpoints,
  webhook: string,
): DeployFiles | undefined {
  const { codeEngine, accounts, buckets } = world.file;
  if (codeEngine === undefined) return undefined;
  const rings = buckets.find(({ name }) => name === codeEngine.rings);
  if (rings === undefined) throw new Error(`the world file has no bucket "${codeEngine.rings}"`);
  const keys = accounts.flatMap(({ name, deployer }) =>
    deployer === undefined ? [] : [[name, world.keyValue(deployer.apiKey)] as const],
  );
  const own = keys.find(([name]) => name === codeEngine.account);
  if (own === undefined) throw new Error(`the world file has no deployer in account "${codeEngine.account}"`);
  return {
    config: keeperConfig(
      world.file,
      endpoints,
      (account) => ({ env: `${variable('KEEPER', account)}_APIKEY` }),
      codeEngine.ledger,
      { webhook: { env: 'KEEPER_WEBHOOK_URL' }, heartbeat: { env: 'KEEPER_HEARTBEAT_URL' } },
    ),
    env: {
      IBMCLOUD_API_KEY: own[1],
      ...Object.fromEntries(keys.map(([name, key]) => [variable('IBMCLOUD_API_KEY', name), key])),
      CE_REGION: codeEngine.region,
      KEEPER_IMAGE: LOCAL_IMAGE,
      KEEPER_RINGS_BUCKET: rings.name,
      KEEPER_RINGS_INSTANCE: rings.instance,
      KEEPER_WEBHOOK_URL: `${webhook}${world.webhook.messagePath}`,
      KEEPER_HEARTBEAT_URL: `${webhook}${world.webhook.heartbeatPath}`,
    },
  };
}
