import { expect, test } from 'vitest';
import { findingKey } from '../../shared/domain/finding.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import { countIncidents } from '../support/incident-counter.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';
import { events, failing, RECORD, telling } from '../support/telling.ts';

const CHECK = 'check-logpush';

test('what is found is told once, however often it is found', async () => {
  const keeper = telling();
  const reports = await keeper.runEvery(minutes(5), CHECK, minutes(30));
  expect(events(keeper)).toHaveLength(4);
  expect(events(keeper)).toEqual(countIncidents(reports));
});

test('a message says what and where first, then the evidence, since when, and who does what', async () => {
  const keeper = telling({
    changeConfig: (text) => text.replace('notify:\n', 'notify:\n  link: https://keeper.example/fleet\n'),
  });
  await keeper.run(CHECK);
  expect(keeper.world.webhook.messages[0]?.text).toMatchInlineSnapshot(`
    "[critical] key-expired: API key ApiKey-0cb1e29c-658c-4a14-95e6-0af593bd04cf
    it expired 2026-02-28T21:00:00.000Z; jobs 700107 (http_requests of pay.example), 700108 (firewall_events of pay.example), 700109 (dns_logs of pay.example)
    since 2026-02-28T21:00:00.000Z, found by check-logpush
    it explains what is found on job 700107 (http_requests of pay.example), job 700108 (firewall_events of pay.example), job 700109 (dns_logs of pay.example)
    the keeper mends it by itself where it may act (mode: act, no hold); until then it looks again with each run
    you: give the jobs a key that lives; where a binding selects them rotate-keys does
    more: keeper explain key-expired
    page: https://keeper.example/fleet"
  `);
});

test('a plan tells nobody, and writes nothing down', async () => {
  const keeper = telling();
  await keeper.run(CHECK, { plan: true });
  expect(keeper.world.webhook.messages).toEqual([]);
  expect(keeper.world.webhook.beats).toEqual([]);
  expect(await keeper.ledger.read(RECORD)).toBeUndefined();
});

test('a keeper that only observes tells what it sees', async () => {
  const keeper = telling();
  await keeper.run(CHECK, { text: keeper.configText.replace('mode: act', 'mode: observe') });
  expect(events(keeper)).toHaveLength(4);
});

test('while nothing changes a run reads one document more and writes none', async () => {
  const ledger = createMemoryLedger();
  const keys: string[] = [];
  const keeper = telling({
    ledger: {
      ...ledger,
      read: async (key) => {
        keys.push(`read ${key}`);
        return ledger.read(key);
      },
      write: async (key, body, tag) => {
        keys.push(`write ${key}`);
        return ledger.write(key, body, tag);
      },
    },
  });
  await keeper.run(CHECK);
  keys.length = 0;
  keeper.clock.advance(minutes(5));
  await keeper.run(CHECK);
  expect(keys.filter((key) => key.includes('notifications/'))).toEqual([`read ${RECORD}`]);
});

test('what two functions find is told once, and closes when neither finds it', async () => {
  const keeper = telling();
  const crn = keeper.world.file.cis[0]?.guid ?? '';
  keeper.world.faults.add({
    match: { service: 'cis', target: crn },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });
  await keeper.run(CHECK);
  keeper.clock.advance(minutes(7));
  await keeper.run('verify-buckets');
  const opened = events(keeper).filter((event) => event.startsWith('opened instance-unreadable'));
  expect(opened).toHaveLength(1);
  keeper.world.faults.clear();
  const closed = () => events(keeper).filter((event) => event.startsWith('closed instance-unreadable'));
  await keeper.runEvery(minutes(5), CHECK, minutes(15));
  expect(closed()).toEqual([]);
  await keeper.runEvery(hours(1), 'verify-buckets', hours(2));
  expect(closed()).toHaveLength(1);
});

test('what a function waits for and another has told is told once, and not anew while it is mended', async () => {
  const keeper = telling();
  const reports: RunReport[] = [];
  const both = async (times: number, everyMs: number) => {
    for (let i = 0; i < times; i += 1) {
      reports.push(await keeper.run(CHECK));
      keeper.clock.advance(minutes(2));
      reports.push(await keeper.run('reenable-logpush'));
      keeper.clock.advance(everyMs - minutes(2));
      keeper.world.catchUp();
    }
  };
  await both(30, hours(1));
  expect(reports.at(-1)?.findings.map(findingKey)).toContain(
    'repair-waits-for-cause job 700128 (http_requests of archive.example)',
  );
  expect(reports.at(-2)?.findings.map(findingKey)).toContain(
    'job-disabled-by-failures job 700128 (http_requests of archive.example)',
  );
  // Mended by a person; the job stays disabled until it is enabled again.
  keeper.world.cos.change('acme-walled', (bucket) => (bucket.firewall = undefined));
  await both(12, minutes(5));
  expect(events(keeper).filter((event) => /acme-walled|archive\.example/.test(event))).toEqual([
    'opened bucket-firewall-refuses bucket acme-walled (eu-de)',
    'closed bucket-firewall-refuses bucket acme-walled (eu-de)',
  ]);
  expect(events(keeper).toSorted()).toEqual(countIncidents(reports).toSorted());
});

test('a run that could not list an instance closes nothing', async () => {
  const keeper = telling();
  await keeper.run(CHECK);
  await keeper.run('rotate-keys');
  keeper.clock.advance(minutes(20));
  const crn = keeper.world.file.cis[2]?.guid ?? '';
  keeper.world.faults.add({
    match: { service: 'cis', target: crn },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 503 },
  });
  const reports = await keeper.runEvery(minutes(5), CHECK, minutes(20));
  expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['partial']));
  expect(events(keeper).filter((event) => event.startsWith('closed'))).toEqual([]);
  keeper.world.faults.clear();
  await keeper.runEvery(minutes(5), CHECK, minutes(15));
  expect(events(keeper).filter((event) => event.startsWith('closed key-expired'))).toHaveLength(1);
});

test('the sign of life: of check-logpush on its schedule, not of others, not by hand, not of a run that failed', async () => {
  const keeper = telling();
  const { beats } = keeper.world.webhook;
  await keeper.run('rotate-keys');
  await keeper.cli(CHECK);
  expect(beats).toHaveLength(0);
  await keeper.run(CHECK, { trigger: { kind: 'schedule' } });
  expect(beats).toHaveLength(1);
  keeper.world.faults.add({
    match: { service: 'cis' },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 403 },
  });
  expect((await keeper.run(CHECK)).outcome).toBe('failed');
  expect(beats).toHaveLength(1);
});

test('a function that has stopped is told, one that never ran is not', async () => {
  const keeper = telling();
  await keeper.run('verify-buckets');
  keeper.clock.advance(hours(3) + minutes(16));
  keeper.world.catchUp();
  const { findings } = await keeper.run(CHECK);
  expect(
    findings.filter(({ code }) => code === 'schedule-missed').map(({ subject, detail }) => [subject, detail]),
  ).toEqual([
    [
      'function verify-buckets',
      expect.stringMatching(/^it runs every 1 h, and its last report is of 2026-03-01T00:00:0\d\.000Z$/),
    ],
  ]);
  expect(events(keeper)).toContain('opened schedule-missed function verify-buckets');
  await keeper.run('verify-buckets');
  await keeper.runEvery(minutes(5), CHECK, minutes(15));
  expect(events(keeper)).toContain('closed schedule-missed function verify-buckets');
});

test('what a newer keeper keeps of its runs is unclear, not missed', async () => {
  const keeper = telling();
  await keeper.ledger.write('runs/rotate-keys.json', '{"schema":9}', undefined);
  const { findings } = await keeper.run(CHECK);
  expect(findings.map(({ code }) => code)).toContain('schedule-unclear');
  expect(findings.map(({ code }) => code)).not.toContain('schedule-missed');
});

test('neither the webhook nor the dead man’s switch is named in report, log, ledger or messages', async () => {
  const keeper = telling();
  failing(keeper, 2);
  keeper.world.faults.add({
    match: { service: 'webhook', operation: 'heartbeat' },
    after: 0,
    times: 1,
    respond: { kind: 'html', status: 520 },
  });
  const reports = await keeper.runEvery(minutes(5), CHECK, minutes(20));
  const { out } = await keeper.cli('report', '--json');
  const documents = await Promise.all((await keeper.ledger.list('')).map((key) => keeper.ledger.read(key)));
  const everything = JSON.stringify([reports, out, documents, keeper.log, keeper.world.webhook.messages]);
  const { webhook, iam, secretsManager, cis } = keeper.world;
  const secrets = [
    ...webhook.secretValues(),
    ...iam.secretValues(),
    ...secretsManager.secretValues(),
    ...cis.secretValues(),
  ];
  expect(webhook.secretValues()).toHaveLength(2);
  expect(keeper.log.join('\n')).toContain('heartbeat not delivered');
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
});
