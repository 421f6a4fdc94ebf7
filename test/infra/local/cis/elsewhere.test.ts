import { expect, test } from 'vitest';
import { parseDestinationConf } from '../../../../infra/local/cis/destination.ts';
import { ELSEWHERE, elsewhereConf } from '../../../../infra/local/cis/elsewhere.ts';
import { hours } from '../../../../shared/domain/time.ts';
import { aBucketWorld } from './bucket-world.ts';

const SPLUNK = {
  endpoint_url: 'https://splunk.example:8088/services/collector/raw',
  channel_id: 'c1',
  auth_token: 'Splunk s3cret',
  source_type: 'cis',
  skip_verify: true,
};
const splunkConf = (token: string): string =>
  `splunk://splunk.example:8088/services/collector/raw?channel=c1${token}&sourcetype=cis&insecure-skip-verify=true`;

test.each([
  ['clear', splunkConf('&header_Authorization=Splunk%20s3cret')],
  ['masked', splunkConf('&header_Authorization=***')],
  ['absent', splunkConf('')],
] as const)('the token of a Splunk job is %s on read', async (keysOnRead, conf) => {
  const { call } = aBucketWorld({ settings: { keysOnRead } });
  const { status, body } = await call('POST', 'jobs', { name: 'a', splunk: SPLUNK });
  expect(status).toBe(201);
  expect(body.result.destination_conf).toBe(conf);
});

test.each([
  ['clear', 'https://me:p4ss@logs.example/in?header_X-Key=k%26&tags=edge'],
  ['masked', 'https://***@logs.example/in?header_X-Key=***&tags=edge'],
  ['absent', 'https://logs.example/in?tags=edge'],
] as const)('the secrets of a generic destination are %s on read', (keys, conf) => {
  const parsed = parseDestinationConf('https://me:p4ss@logs.example/in?header_X-Key=k%26&tags=edge');
  expect(parsed?.elsewhere === undefined ? undefined : elsewhereConf(parsed, keys)).toBe(conf);
});

test.each([
  [{ qradar: { url: 'https://qradar.example', port: 8088 } }, 'https://qradar.example:8088'],
  [{ qradar: { url: 'https://qradar.example', port: '8088' } }, 'https://qradar.example:8088'],
  [{ destination_conf: 'https://logs.example/in?tags=a' }, 'https://logs.example/in?tags=a'],
])('%j becomes %s', async (destination, conf) => {
  const { call } = aBucketWorld();
  expect((await call('POST', 'jobs', { name: 'a', ...destination })).body.result.destination_conf).toBe(conf);
});

test.each([
  { splunk: { ...SPLUNK, auth_token: undefined } },
  { qradar: { url: 'http://qradar.example', port: 1 } },
  { logdna: { hostname: 'h', region: 'eu-de' } },
  { destination_conf: 'https://' },
])('%j is refused', async (destination) => {
  expect((await aBucketWorld().call('POST', 'jobs', { name: 'a', ...destination })).status).toBe(400);
});

test.each([
  ['dead', 400],
  ['alive', 201],
] as const)('IBM Log Analysis is %s: a create answers %i', async (logdna, status) => {
  const { call } = aBucketWorld({
    file: ({ settings }) => {
      settings.logpush.logdna = logdna;
    },
  });
  const body = { name: 'a', logdna: { hostname: 'h', ingress_key: 'k', region: 'eu-de' } };
  expect((await call('POST', 'jobs', body)).status).toBe(status);
});

/** The first job of the small world pushes to another system. */
const aWorldWith = (other: (typeof ELSEWHERE)[number], keysOnRead?: 'masked' | 'absent') =>
  aBucketWorld({
    file: (file) => {
      const jobs = file.cis[0]?.zones[0]?.jobs ?? [];
      for (const job of jobs) {
        delete job.cos;
        delete job.apiKey;
        job.other = other;
        if (keysOnRead !== undefined) job.keysOnRead = keysOnRead;
      }
    },
  });

test.each(ELSEWHERE)(
  'a world has jobs that push to %s; only LogDNA takes nothing, and is disabled after a day',
  (other) => {
    const { pass, truth, world } = aWorldWith(other);
    pass(hours(25));
    const dead = other === 'logdna';
    expect(truth(1)).toMatchObject({ enabled: !dead, lostMinutes: dead ? 1500 : 0 });
    expect(world.calls).toEqual([]);
  },
);

test('one job of a world is masked while the others are clear', async () => {
  const { call, key, world } = aWorldWith('splunk', 'masked');
  const { body } = await call('GET', 'jobs');
  expect(body.result[0].destination_conf).toContain('header_Authorization=***');
  const other = [...world.cis.jobs()].find(({ id }) => id === 2);
  expect(other === undefined ? '' : world.cis.shownDestination(other)).toContain(key);
});

test('what must not be printed includes the secrets of other systems', () => {
  for (const other of ELSEWHERE) {
    const values = aWorldWith(other).world.cis.secretValues();
    expect(values.length).toBe({ logdna: 1, splunk: 1, qradar: 0, https: 2 }[other]);
    for (const value of values) expect(value).toContain('TRACER-');
  }
});

test.each([
  ['two destinations', { other: 'https', cloudLogs: 'logs' }],
  ['a key without use', { other: 'https', apiKey: 'old-key' }],
  ['no key', { cloudLogs: 'logs' }],
  ['a bucket that is not there', { cos: { bucket: 'nobody' } }],
] as const)('a world whose job has %s is refused', (_, job) => {
  const make = () =>
    aBucketWorld({
      file: (file) => {
        const [zone] = file.cis.flatMap(({ zones }) => zones);
        zone?.jobs.push({
          id: 9,
          name: 'nine',
          dataset: 'dns_logs',
          frequency: 'low',
          enabled: true,
          ...(job as object),
        });
      },
    });
  expect(make).toThrow('job 9');
});
