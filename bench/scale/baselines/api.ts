import { cisCrn, type WorldFile } from '../../../infra/local/world-file.ts';
import { seconds } from '../../../shared/domain/time.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../../shared/ports.ts';
import type { BenchCloud } from '../cloud.ts';
import type { Named } from '../way.ts';

/** What CIS shows of the health of a Logpush job. */
export interface ShownJob {
  readonly id: number;
  readonly enabled: boolean;
  readonly last_error: string | null;
}

/** Those of which CIS shows that all is not well. */
export const inTrouble = (jobs: readonly ShownJob[]): Named =>
  new Map(
    jobs
      .filter(({ enabled, last_error: error }) => !enabled || error !== null)
      .map(({ id, enabled }) => [id, enabled ? 'failing' : 'disabled']),
  );

/** What a program does when it is refused for its rate. */
export interface Retries {
  readonly most: number;
  /** How long it waits before the next try; `told` is what `Retry-After` says. */
  readonly waitMs: (tries: number, told: number | undefined) => number;
}

/** The retry helper of IBM's SDKs: as long as the service says, else from a second on, doubled, at most 30 s. */
export const sdkRetries = (most: number): Retries => ({
  most,
  waitMs: (tries, told) => told ?? Math.min(seconds(30), seconds(2 ** tries)),
});

/** One Logpush job as its owner knows it: where it is, and the PUT that gives it another key. */
export interface KnownJob {
  readonly id: number;
  readonly zoneId: string;
  readonly path: string;
  readonly body: string;
}

const BASE = 'http://127.0.0.1';
const OK = 300;

/** Plain requests to IAM and CIS, with nobody's conventions but the retries. */
export class Api {
  readonly #cloud: BenchCloud;
  readonly #transport: Transport;
  readonly #retries: Retries;
  readonly #instance: string;

  constructor(cloud: BenchCloud, transport: Transport, retries: Retries) {
    this.#cloud = cloud;
    this.#transport = transport;
    this.#retries = retries;
    const { accounts, cis } = cloud.world.file;
    this.#instance = encodeURIComponent(cisCrn(accounts[0]?.id ?? '', cis[0]?.guid ?? ''));
  }

  async login(): Promise<string> {
    const answer = await this.#send({
      method: 'POST',
      url: `${BASE}/iam/identity/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'urn:ibm:params:oauth:grant-type:apikey',
        apikey: this.#cloud.world.keyValue('keeper-key'),
      }).toString(),
    });
    return (JSON.parse(answer.body) as { access_token: string }).access_token;
  }

  /** Ids of all zones. */
  async zones(token: string, perPage: number): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let page = 1; ; page += 1) {
      const path = `/v1/${this.#instance}/zones?page=${page}&per_page=${perPage}`;
      const { result, result_info: info } = (await this.#cis('GET', path, token)) as {
        readonly result: readonly { readonly id: string }[];
        readonly result_info: { readonly total_count: number };
      };
      ids.push(...result.map(({ id }) => id));
      if (page * perPage >= info.total_count) return ids;
    }
  }

  async listJobs(zoneId: string, token: string): Promise<readonly ShownJob[]> {
    const path = `/v2/${this.#instance}/zones/${zoneId}/logpush/jobs`;
    return ((await this.#cis('GET', path, token)) as { readonly result: readonly ShownJob[] }).result;
  }

  async getJob({ path }: KnownJob, token: string): Promise<ShownJob> {
    return ((await this.#cis('GET', path, token)) as { readonly result: ShownJob }).result;
  }

  enableJob(zoneId: string, jobId: number, token: string): Promise<unknown> {
    const path = `/v2/${this.#instance}/zones/${zoneId}/logpush/jobs/${jobId}`;
    return this.#cis('PUT', path, token, JSON.stringify({ enabled: true }));
  }

  updateJob({ path, body }: KnownJob, token: string): Promise<unknown> {
    return this.#cis('PUT', path, token, body);
  }

  /** All jobs of the world, each with the PUT of the new key of its destination, by zone. */
  known(): ReadonlyMap<string, readonly KnownJob[]> {
    const { file } = this.#cloud.world;
    const zones = file.cis.flatMap((instance) => instance.zones);
    return new Map(
      zones.map(({ id, jobs }) => [
        id,
        jobs.map((job) => ({
          id: job.id,
          zoneId: id,
          path: `/v2/${this.#instance}/zones/${id}/logpush/jobs/${job.id}`,
          body: JSON.stringify(destinationOf(file, job, newKey)),
        })),
      ]),
    );
  }

  async #cis(method: HttpRequest['method'], path: string, token: string, body?: string): Promise<unknown> {
    const answer = await this.#send({
      method,
      url: `${BASE}/cis${path}`,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    return JSON.parse(answer.body);
  }

  async #send(request: Omit<HttpRequest, 'timeoutMs'>): Promise<HttpResponse> {
    for (let tries = 0; ; tries += 1) {
      const answer = await this.#transport.send({ ...request, timeoutMs: seconds(30) });
      if (answer.status < OK) return answer;
      if (answer.status !== 429 || tries >= this.#retries.most)
        throw new Error(`${request.method} ${new URL(request.url).pathname}: ${answer.status}`);
      const told = answer.headers['retry-after'];
      await this.#cloud.clock.sleep(
        this.#retries.waitMs(tries, told === undefined ? undefined : seconds(Number(told))),
      );
    }
  }
}

/** The key that a baseline gives to the jobs: somebody has made it before, of the identity that has the one of before. */
const newKey = (owner: 'logs' | 'bucket'): string => `TRACER-new-key-of-the-${owner}-identity-00000000`;

/** Makes the two keys that baselines move jobs to. */
export function makeNewKeys({ world }: BenchCloud): void {
  for (const owner of ['logs', 'bucket'] as const) {
    const of = world.file.accounts[0]?.serviceIds.find(({ name }) => name === owner);
    if (of === undefined) throw new Error(`no service ID ${owner}`);
    world.iam.addKey({
      id: `ApiKey-new-${owner}`,
      name: `${owner}-new`,
      iamId: `iam-${of.id}`,
      accountId: world.file.accounts[0]?.id ?? '',
      value: newKey(owner),
      createdAt: world.file.startsAt - seconds(3600),
      disabled: false,
      locked: false,
    });
  }
}

type FileJob = WorldFile['cis'][number]['zones'][number]['jobs'][number];

function destinationOf(file: WorldFile, job: FileJob, keyOf: typeof newKey): object {
  if (job.cos === undefined) {
    const logs = file.cloudLogs.find(({ name }) => name === job.cloudLogs);
    return { ibmcl: { instance_id: logs?.guid, region: logs?.region, api_key: keyOf('logs') } };
  }
  const bucket = file.buckets.find(({ name }) => name === job.cos?.bucket);
  return {
    cos: {
      bucket_name: bucket?.name,
      region: bucket?.location,
      id: bucket?.instance,
      path: job.cos.path,
      ibm_api_key: keyOf('bucket'),
    },
  };
}
