import { Hono } from 'hono';
import { Cis } from '../../../../infra/local/cis/cis.ts';
import { cisRoutes } from '../../../../infra/local/cis/routes.ts';
import type { JobRef } from '../../../../infra/local/cis/state.ts';
import { CloudLogs } from '../../../../infra/local/cloud-logs/cloud-logs.ts';
import { cloudLogsRoutes } from '../../../../infra/local/cloud-logs/routes.ts';
import { FaultTable } from '../../../../infra/local/faults.ts';
import type { Host, IamForServices, Target, WorldEvent } from '../../../../infra/local/host.ts';
import type { RouteHost } from '../../../../infra/local/http.ts';
import { LogpushEngine } from '../../../../infra/local/logpush/engine.ts';
import { SeededRandom } from '../../../../infra/local/random.ts';
import { Settings } from '../../../../infra/local/settings.ts';
import { minutes } from '../../../../shared/domain/time.ts';

export const START = Date.UTC(2026, 2, 1);
export const ACCOUNT = '0123456789abcdef0123456789abcdef';
export const CIS_GUID = 'dddd4444-0000-4000-8000-000000000001';
export const CRN = `crn:v1:bluemix:public:internet-svcs:global:a/${ACCOUNT}:${CIS_GUID}::`;
export const ZONE = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
export const LOGS = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';
export const OTHER_LOGS = 'eeeeeeee-1111-4222-8333-ffffffffffff';

/** Any answer's JSON; a test that reads a member that is not there gets undefined and fails by itself. */
type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: any;
};

/**
 * An IAM of a few lines. A key is valid until the time it is given in `keys`; a bearer called `Reader`, `Writer`,
 * `Manager` or `Sender` is somebody of that role, and a token of a key may send.
 */
class FakeIam implements IamForServices {
  readonly keys = new Map<string, number>();
  readonly tokenLifeMs: number;
  /** Token grants, refused ones included. */
  asked = 0;
  readonly targets: Target[] = [];
  readonly #tokens = new Map<string, number>();

  constructor(tokenLifeMs: number) {
    this.tokenLifeMs = tokenLifeMs;
  }

  authenticate(authorization: string | undefined, at: number) {
    return this.principalOf(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '', at);
  }

  principalOf(token: string, at: number) {
    const endsAt = /^(Reader|Writer|Manager|Sender)/.test(token) ? Infinity : this.#tokens.get(token);
    if (endsAt === undefined || at >= endsAt) return undefined;
    return { iamId: token, accountId: ACCOUNT };
  }

  allows(iamId: string, action: string, target: Target): boolean {
    this.targets.push(target);
    this.targets.splice(0, this.targets.length - 1);
    if (action === 'logs.data-ingress.send') return iamId.startsWith('Sender') || this.#tokens.has(iamId);
    const held = { Reader: 'read', Writer: 'read update', Manager: 'read update manage' };
    const role = /^(Reader|Writer|Manager)/.exec(iamId)?.[0] as keyof typeof held | undefined;
    const name = /^internet-svcs\.zones\.(\w+)$/.exec(action)?.[1];
    return role !== undefined && name !== undefined && held[role].split(' ').includes(name);
  }

  grantToken(apiKey: string, at: number): ReturnType<IamForServices['grantToken']> {
    this.asked += 1;
    const endsAt = this.keys.get(apiKey);
    if (endsAt === undefined || at >= endsAt) return { ok: false, status: 400, code: 'BXNIM0415E' };
    const token = `token-${this.asked}`;
    const expiresAt = at + this.tokenLifeMs;
    this.#tokens.set(token, expiresAt);
    return { ok: true, token, expiresAt, principal: { iamId: token, accountId: ACCOUNT } };
  }
}

interface Options {
  readonly settings?: object;
  readonly startsAt?: number;
  readonly tokenLifeMs?: number;
}

/** CIS, Cloud Logs and the engine with one zone, the keys `key-1`, `key-2`, `key-3`, and a clock moved by hand. */
export function aCloud({ settings = {}, startsAt = START, tokenLifeMs = minutes(60) }: Options = {}) {
  let now = startsAt;
  const events: WorldEvent[] = [];
  const host: Host & RouteHost = {
    now: () => now,
    random: new SeededRandom(7),
    settings: Settings.parse(settings),
    emit: (event) => events.push(event),
    catchUp: () => {
      engine.runUntil(now);
      cis.alerting.catchUp(now);
    },
    faults: new FaultTable(),
    calls: [],
  };
  const iam = new FakeIam(tokenLifeMs);
  for (const key of ['key-1', 'key-2', 'key-3']) iam.keys.set(key, Infinity);
  const cloudLogs = new CloudLogs(host, iam, { refuses: () => false });
  cloudLogs.addInstance({ guid: LOGS, region: 'eu-de', accountId: ACCOUNT });
  cloudLogs.addInstance({ guid: OTHER_LOGS, region: 'us-south', accountId: ACCOUNT });
  const cis = new Cis(host, iam, cloudLogs);
  const engine = new LogpushEngine(host, cis, iam, cloudLogs);
  cis.addInstance({ crn: CRN, accountId: ACCOUNT });
  cis.addZone({ instanceCrn: CRN, id: ZONE, name: 'shop.example', status: 'active', retention: true });
  const app = new Hono()
    .route('/cis', cisRoutes(cis, host))
    .route('/cloud-logs', cloudLogsRoutes(cloudLogs, host));

  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = { authorization: 'Bearer Manager' },
  ): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await app.request(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text: answer,
      body: answer === '' ? undefined : JSON.parse(answer),
    };
  }

  return {
    host,
    events,
    iam,
    cloudLogs,
    cis,
    engine,
    app,
    call,
    /** Lets time pass without anything in the world being looked at. */
    pass: (ms: number) => {
      now += ms;
    },
    /** Everything that is due by now happens, and the truth about one job is told. */
    truth: (ref: JobRef) => {
      engine.runUntil(now);
      const truth = engine.truth().find((job) => job.ref.jobId === ref.jobId);
      if (truth === undefined) throw new Error(`no job ${ref.jobId}`);
      return truth;
    },
    kinds: () => events.map((event) => event.kind),
  };
}
export type Cloud = ReturnType<typeof aCloud>;

/** Adds a job that pushes to `LOGS` with `key-1`. */
export function aJob(
  { cis }: Cloud,
  more: {
    readonly id?: number;
    readonly zoneId?: string;
    readonly frequency?: 'high' | 'low';
    readonly enabled?: boolean;
    readonly apiKey?: string;
  } = {},
): JobRef {
  const { id = 700_123, zoneId = ZONE, frequency = 'low', enabled = true, apiKey = 'key-1' } = more;
  cis.addJob({
    instanceCrn: CRN,
    zoneId,
    id,
    name: 'edge-http',
    dataset: 'http_requests',
    frequency,
    enabled,
    destination: { instanceId: LOGS, region: 'eu-de', apiKey },
  });
  return { instanceCrn: CRN, zoneId, jobId: id };
}
