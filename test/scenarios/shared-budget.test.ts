import { expect, test } from 'vitest';
import { InProcessTransport } from '../../infra/local/transport.ts';
import { cisCrn, type WorldFile } from '../../infra/local/world-file.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { OLD_KEY, smallWorld } from '../simulation/small-world.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const ZONES = 60;
const BUDGET = 80;
/** A job in each of many zones, and both of IBM's limits. */
function manyZones(cis: Partial<WorldFile['settings']['cis']> = {}, zones = ZONES): WorldFile {
  const file = smallWorld({ jobs: 1 });
  Object.assign(file.settings.cis, cis);
  for (const instance of file.cis) {
    instance.zones = Array.from({ length: zones }, (_, zone) => ({
      id: zone.toString(16).padStart(32, '0'),
      name: `zone-${zone}.example`,
      status: 'active',
      retention: true,
      jobs: [
        {
          id: 1000 + zone,
          name: `job-${zone}`,
          dataset: 'http_requests',
          frequency: 'low' as const,
          enabled: true,
          cloudLogs: 'logs',
          apiKey: OLD_KEY,
        },
      ],
    }));
  }
  return file;
}

interface SeenCall {
  readonly at: number;
  readonly status: number;
  /** Calls of ours that started in the minute before, this one included. */
  readonly ours: number;
}

const ANSWER_MS = 250;

/** A keeper that notes its calls to CIS; each takes a quarter of a second. */
function noted(file: WorldFile) {
  const calls: SeenCall[] = [];
  const startedAt: number[] = [];
  const keeper = virtualKeeper({
    file,
    wrapTransport: (transport) => ({
      send: async (request) => {
        if (!request.url.includes('/cis/')) return transport.send(request);
        const at = keeper.clock.now();
        startedAt.push(at);
        const ours = startedAt.filter((other) => other > at - minutes(1)).length;
        await keeper.clock.sleep(ANSWER_MS);
        const answer = await transport.send(request);
        calls.push({ at, status: answer.status, ours });
        return answer;
      },
    }),
  });
  const refusals = (from = 0) => calls.filter(({ at, status }) => at >= from && status === 429);
  /** The longest time between two calls of ours that started from `from` to `to`. */
  const longestStall = (from: number, to: number) => {
    const within = startedAt.filter((at) => at >= from && at <= to).toSorted((a, b) => a - b);
    return Math.max(0, ...within.map((at, index) => at - (within[index - 1] ?? from)));
  };
  return {
    ...keeper,
    calls,
    refusals,
    longestStall,
    mostInAMinute: () => Math.max(...calls.map(({ ours }) => ours)),
  };
}

/** Somebody else's tool on the keeper's identity: one call every so often until it is told to stop. */
async function foreignCaller({ world, clock }: ReturnType<typeof noted>, perMinute: number) {
  const transport = new InProcessTransport(world.app, clock);
  const [instance] = world.file.cis;
  const crn = cisCrn(world.file.accounts[0]?.id ?? '', instance?.guid ?? '');
  const answers: number[] = [];
  const life = { isOver: false };
  const form = { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: world.keyValue('keeper-key') };
  const request = { timeoutMs: seconds(30), headers: {} };
  const login = async (): Promise<string> => {
    const { body } = await transport.send({
      ...request,
      method: 'POST',
      url: 'http://127.0.0.1/iam/identity/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    return (JSON.parse(body) as { access_token: string }).access_token;
  };
  const work = async (): Promise<void> => {
    let token = '';
    while (!life.isOver) {
      if (answers.length % 500 === 0) token = await login();
      const answer = await transport.send({
        ...request,
        method: 'GET',
        url: `http://127.0.0.1/cis/v1/${encodeURIComponent(crn)}/zones`,
        headers: { 'x-auth-user-token': `Bearer ${token}` },
      });
      answers.push(answer.status);
      await clock.sleep(minutes(1) / perMinute);
    }
  };
  const done = work();
  // It has been at work for a while when the keeper comes.
  await clock.run(clock.sleep(minutes(2)));
  expect(answers.length).toBeGreaterThanOrEqual(2 * perMinute);
  expect(new Set(answers)).toEqual(new Set([200]));
  return {
    stop: async () => {
      life.isOver = true;
      await clock.run(done);
    },
  };
}

const FOUR_RUNNERS = ['check-logpush', 'check-logpush', 'check-logpush', 'check-logpush'] as const;

test('four functions that start at once, and then four runs of one function, are never refused', async () => {
  const keeper = noted(manyZones());
  const functions = ['check-logpush', 'reenable-logpush', 'rotate-keys', 'verify-buckets'] as const;
  const reports = [
    ...(await keeper.runAtOnce(...functions)),
    ...(await keeper.runAtOnce(...FOUR_RUNNERS)),
    ...(await keeper.runAtOnce(...FOUR_RUNNERS)),
  ];
  expect(reports.filter(({ outcome }) => outcome === 'failed' || outcome === 'partial')).toEqual([]);
  expect(keeper.refusals()).toEqual([]);
  expect(keeper.mostInAMinute()).toBe(BUDGET);
});

test('four runs at once take as long as their calls at the budget’s pace', async () => {
  const keeper = noted(manyZones());
  const startedAt = keeper.clock.now();
  await keeper.runAtOnce(...FOUR_RUNNERS);
  expect(keeper.calls.length).toBe(4 * (ZONES + 1));
  // 244 calls at 80 a minute begin within three minutes and a bit.
  expect(keeper.clock.now() - startedAt).toBeLessThan(minutes(3.5));
});

/** Four runs at once, then one every five minutes. */
async function besideSomebody(cis: Partial<WorldFile['settings']['cis']>, forMs: number) {
  const keeper = noted(manyZones(cis));
  const foreign = await foreignCaller(keeper, 50);
  const startedAt = keeper.clock.now();
  const reports = [...(await keeper.runAtOnce(...FOUR_RUNNERS))];
  const learntAt = keeper.clock.now();
  while (keeper.clock.now() < startedAt + forMs) {
    await keeper.clock.run(keeper.clock.sleep(minutes(5) - (keeper.clock.now() % minutes(5))));
    reports.push(await keeper.run('check-logpush'));
  }
  await foreign.stop();
  const later = keeper.refusals(learntAt).length;
  const learning = keeper.refusals().length - later;
  const took = Math.round((learntAt - startedAt) / seconds(1));
  process.stdout.write(
    `${JSON.stringify(cis)}: four runs took ${took} s; 429s while learning ${learning}, in ${forMs / minutes(60)} h after it ${later}\n`,
  );
  // Whenever we are refused we are within our budget.
  expect(keeper.mostInAMinute()).toBeLessThanOrEqual(BUDGET);
  expect(reports.map(({ outcome }) => outcome)).toEqual(reports.map(() => 'ok'));
  return { learning, later };
}

test.each([{ retryAfterHeader: true }, { retryAfterHeader: false }])(
  'beside somebody who takes half, %o: one refusal teaches the pace, and few follow',
  async (cis) => {
    const { learning, later } = await besideSomebody(cis, minutes(120));
    // Four runs with four calls under way each.
    expect(learning).toBeLessThanOrEqual(16);
    expect(later).toBeLessThanOrEqual(16);
  },
);

test('beside somebody who takes half, with Ratelimit headers: never refused', async () => {
  expect(await besideSomebody({ rateLimitHeaders: true }, minutes(120))).toEqual({ learning: 0, later: 0 });
});

const MINUTE_LIMIT = { rateLimits: { perMinute: 100, perFiveMinutes: null } };
const FIVE_MINUTE_LIMIT = { rateLimits: { perMinute: null, perFiveMinutes: 1200 } };
const MANY_ZONES = 3 * BUDGET;

test.each([
  { name: '100 a minute', cis: MINUTE_LIMIT, theirs: 50 },
  {
    name: '100 a minute, without Retry-After',
    cis: { ...MINUTE_LIMIT, retryAfterHeader: false },
    theirs: 50,
  },
  {
    name: '100 a minute, with Ratelimit headers',
    cis: { ...MINUTE_LIMIT, rateLimitHeaders: true },
    theirs: 50,
  },
  { name: '1,200 in 5 minutes', cis: FIVE_MINUTE_LIMIT, theirs: 120 },
])(
  'somebody takes half of $name: a long pass never stands still for longer than a minute and an answer',
  async ({ name, cis, theirs }) => {
    const keeper = noted(manyZones(cis, MANY_ZONES));
    const foreign = await foreignCaller(keeper, theirs);
    const from = keeper.clock.now();
    const report = await keeper.run('check-logpush');
    const to = keeper.clock.now();
    await foreign.stop();
    const [took, stallMs] = [(to - from) / seconds(1), keeper.longestStall(from, to)];
    process.stdout.write(
      `half of ${name} is taken: ${took.toFixed(0)} s, ${keeper.refusals().length} 429s, longest stall ${stallMs} ms\n`,
    );
    expect(report.outcome).toBe('ok');
    expect(keeper.calls.filter(({ status }) => status === 200).length).toBe(MANY_ZONES + 1);
    // Whenever we are refused it is not of our own making.
    expect(keeper.mostInAMinute()).toBeLessThanOrEqual(BUDGET);
    expect(stallMs).toBeLessThanOrEqual(minutes(1) + ANSWER_MS);
  },
);

test.each([20, 35, 50, 65, 80])(
  'somebody makes %i of 100 calls a minute, and CIS tells what is left: never refused, and as fast as that allows less five a minute',
  async (theirs) => {
    const keeper = noted(manyZones({ ...MINUTE_LIMIT, rateLimitHeaders: true }, MANY_ZONES));
    const foreign = await foreignCaller(keeper, theirs);
    const from = keeper.clock.now();
    await keeper.run('check-logpush');
    const took = keeper.clock.now() - from;
    await foreign.stop();
    process.stdout.write(`${theirs} of 100 are taken: ${(took / seconds(1)).toFixed(0)} s\n`);
    expect(keeper.refusals()).toEqual([]);
    expect(took).toBeLessThanOrEqual(minutes((MANY_ZONES + 1) / (100 - theirs - 5) + 1));
    // They are gone: within a minute the pace is what it was.
    const again = keeper.clock.now();
    await keeper.run('check-logpush');
    expect(keeper.refusals()).toEqual([]);
    expect(keeper.clock.now() - again).toBeLessThanOrEqual(minutes((MANY_ZONES + 1) / BUDGET + 1));
  },
);

test.each([
  { name: '100 a minute', cis: MINUTE_LIMIT },
  { name: '1,200 in 5 minutes', cis: FIVE_MINUTE_LIMIT },
])(
  'alone at $name a long pass is never refused, and takes the time of its calls at the pace of the budget',
  async ({ cis }) => {
    const keeper = noted(manyZones(cis, MANY_ZONES));
    const from = keeper.clock.now();
    await keeper.run('check-logpush');
    expect(keeper.refusals()).toEqual([]);
    expect(keeper.calls.length).toBe(MANY_ZONES + 1);
    expect(keeper.clock.now() - from).toBeLessThanOrEqual(1.2 * minutes((MANY_ZONES + 1) / BUDGET));
  },
);
