import { expect, test } from 'vitest';
import { type Shard, shardsOf, WHOLE } from '../../shared/domain/shard.ts';
import { minutes, seconds } from '../../shared/domain/time.ts';
import { OLD_KEY, smallWorld } from '../simulation/small-world.ts';
import { events } from '../support/telling.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const CHECK = 'check-logpush';

/**
 * A keeper whose runs have two minutes, for instances with so many zones each, one job a zone. CIS takes 20 s for each answer, so
 * a run gets at about twenty of them.
 */
function hurried(...zonesOf: readonly number[]) {
  const file = smallWorld({ jobs: 1 });
  const [instance] = file.cis;
  if (instance === undefined) throw new Error('the small world has changed');
  file.cis = zonesOf.map((zones, n) => ({
    ...instance,
    name: `cis-${n}`,
    guid: `${n}c0ffee0-4d83-466f-8278-c975d967be57`,
    zones: Array.from({ length: zones }, (_, zone) => ({
      id: (1_000 * n + zone).toString(16).padStart(32, '0'),
      name: `zone-${n}-${zone}.example`,
      status: 'active',
      retention: true,
      jobs: [
        {
          id: 1_000 * (n + 1) + zone,
          name: `job-${zone}`,
          dataset: 'http_requests',
          frequency: 'low' as const,
          enabled: true,
          cloudLogs: 'logs',
          apiKey: OLD_KEY,
        },
      ],
    })),
  }));
  let answerMs = seconds(20);
  const keeper = virtualKeeper({
    file,
    notify: true,
    wrapTransport: (transport) => ({
      send: async (request) => {
        if (request.url.includes('/logpush/jobs')) await keeper.clock.sleep(answerMs);
        return transport.send(request);
      },
    }),
    surround: (surroundings) => ({ ...surroundings, deadlineAt: keeper.clock.now() + minutes(2) }),
  });
  return {
    keeper,
    /** CIS answers at once from now on. */
    quicken: () => void (answerMs = 0),
    /** @returns ids of the jobs that the run saw */
    look: async (shard: Shard = WHOLE): Promise<readonly number[]> => {
      keeper.clock.advance(minutes(5));
      return (await keeper.run(CHECK, { shard })).jobs.map(({ jobId }) => jobId);
    },
  };
}

test('a fleet that takes three deadlines is seen whole after three runs, and then again', async () => {
  const { keeper, look } = hurried(45);
  const runs = [await look(), await look(), await look()];
  for (const seen of runs) expect(seen.length).toBeLessThan(45);
  expect(new Set(runs.flat()).size).toBe(45);
  const again = [...(await look()), ...(await look()), ...(await look())];
  expect(new Set(again).size).toBe(45);
  // What was seen in an earlier run is remembered, and is not green.
  const { out } = await keeper.cli('report', '--json');
  expect(out.match(/"jobId"/g)).toHaveLength(45);
  expect(out).toContain('the last look could not read it');
});

test('the same of several instances: none of them waits for ever for one that takes all of the time', async () => {
  const { look } = hurried(60, 10, 30);
  const seen: (readonly number[])[] = [];
  for (let n = 0; n < 8; n += 1) seen.push(await look());
  expect(new Set(seen.flat()).size).toBe(100);
  // Each comes first in its turn.
  expect(new Set(seen.map(([first = 0]) => Math.floor(first / 1_000))).size).toBe(3);
});

test('each shard goes on where its own last run was cut', async () => {
  const { look } = hurried(80);
  const seen: number[] = [];
  for (let n = 0; n < 3; n += 1) for (const shard of shardsOf(2)) seen.push(...(await look(shard)));
  expect(new Set(seen).size).toBe(80);
});

test('a zone that CIS refuses is looked at in its turn, and keeps nobody else waiting', async () => {
  const { keeper, look } = hurried(45);
  const target = (7).toString(16).padStart(32, '0');
  keeper.world.faults.add({
    match: { operation: 'listLogpushJobs', target },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });
  const seen = [...(await look()), ...(await look()), ...(await look())];
  expect(new Set(seen).size).toBe(44);
});

test('however many zones wait, and whichever, people are told once that looks are cut, and once that they are not any more', async () => {
  const { keeper, look, quicken } = hurried(60);
  for (let n = 0; n < 6; n += 1) await look();
  expect(events(keeper)).toEqual(['opened look-cut the look at the fleet']);
  const { out } = await keeper.cli('report', '--text');
  expect(out).toContain('of 60 jobs is not known');
  quicken();
  for (let n = 0; n < 2; n += 1) await look();
  expect(events(keeper)).toEqual([
    'opened look-cut the look at the fleet',
    'closed look-cut the look at the fleet',
  ]);
});
