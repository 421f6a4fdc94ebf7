import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createUndiciTransport } from '../../shared/clients/undici-transport.ts';
import { seconds } from '../../shared/domain/time.ts';
import { systemClock } from '../../shared/runtime/system.ts';
import type { CosPlace } from '../shared/clients/cos-place.ts';
import { startFront } from './front.ts';

const GATEWAY = fileURLToPath(new URL('gateway.ts', import.meta.url));
const LOCATION = 'eu-de';
const IDENTITIES = ['owner', 'writer', 'reader', 'ledger', 'stranger'] as const;

/** In the words of S3: what IBM's roles Object Writer and Content Reader allow. */
const policyOf = (bucket: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      allow('writer', ['s3:PutObject'], `${bucket}/*`),
      allow('reader', ['s3:ListBucket'], bucket),
      allow('reader', ['s3:GetObject'], `${bucket}/*`),
      allow('ledger', ['s3:ListBucket'], bucket),
      allow('ledger', ['s3:PutObject', 's3:GetObject'], `${bucket}/*`),
    ],
  });

const allow = (user: string, actions: readonly string[], resource: string) => ({
  Effect: 'Allow',
  Principal: { AWS: [`arn:aws:iam:::user/${user}`] },
  Action: actions,
  Resource: [`arn:aws:s3:::${resource}`],
});

/** Starts the gateway's program. @throws {Error} when it ends instead of getting ready; it has said why */
async function startGateway() {
  const child = spawn(process.execPath, [GATEWAY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the S3 gateway did not get ready'))),
  ]);
  const { url, conf } = JSON.parse(String(line)) as { readonly url: string; readonly conf: string };
  return {
    url,
    async admin(...args: readonly string[]): Promise<void> {
      const env = { ...process.env, CEPH_CONF: conf };
      await promisify(execFile)('radosgw-admin', ['-n', 'client.rgw', ...args], { env });
    },
    async close(): Promise<void> {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** Ceph's S3 gateway behind a front that takes bearer tokens: nothing of it is ours, and nothing of it is IBM's. */
export async function rgwPlace(): Promise<CosPlace> {
  const gateway = await startGateway();
  try {
    for (const name of IDENTITIES) {
      const keys = [`--access-key=${name}-access`, `--secret-key=${name}-secret`];
      await gateway.admin('user', 'create', `--uid=${name}`, `--display-name=${name}`, ...keys);
    }
  } catch (error) {
    await gateway.close();
    throw error;
  }
  const front = await startFront(
    gateway.url,
    new Map(
      IDENTITIES.map((name) => [`${name}-key`, { accessKey: `${name}-access`, secretKey: `${name}-secret` }]),
    ),
  );
  const transport = createUndiciTransport();
  const clock = systemClock();
  let buckets = 0;

  async function asOwner(path: string, body?: string): Promise<void> {
    const { status } = await transport.send({
      method: 'PUT',
      url: `${front.endpoints.cos}/${LOCATION}/${path}`,
      headers: { authorization: 'Bearer owner-key' },
      timeoutMs: seconds(10),
      ...(body === undefined ? {} : { body }),
    });
    if (status > 299) throw new Error(`PUT ${path}: ${status}`);
  }

  return {
    transport,
    clock,
    endpoints: front.endpoints,
    location: LOCATION,
    apiKeys: { writer: 'writer-key', reader: 'reader-key', ledger: 'ledger-key', stranger: 'stranger-key' },
    async createBucket() {
      const name = `bucket-${(buckets += 1)}`;
      await asOwner(name);
      await asOwner(`${name}?policy`, policyOf(name));
      return name;
    },
    async fill(bucket) {
      await asOwner(`${bucket}/something`, 'x');
      const scope = ['--quota-scope=bucket', `--bucket=${bucket}`];
      await gateway.admin('quota', 'set', ...scope, '--max-objects=1');
      await gateway.admin('quota', 'enable', ...scope);
    },
    // Its clock is the machine's; the times in its listings are in milliseconds.
    passTime: () => clock.sleep(5),
    async close() {
      await transport.close();
      await front.close();
      await gateway.close();
    },
  };
}
