import { expect, test } from 'vitest';
import { GOOD, load, problemsOf, TRACER_KEY } from '../../../support/keeper-yml.ts';

const LOGS = 'cccccccc-1111-4222-8333-dddddddddddd';
const COS = '33333333-1111-4222-8333-444444444444';
const CRN =
  'crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::';

/** The good file, whose binding also takes what is in a bucket, with declared jobs behind it. */
const declaring = (...jobs: readonly string[]): string =>
  `${GOOD.replace(
    '    adopt:',
    `      - destination: { cos: { bucket: acme-logs, region: eu-de, instance: ${COS}, path: shop/http, auth: key } }
      - destination: { cos: { bucket: acme-logs, region: eu-de, instance: ${COS}, path: shop/vague } }
    adopt:`,
  )}logpushJobs:
${jobs.join('')}`;

/** A declared job, with pieces replaced. */
const aJob = (...changes: readonly (readonly [string, string])[]): string =>
  changes.reduce((text, [piece, by]) => {
    if (!text.includes(piece)) throw new Error(`not there: ${piece}`);
    return text.replace(piece, () => by);
  }, JOB);
const JOB = `  - zone: shop.example
    name: edge-http
    dataset: http_requests
    frequency: low
    logpullOptions: fields=RayID,ClientIP&timestamps=rfc3339
    destination: { cloudLogs: { instance: ${LOGS}, region: eu-de } }
    binding: edge-logs
`;
const LOGS_DESTINATION = `destination: { cloudLogs: { instance: ${LOGS}, region: eu-de } }`;
const bucket = (path: string, more = ''): readonly [string, string] => [
  LOGS_DESTINATION,
  `destination: { cos: { bucket: acme-logs, region: eu-de, instance: ${COS}, path: ${path}${more} } }`,
];
const NO_BINDING = ['    binding: edge-logs\n', ''] as const;
/** Beside the first job, in another zone of the same binding's reach. */
const problems = (...jobs: readonly string[]): string => problemsOf(declaring(...jobs));

test('declared jobs become what the function works with', () => {
  const text = declaring(
    aJob(['region: eu-de', 'region: eu-de, applicationName: cis-edge']),
    aJob(
      ['edge-http', 'edge.archive-1'],
      ['dataset: http_requests', 'dataset: http_requests\n    enabled: false\n    onDrift: enforce'],
      bucket('shop/http/', ', dailySubfolder: true'),
    ),
    aJob(bucket('legacy', ', legacyOwnership: true'), ['http_requests', 'range_events'], NO_BINDING),
  );
  const common = {
    instance: CRN,
    zone: 'shop.example',
    frequency: 'low',
    logpullOptions: 'fields=RayID,ClientIP&timestamps=rfc3339',
  };
  const cos = { kind: 'cos', instanceId: COS, region: 'eu-de', bucket: 'acme-logs' };
  expect(load(text).logpushJobs).toEqual([
    {
      ...common,
      name: 'edge-http',
      dataset: 'http_requests',
      enabled: true,
      destination: { kind: 'cloud-logs', instanceId: LOGS, region: 'eu-de' },
      labels: { applicationName: 'cis-edge' },
      binding: 'edge-logs',
      onDrift: 'report',
    },
    {
      ...common,
      name: 'edge.archive-1',
      dataset: 'http_requests',
      enabled: false,
      destination: { ...cos, path: 'shop/http', dailySubfolder: true },
      labels: {},
      binding: 'edge-logs',
      onDrift: 'enforce',
    },
    {
      ...common,
      name: 'edge-http',
      dataset: 'range_events',
      enabled: true,
      destination: { ...cos, path: 'legacy', dailySubfolder: false },
      labels: {},
      onDrift: 'report',
    },
  ]);
});

test('the policy says what is done about drift where a job does not', () => {
  const text = declaring(aJob()).replace('policies:\n', 'policies:\n  logpushJobs: { onDrift: enforce }\n');
  expect(load(text).logpushJobs).toMatchObject([{ onDrift: 'enforce' }]);
});

test('everything that is wrong with a job by itself, at once', () => {
  const text = aJob(
    ['zone: shop.example', 'zone: shop'],
    ['edge-http', 'edge_http'],
    ['dataset: http_requests', 'dataset: https'],
    ['frequency: low', 'frequency: hourly'],
    ['timestamps=rfc3339', 'timestamps=rfc3338'],
    ['binding: edge-logs', 'bindings: edge-logs'],
  );
  expect(problems(text)).toMatchInlineSnapshot(`
    "39:11 zone must be the id or the name of a zone (write the 32 hexadecimal digits or the domain name)
    40:11 name must be the name of a Logpush job (write letters, digits, dashes and dots: an underscore is refused)
    41:14 dataset must be one of http_requests, range_events, firewall_events, dns_logs (write http_requests, range_events, firewall_events or dns_logs)
    42:16 frequency must be one of high, low (write high or low)
    43:21 logpullOptions must be fields, timestamps (unix, unixnano or rfc3339) and what else logpull_options may hold, with & between (write fields=NAME,NAME&timestamps=rfc3339)
    45:5 unknown key "bindings" (did you mean "binding"?)"
  `);
});

test.each([
  ['fields=RayID', true],
  ['timestamps=rfc3339&timestamps=rfc3339', true],
  ['fields=RayID,ClientIP&timestamps=unixnano&CVE-2021-44228=true&sample=0.1', true],
  ['fields=', false],
  ['fields=RayID, ClientIP', false],
  ['timestamps=iso', false],
  ['sample=2', false],
  ['fields=RayID&', false],
  ['filter=x', false],
])('logpullOptions %s: %s', (options, isGood) => {
  const text = aJob(['fields=RayID,ClientIP&timestamps=rfc3339', `"${options}"`]);
  expect(problems(text) === '').toBe(isGood);
});

test('logpullOptions of more than 4096 characters', () => {
  const of = (length: number): string =>
    aJob(['fields=RayID,ClientIP&timestamps=rfc3339', `fields=${'R'.repeat(length - 'fields='.length)}`]);
  expect(problems(of(4096))).toBe('');
  expect(problems(of(4097))).toMatchInlineSnapshot(
    `"43:21 logpullOptions must be a text of at most 4096 characters (name fewer fields)"`,
  );
});

test('a destination of both kinds, of none, and paths that CIS would take otherwise', () => {
  expect(problems(aJob([LOGS_DESTINATION, 'destination: {}']))).toMatchInlineSnapshot(
    `"44:18 destination must be one destination (write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, path: FOLDER } })"`,
  );
  for (const path of ['/shop', 'shop//http', '"shop/{DATE}"', '""', 'shop?x'])
    expect(problems(aJob(bucket(path))), path).toContain('path must be a path below the bucket');
});

test('an instance that is not configured, and none where there are several', () => {
  expect(
    problems(aJob(['- zone:', `- instance: "${CRN.replace('aaaaaaaa', 'aaaaaaab')}"\n    zone:`])),
  ).toMatchInlineSnapshot(
    `"39:15 this instance is not configured (add the instance to instances, or name one that is there)"`,
  );
  const second = `  - crn: "${CRN.replace('aaaaaaaa', 'aaaaaaab')}"\n    account: edge\nbindings:\n`;
  expect(problemsOf(declaring(aJob()).replace('bindings:\n', second))).toMatchInlineSnapshot(
    `"41:5 of several instances it is not said which one has this job (add instance: CRN with the crn of one of instances)"`,
  );
});

test('whose key it carries', () => {
  expect(problems(aJob(NO_BINDING))).toMatchInlineSnapshot(
    `"39:5 it is not said whose key this job carries (add binding: NAME with one of bindings)"`,
  );
  expect(problems(aJob(bucket('shop/http'), NO_BINDING))).toMatchInlineSnapshot(
    `"39:5 it is not said whose key this job carries (add binding: NAME with one of bindings; or legacyOwnership: true, if it is to carry none)"`,
  );
  expect(problems(aJob(['binding: edge-logs', 'binding: edge-log']))).toMatchInlineSnapshot(
    `"45:14 there is no binding "edge-log" (did you mean "edge-logs"?)"`,
  );
  expect(problems(aJob(['zone: shop.example', 'zone: other.example']))).toMatchInlineSnapshot(
    `"45:14 no selector of binding "edge-logs" takes this job, so its key would not be rotated (add a selector with its destination to the binding)"`,
  );
  expect(problems(aJob(bucket('shop/vague')))).toMatchInlineSnapshot(
    `"45:14 binding "edge-logs" does not say that this job carries its key (write auth: key into the selector of its bucket)"`,
  );
  expect(problems(aJob(bucket('legacy', ', legacyOwnership: true')))).toMatchInlineSnapshot(
    `"45:5 a job with legacyOwnership carries no key (leave out binding or legacyOwnership)"`,
  );
  expect(problems(aJob(bucket('shop/http', ', legacyOwnership: true'), NO_BINDING))).toMatchInlineSnapshot(
    `"44:143 binding "edge-logs" would give this job its key (add a selector with this path and auth: ownership to that binding)"`,
  );
  // The selector names its zone by name, the job by id: whether they are the same is seen when the zones are read.
  expect(problems(aJob(['zone: shop.example', 'zone: a494d76ca5e6c8e2f0e7eb6a65238573']))).toBe('');
});

test('two declarations of one job, and two jobs of one path', () => {
  expect(problems(aJob(), aJob(['edge-http', 'edge-other']))).toMatchInlineSnapshot(
    `"46:5 item 1 already declares this dataset of this zone for this destination (keep one of the two)"`,
  );
  expect(
    problems(aJob(bucket('shop/http')), aJob(bucket('shop/http/'), ['http_requests', 'range_events'])),
  ).toMatchInlineSnapshot(
    `"51:115 item 1 already pushes to this bucket and path (give each job a path of its own: range, firewall and DNS events need theirs too)"`,
  );
  // Datasets may share a Cloud Logs instance.
  expect(problems(aJob(), aJob(['http_requests', 'dns_logs']))).toBe('');
});

test('the job in whose place one comes: an id, and of one job alone', () => {
  expect(load(declaring(aJob(['binding:', 'replaces: 700123\n    binding:']))).logpushJobs).toMatchObject([
    { replaces: 700123 },
  ]);
  expect(problems(aJob(['binding:', 'replaces: edge-http\n    binding:']))).toMatchInlineSnapshot(
    `"45:15 replaces must be a whole number from 1 (write the id of a Logpush job, or leave it out)"`,
  );
  expect(
    problems(
      aJob(['binding:', 'replaces: 700123\n    binding:']),
      aJob(['http_requests', 'dns_logs'], ['binding:', 'replaces: 700123\n    binding:']),
    ),
  ).toMatchInlineSnapshot(`"53:15 item 1 already replaces this job (let one job come in its place)"`);
});

test('no problem quotes what may be a key', () => {
  const places = ['name: edge-http', 'binding: edge-logs', 'zone: shop.example', 'dataset: http_requests'];
  for (const place of places) {
    const [key = ''] = place.split(':');
    const misplaced = aJob([place, `${key}: ${TRACER_KEY}`]);
    expect(problems(misplaced, misplaced, aJob()), place).not.toContain(TRACER_KEY);
  }
  const twin = aJob(['edge-http', TRACER_KEY.replaceAll('_', '-')]);
  expect(problems(twin, twin)).not.toContain(TRACER_KEY.replaceAll('_', '-'));
});
