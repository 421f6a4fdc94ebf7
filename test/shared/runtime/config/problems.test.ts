import { expect, test } from 'vitest';
import { broken, GOOD, problemsOf, SECOND_BINDING, TRACER_KEY } from '../../../support/keeper-yml.ts';

/** The entry of the good file's instance, or of one in another account. */
const instance = (account = '0123456789abcdef0123456789abcdef'): string =>
  `  - crn: "crn:v1:bluemix:public:internet-svcs:global:a/${account}:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::"
    account: edge
`;

/** Eight lines that would be a hundred million words. */
const bomb = (): string =>
  [
    'a: &a0 [x, x, x, x, x, x, x, x, x, x]',
    ...Array.from(
      { length: 7 },
      (_, i) => `b${i}: &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(', ')}]`,
    ),
  ].join('\n');

test('an empty file', () => {
  expect(problemsOf('')).toMatchInlineSnapshot(
    `"0:0 the configuration is empty (write version: 1, accounts and instances)"`,
  );
});

test('a file of comments', () => {
  expect(problemsOf('# nothing yet\n')).toMatchInlineSnapshot(
    `"0:0 the configuration is empty (write version: 1, accounts and instances)"`,
  );
});

test('a list in the place of the configuration', () => {
  expect(problemsOf('- version: 1\n')).toMatchInlineSnapshot(
    `"1:1 the configuration must be a mapping (write version: 1, accounts and instances)"`,
  );
});

test('a text in the place of the configuration', () => {
  expect(problemsOf('keeper\n')).toMatchInlineSnapshot(
    `"1:1 the configuration must be a mapping (write version: 1, accounts and instances)"`,
  );
});

test('a configuration with nothing in it names all that is missing', () => {
  expect(problemsOf('mode: act\n')).toMatchInlineSnapshot(`
    "1:1 version is missing (write version: 1, without quotes)
    1:1 accounts is missing (add a name, and under it accountId and apiKey or trustedProfile)
    1:1 instances is missing (add - crn: CRN and account: NAME)"
  `);
});

test('broken YAML is told with its place', () => {
  expect(problemsOf(broken(['{ mode: act }', '{ mode: act']))).toMatchInlineSnapshot(
    `"5:1 this line does not go on with what stands before it (indent it as its neighbours, and close the brackets and quotes before it)"`,
  );
});

test('a tab', () => {
  expect(problemsOf(broken(['  edge:', '\tedge:']))).toMatchInlineSnapshot(
    `"10:1 a tab indents this line (indent with spaces)"`,
  );
});

test('a second document', () => {
  expect(problemsOf(`${GOOD}---\nversion: 1\n`)).toMatchInlineSnapshot(
    `"36:1 a second document begins here (keep one document, without --- in between)"`,
  );
});

test('a key twice, and what else is wrong', () => {
  expect(problemsOf(broken(['mode: observe\n', 'mode: observe\nmode: actt\n']))).toMatchInlineSnapshot(`
    "2:7 mode must be one of observe, act (write observe or act)
    3:1 this key is already there (keep one of the two)"
  `);
});

test('a tag', () => {
  expect(problemsOf(broken(['mode: observe', 'mode: !mine observe']))).toMatchInlineSnapshot(
    `"2:7 this tag is not known (remove the word that begins with !, or put the value into quotes)"`,
  );
});

test('an alias without anchor', () => {
  expect(problemsOf(broken(['    account: logs\n', '    account: *logs\n']))).toMatchInlineSnapshot(
    `"22:14 no anchor of this name stands before this alias (write the value itself)"`,
  );
});

test('aliases that blow up', () => {
  expect(problemsOf(bomb())).toMatchInlineSnapshot(
    `"1:1 the aliases of this text cannot be resolved, or are too many (write the values themselves)"`,
  );
});

test('nesting of any depth', () => {
  expect(problemsOf('['.repeat(50_000))).toContain('nested too deeply');
  for (let depth = 100; depth <= 1_000; depth += 100) {
    expect(problemsOf(`mode: ${'['.repeat(depth)}${']'.repeat(depth)}`)).toMatch(
      /nested too deeply|mode must be/,
    );
    expect(problemsOf(`other: ${'{a: '.repeat(depth)}${'}'.repeat(depth)}`)).toMatch(
      /nested too deeply|unknown key/,
    );
  }
});

test('unknown keys at every depth, with the word that was meant', () => {
  expect(
    problemsOf(
      broken(
        ['ledger:', 'leger:'],
        ['rotate-keys:', 'rotate-key:'],
        ['callsPerMinute', 'callPerMinute'],
        ['iamId:', 'imaId:'],
        ['retire: disable', 'Retire: disable'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "4:3 unknown key "rotate-key" (did you mean "rotate-keys"?)
    5:1 unknown key "leger" (did you mean "ledger"?)
    20:5 iamId is missing (write iam- and the id that \`ibmcloud iam service-ids\` prints: iam-ServiceId-…; or IBMid-… where others make the keys)
    23:5 unknown key "imaId" (did you mean "iamId"?)
    31:5 retire is missing (write disable or never)
    31:69 unknown key "Retire" (did you mean "retire"?)
    35:10 unknown key "callPerMinute" (did you mean "callsPerMinute"?)"
  `);
});

test('an unknown key that is like none', () => {
  expect(problemsOf(broken(['mode: observe', 'mode: observe\nnotifications: {}']))).toMatchInlineSnapshot(
    `"3:1 unknown key "notifications" (remove it; known here: version, mode, functions, ledger, endpoints, accounts, instances, bindings, logpushJobs, policies, holds, notify)"`,
  );
});

test('a key that JavaScript would take for itself', () => {
  expect(problemsOf(broken(['  edge:\n', '  __proto__: {}\n  edge:\n']))).toMatchInlineSnapshot(
    `"10:3 unknown key (remove it)"`,
  );
});

test('another version', () => {
  expect(problemsOf(broken(['version: 1', 'version: 2']))).toMatchInlineSnapshot(
    `"1:10 version must be 1 (write version: 1, without quotes)"`,
  );
});

test('an unknown mode', () => {
  expect(problemsOf(broken(['mode: observe', 'mode: on']))).toMatchInlineSnapshot(
    `"2:7 mode must be one of observe, act (write observe or act)"`,
  );
});

const NO_LEDGERS = [
  'cos:bucket/prefix?region=eu-de',
  'cos:/bucket?region=eu-de',
  'cos://',
  'cos://?region=eu-de',
  'cos://Acme/keeper?region=eu-de',
  'cos://acme-ledger',
  'cos://acme-ledger/keeper?',
  'cos://acme-ledger/keeper?region',
  'cos://acme-ledger/keeper?region=',
  'cos://acme-ledger/keeper?region=Frankfurt',
  'cos://acme-ledger/keeper?region=eu-de=2',
  'cos://acme-ledger/keeper?region=eu-de&',
  'cos://acme-ledger/keeper?regoin=eu-de',
  'cos://acme-ledger/keeper?region=eu-de&instance-id=1',
  'cos://acme-ledger/keeper?region=eu-de&region=us-south',
  'cos://acme-ledger/keeper?region=eu-de&account=Edge!',
  'cos://acme-ledger//keeper?region=eu-de',
  'cos://acme-ledger/.keeper?region=eu-de',
  'cos://acme-ledger/{DATE}?region=eu-de',
  'cos://acme-ledger/keeper?region=eu-de#top',
  'cos://acme-ledger/keeper?region=eu-de',
  'cos://acme-ledger/keeper?region=eu-de&account=edgy',
  's3://acme-ledger/keeper',
  'file:',
];

test('ledgers that are none', () => {
  const told = NO_LEDGERS.map(
    (ledger) => `${ledger}\n  ${problemsOf(broken(['file:./.keeper', JSON.stringify(ledger)]))}`,
  );
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "cos:bucket/prefix?region=eu-de
      5:9 ledger must be cos://BUCKET/PREFIX?region=LOCATION (write cos://BUCKET/PREFIX?region=LOCATION, with two slashes behind cos: and nothing behind LOCATION)
    cos:/bucket?region=eu-de
      5:9 ledger must be cos://BUCKET/PREFIX?region=LOCATION (write cos://BUCKET/PREFIX?region=LOCATION, with two slashes behind cos: and nothing behind LOCATION)
    cos://
      5:9 ledger must be cos://… with the name of a bucket (write cos://BUCKET/PREFIX?region=LOCATION; the name has 3 to 63 lower-case letters, digits, dots and dashes)
    cos://?region=eu-de
      5:9 ledger must be cos://… with the name of a bucket (write cos://BUCKET/PREFIX?region=LOCATION; the name has 3 to 63 lower-case letters, digits, dots and dashes)
    cos://Acme/keeper?region=eu-de
      5:9 ledger must be cos://… with the name of a bucket (write cos://BUCKET/PREFIX?region=LOCATION; the name has 3 to 63 lower-case letters, digits, dots and dashes)
    cos://acme-ledger
      5:9 ledger must be cos://… with the region of the bucket (add ?region=LOCATION, such as ?region=eu-de)
    cos://acme-ledger/keeper?
      5:9 ledger must be cos://… with the region of the bucket (add ?region=LOCATION, such as ?region=eu-de)
    cos://acme-ledger/keeper?region
      5:9 ledger must be cos://… with the location of a bucket behind region= (write a location such as eu-de, us or ams03)
    cos://acme-ledger/keeper?region=
      5:9 ledger must be cos://… with the location of a bucket behind region= (write a location such as eu-de, us or ams03)
    cos://acme-ledger/keeper?region=Frankfurt
      5:9 ledger must be cos://… with the location of a bucket behind region= (write a location such as eu-de, us or ams03)
    cos://acme-ledger/keeper?region=eu-de=2
      5:9 ledger must be cos://… with the location of a bucket behind region= (write a location such as eu-de, us or ams03)
    cos://acme-ledger/keeper?region=eu-de&
      5:9 ledger must be cos://… without the unknown parameter (remove it; known here: region, account)
    cos://acme-ledger/keeper?regoin=eu-de
      5:9 ledger must be cos://… without the unknown parameter "regoin" (did you mean "region"?)
    cos://acme-ledger/keeper?region=eu-de&instance-id=1
      5:9 ledger must be cos://… without the unknown parameter "instance-id" (remove it; known here: region, account)
    cos://acme-ledger/keeper?region=eu-de&region=us-south
      5:9 ledger must be cos://… with each parameter once (keep one of the two)
    cos://acme-ledger/keeper?region=eu-de&account=Edge!
      5:9 ledger must be cos://… with the name of an account behind account= (write a name that stands under accounts)
    cos://acme-ledger//keeper?region=eu-de
      5:9 ledger must be cos://… with a plain prefix (write names of letters, digits, dots, dashes and underscores with slashes between, such as keeper/prod, or leave it out)
    cos://acme-ledger/.keeper?region=eu-de
      5:9 ledger must be cos://… with a plain prefix (write names of letters, digits, dots, dashes and underscores with slashes between, such as keeper/prod, or leave it out)
    cos://acme-ledger/{DATE}?region=eu-de
      5:9 ledger must be cos://… with a plain prefix (write names of letters, digits, dots, dashes and underscores with slashes between, such as keeper/prod, or leave it out)
    cos://acme-ledger/keeper?region=eu-de#top
      5:9 ledger must be cos://BUCKET/PREFIX?region=LOCATION (write cos://BUCKET/PREFIX?region=LOCATION, with two slashes behind cos: and nothing behind LOCATION)
    cos://acme-ledger/keeper?region=eu-de
      5:9 of several accounts it is not said whose credentials reach the bucket of the ledger (add &account=edge or &account=logs)
    cos://acme-ledger/keeper?region=eu-de&account=edgy
      5:9 there is no account "edgy" (did you mean "edge"?)
    s3://acme-ledger/keeper
      5:9 ledger must be a folder as file:PATH, or a prefix of a bucket as cos://… (write file:./.keeper, or cos://BUCKET/PREFIX?region=LOCATION)
    file:
      5:9 ledger must be a folder as file:PATH, or a prefix of a bucket as cos://… (write file:./.keeper, or cos://BUCKET/PREFIX?region=LOCATION)"
  `);
});

test('a ledger that is a bare path', () => {
  expect(problemsOf(broken(['file:./.keeper', './.keeper']))).toMatchInlineSnapshot(
    `"5:9 ledger must be a folder as file:PATH, or a prefix of a bucket as cos://… (write file:./.keeper, or cos://BUCKET/PREFIX?region=LOCATION)"`,
  );
});

test('endpoints without TLS, with a password, or off loopback', () => {
  expect(
    problemsOf(
      broken(
        ['https://iam.cloud.ibm.com/', 'http://iam.cloud.ibm.com'],
        [
          'https://api.cis.cloud.ibm.com',
          'https://me:pass@cis.example\n  secretsManager: http://127.0.0.1.example.com\n  cloudLogs: ftp://127.0.0.1',
        ],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "7:8 iam must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)
    8:8 cis must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)
    9:19 secretsManager must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)
    10:14 cloudLogs must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)"
  `);
});

test('a clock off loopback', () => {
  expect(
    problemsOf(broken(['endpoints:', 'endpoints:\n  clock: https://clock.example'])),
  ).toMatchInlineSnapshot(
    `"7:10 clock must be a URL on loopback (leave clock out: only a local cloud has a clock of its own)"`,
  );
});

test('a clock of a local cloud beside the real IBM Cloud', () => {
  expect(
    problemsOf(broken(['endpoints:', 'endpoints:\n  clock: http://127.0.0.1:4000/control/clock'])),
  ).toMatchInlineSnapshot(
    `"7:10 a clock of a local cloud, but not every service is on loopback (remove clock, or name loopback endpoints for iam, cis, secretsManager, cloudLogs, cos, cosConfig, resourceController and cbr)"`,
  );
});

test('an account id that is none', () => {
  expect(
    problemsOf(broken(['accountId: fedcba9876543210fedcba9876543210', 'accountId: fedcba98'])),
  ).toMatchInlineSnapshot(
    `"14:16 accountId must be an account id (write the 32 hexadecimal digits that \`ibmcloud account show\` prints)"`,
  );
});

test('a bad name of an account', () => {
  expect(
    problemsOf(
      broken([
        '  edge:\n',
        '  Edge_1: { accountId: 00000000000000000000000000000000, trustedProfile: { id: Profile-1 } }\n  edge:\n',
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"10:3 this key must be a name of lower-case letters, digits and dashes (write up to 41 lower-case letters, digits and dashes, not beginning with a dash)"`,
  );
});

test('a key in the file', () => {
  expect(problemsOf(broken(['{ env: KEEPER_EDGE_APIKEY }', TRACER_KEY]))).toMatchInlineSnapshot(
    `"12:13 apiKey must be a mapping (write { env: NAME } or { file: PATH }; a key does not belong in this file)"`,
  );
});

test("a key in the place of the variable's name", () => {
  expect(problemsOf(broken(['KEEPER_EDGE_APIKEY', TRACER_KEY]))).toMatchInlineSnapshot(
    `"12:20 env must be the name of an environment variable (write a name of upper-case letters, digits and underscores, such as KEEPER_EDGE_APIKEY, and set that variable)"`,
  );
});

test('a key in the place of a key of the file', () => {
  expect(problemsOf(broken(['{ env: KEEPER_EDGE_APIKEY }', '{ hunter2: }']))).toMatchInlineSnapshot(
    `"12:15 unknown key (remove it; known here: env, file)"`,
  );
});

test('an account without credentials, and one with too many', () => {
  expect(
    problemsOf(
      broken(
        ['    apiKey: { env: KEEPER_EDGE_APIKEY }\n', ''],
        ['    trustedProfile:', '    apiKey: { env: KEEPER_EDGE_APIKEY }\n    trustedProfile:'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "10:3 account edge has no credentials (add apiKey: { env: NAME }, apiKey: { file: PATH } or trustedProfile: { id: Profile-… })
    15:5 account logs has an API key and a trusted profile (keep one of the two)"
  `);
});

test('a key from two places, and from none', () => {
  expect(
    problemsOf(
      broken(
        ['env: KEEPER_EDGE_APIKEY', 'env: KEEPER_EDGE_APIKEY, file: edge.key'],
        ['    trustedProfile: { id: Profile-5f2e0d1c-0000-4000-8000-000000000001 }', '    apiKey: {}'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "12:5 the key comes from two places (keep one of env and file)
    15:5 it is not said where the key is (write { env: NAME } or { file: PATH })"
  `);
});

test('a variable that is not set', () => {
  expect(problemsOf(GOOD, { env: {} })).toMatchInlineSnapshot(
    `"12:20 the environment variable KEEPER_EDGE_APIKEY is not set (set it to the API key, and start again)"`,
  );
});

test('a variable that is empty', () => {
  expect(problemsOf(GOOD, { env: { KEEPER_EDGE_APIKEY: ' \n' } })).toMatchInlineSnapshot(
    `"12:20 the environment variable KEEPER_EDGE_APIKEY is empty (set it to the API key and nothing else)"`,
  );
});

test('a variable that holds the JSON of the console', () => {
  expect(
    problemsOf(GOOD, { env: { KEEPER_EDGE_APIKEY: `{"apikey":"${TRACER_KEY}"}` } }),
  ).toMatchInlineSnapshot(
    `"12:20 the environment variable KEEPER_EDGE_APIKEY holds something else than an API key (set it to the API key and nothing else)"`,
  );
});

test('a key file that is not there', () => {
  expect(problemsOf(broken(['env: KEEPER_EDGE_APIKEY', 'file: /nowhere/edge.key']))).toMatchInlineSnapshot(
    `"12:21 the key file cannot be read: ENOENT (put the key into that file; a relative path begins at the folder of the configuration)"`,
  );
});

test('a key file that is empty', () => {
  expect(
    problemsOf(broken(['env: KEEPER_EDGE_APIKEY', 'file: edge.key']), { readFile: () => Buffer.from('\n') }),
  ).toMatchInlineSnapshot(
    `"12:21 the key file is empty (put the value of the key into it and nothing else)"`,
  );
});

test('no instances', () => {
  expect(problemsOf(broken([instance(), '  []\n']))).toMatchInlineSnapshot(
    `"17:3 instances must be a list of at least one CIS instance (add - crn: CRN and account: NAME)"`,
  );
});

test('the CRN of another service', () => {
  expect(problemsOf(broken([':internet-svcs:global:', ':logs:eu-de:']))).toMatchInlineSnapshot(
    `"17:10 crn must be the CRN of a CIS instance (write the CRN as \`ibmcloud cis instances\` shows it: crn:v1:bluemix:public:internet-svcs:global:a/…:…::)"`,
  );
});

test('an instance of another account, and one that no account is named for', () => {
  expect(
    problemsOf(
      broken(['    account: edge\n', `    account: logs\n${instance('99999999999999999999999999999999')}`]),
    ),
  ).toMatchInlineSnapshot(`
    "17:10 this instance does not belong to account logs (write account: edge)
    19:10 this instance does not belong to account edge (add the account that the CRN names to accounts)"
  `);
});

test('an instance twice', () => {
  expect(problemsOf(broken([instance(), `${instance()}${instance()}`]))).toMatchInlineSnapshot(
    `"19:10 this instance is already there (keep one of the two)"`,
  );
});

test('unknown accounts, with the name that was meant', () => {
  expect(
    problemsOf(
      broken(
        ['    account: edge\n', '    account: egde\n'],
        ['    account: logs\n', '    account: nobody\n'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "18:14 there is no account "egde" (did you mean "edge"?)
    22:14 there is no account "nobody" (write edge or logs, or add it to accounts)"
  `);
});

test('a binding of a manager that nobody knows', () => {
  expect(problemsOf(broken(['managedBy: keeper', 'managedBy: terraform']))).toMatchInlineSnapshot(
    `"21:16 managedBy must be one of keeper, secrets-manager, others (write keeper, secrets-manager or others)"`,
  );
});

test('what does not go with who makes the keys', () => {
  const text = broken(
    ['managedBy: keeper', 'managedBy: secrets-manager'],
    ['iam-ServiceId-0f7c6a52-0000-4000-8000-00000000000a', 'IBMid-50AB12CD34'],
    [
      'id: 0f7c6a52-0000-4000-8000-000000000001',
      'id: 0f7c6a52-0000-4000-8000-000000000001\n      member: edge',
    ],
  );
  expect(problemsOf(text)).toMatchInlineSnapshot(`
    "23:12 keys of a user are made by the user: managedBy secrets-manager needs a service ID (write iam-ServiceId-…, or managedBy: others)
    28:7 Secrets Manager makes keys in secrets of type iam_credentials, which have no members (leave member out)
    32:5 adopt goes with managedBy keeper: who makes the keys retires them (leave adopt out)"
  `);
});

test('a secret that one binding takes for kv and another does not', () => {
  const second = SECOND_BINDING.replace('000000000002', '000000000001\n      member: dns');
  expect(problemsOf(broken(['policies:\n', second]))).toMatchInlineSnapshot(
    `"40:11 binding "edge-logs" takes this secret for one without members (name a member in both, or in none)"`,
  );
});

test('ids that are none', () => {
  expect(
    problemsOf(
      broken(
        ['iam-ServiceId-', 'ServiceId-'],
        ['id: 0f7c6a52-0000-4000-8000-000000000001', 'id: edge-key'],
        ['ApiKey-0f7c6a52', '0f7c6a52'],
        ['Profile-', 'profile-'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "15:27 id must be the id of a trusted profile (write the id that \`ibmcloud iam trusted-profiles\` prints, Profile-…)
    23:12 iamId must be the IAM id of a service ID, or of a user (write iam- and the id that \`ibmcloud iam service-ids\` prints: iam-ServiceId-…; or IBMid-… where others make the keys)
    27:11 id must be a GUID in lower case (write the GUID of the secret, as in 3f2a… with four dashes)
    31:24 apiKeyId must be the id of an API key (write the id that \`ibmcloud iam service-api-keys\` prints, ApiKey-…; never the key itself)"
  `);
});

test('a region that is none', () => {
  expect(problemsOf(broken(['      region: eu-de\n', '      region: Frankfurt\n']))).toMatchInlineSnapshot(
    `"26:15 region must be an IBM Cloud region (write a region such as eu-de or us-south)"`,
  );
});

test('adopting a key without saying which, or what becomes of it', () => {
  expect(
    problemsOf(broken(['{ apiKeyId: ApiKey-0f7c6a52-0000-4000-8000-00000000000b, retire: disable }', '{}'])),
  ).toMatchInlineSnapshot(`
    "31:5 apiKeyId is missing (write the id that \`ibmcloud iam service-api-keys\` prints, ApiKey-…; never the key itself)
    31:5 retire is missing (write disable or never)"
  `);
});

test('a binding without jobs', () => {
  expect(
    problemsOf(
      broken([
        `      - zone: shop.example\n        destination: { cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }\n`,
        '      []\n',
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"29:7 jobs must be a list of at least one selector (add - destination: { cloudLogs: { instance: GUID, region: REGION } })"`,
  );
});

test('a selector without destination', () => {
  expect(
    problemsOf(
      broken([
        '        destination: { cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }\n',
        '',
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"29:9 destination is missing (write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, auth: key } }, the destination of the Logpush jobs)"`,
  );
});

test('a selector with bad patterns', () => {
  expect(
    problemsOf(
      broken([
        'zone: shop.example',
        'zone: "*.example"\n        dataset: HTTP requests\n        instance: aaaaaaaa',
      ]),
    ),
  ).toMatchInlineSnapshot(`
    "29:15 zone must be the id or the name of a zone, or "*" (write the 32 hexadecimal digits or the domain name, or leave zone out for all of them)
    30:18 dataset must be the name of a dataset, or "*" (write http_requests, firewall_events, range_events or dns_logs, or leave dataset out for all of them)
    31:19 instance must be the CRN of a CIS instance, or "*" (write the crn of one of instances, or leave instance out for all of them)"
  `);
});

test('a selector of an instance that is not configured', () => {
  expect(
    problemsOf(
      broken([
        'zone: shop.example',
        'instance: "crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:ffffffff-1111-4222-8333-bbbbbbbbbbbb::"',
      ]),
    ),
  ).toMatchInlineSnapshot(
    `"29:19 this instance is not configured (add the instance to instances, or leave instance out for all of them)"`,
  );
});

test('two bindings of one name with one secret', () => {
  expect(
    problemsOf(
      broken(['policies:\n', SECOND_BINDING.replace('dns-logs', 'edge-logs').replace('000002', '000001')]),
    ),
  ).toMatchInlineSnapshot(`
    "33:11 there is already a binding "edge-logs" (give each binding its own name)
    40:11 binding "edge-logs" already has this key (put the jobs of both under one binding, or use a secret, or a member of a kv secret, of its own)"
  `);
});

test('two bindings that can claim the same job', () => {
  expect(
    problemsOf(broken(['policies:\n', SECOND_BINDING.replace('zone: other.example', 'dataset: dns_logs')])),
  ).toMatchInlineSnapshot(
    `"44:9 this selector and one of binding "edge-logs" can claim the same Logpush job (narrow one of the two by instance, zone or dataset)"`,
  );
});

test('two bindings that can claim the same job, by the id and the name of a zone', () => {
  expect(
    problemsOf(
      broken(['policies:\n', SECOND_BINDING.replace('other.example', '0f1e2d3c4b5a69788796a5b4c3d2e1f0')]),
    ),
  ).toMatchInlineSnapshot(
    `"44:9 this selector and one of binding "edge-logs" can claim the same Logpush job (narrow one of the two by instance, zone or dataset)"`,
  );
});

test('durations that are none', () => {
  expect(
    problemsOf(
      broken(
        ['before: 30d', 'before: 30'],
        ['maxAge: 80d', 'maxAge: 2 months'],
        ['keyLife: 120d', 'keyLife: 0d'],
        ['drain: 3h', 'drain: 99999999d'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "34:23 before must be a duration (write a whole number and a unit, such as 90s, 15m, 6h or 30d)
    34:35 maxAge must be a duration (write a whole number and a unit, such as 90s, 15m, 6h or 30d; at most ten years)
    34:54 keyLife must be a duration (write a whole number and a unit, such as 90s, 15m, 6h or 30d; at most ten years)
    34:65 drain must be a duration (write a whole number and a unit, such as 90s, 15m, 6h or 30d; at most ten years)"
  `);
});

test('a drain that is too short', () => {
  expect(problemsOf(broken(['drain: 3h', 'drain: 134m']))).toMatchInlineSnapshot(
    `"34:63 drain must be at least 135m: so long may CIS still use the previous key (write 135m or more, or leave it out)"`,
  );
});

test('new keys that would be due at once', () => {
  expect(problemsOf(broken(['before: 30d', 'before: 120d']))).toMatchInlineSnapshot(
    `"34:23 before (120 d) is not less than keyLife (120 d): every new key would be due at once (write keyLife: 201d in rotation of policies, or shorten before)"`,
  );
});

test('keys that end before they are too old', () => {
  expect(problemsOf(broken(['maxAge: 80d', 'maxAge: 120d']))).toMatchInlineSnapshot(
    `"34:36 maxAge (120 d) is not less than keyLife (120 d): a key ends before it is too old (write keyLife: 151d in rotation of policies, or shorten maxAge)"`,
  );
});

test('an age that would never matter, by the policies and by a binding', () => {
  expect(
    problemsOf(broken(['keyLife: 120d', 'keyLife: 110d'], ['maxAge: 60d', 'maxAge: 90d'])),
  ).toMatchInlineSnapshot(`
    "32:25 keyLife (110 d) does not exceed maxAge (90 d) and before (30 d) together: maxAge would never matter (write keyLife: 121d in rotation of policies, or shorten maxAge or before)
    34:50 keyLife (110 d) does not exceed maxAge (80 d) and before (30 d) together: maxAge would never matter (write keyLife: 111d in rotation of policies, or shorten maxAge or before)"
  `);
});

test('thresholds shorter than a rotation', () => {
  expect(
    problemsOf(broken(['before: 30d', 'before: 6h'], ['maxAge: 60d', 'maxAge: 2d'])),
  ).toMatchInlineSnapshot(`
    "32:25 maxAge must be at least 3d: so long one rotation may take (write 80d)
    34:23 before must be at least 1d: a failed rotation needs time for another try (write 30d)"
  `);
});

test('a contradiction with a default points at what was written', () => {
  expect(
    problemsOf(
      broken(
        [
          '  rotation: { before: 30d, maxAge: 80d, keyLife: 120d, drain: 3h }\n',
          '  rotation: { keyLife: 60d }\n',
        ],
        ['    rotation: { maxAge: 60d }\n', ''],
      ),
    ),
  ).toMatchInlineSnapshot(
    `"33:24 maxAge (80 d) is not less than keyLife (60 d): a key ends before it is too old (write keyLife: 111d in rotation of policies, or shorten maxAge)"`,
  );
});

test('a budget that IBM would not answer', () => {
  expect(problemsOf(broken(['callsPerMinute: 40', 'callsPerMinute: 101']))).toMatchInlineSnapshot(
    `"35:26 callsPerMinute must be a whole number from 1 to 100 (write at most 100: IBM does not promise to answer more)"`,
  );
});

test('windows that never come, or never end', () => {
  const holds =
    'holds:\n  - { reason: weekly, weekly: { days: [sunday], at: "25:00", for: 25h } }\n  - { reason: none, weekly: {} }\n';
  expect(problemsOf(GOOD.concat(holds))).toMatchInlineSnapshot(`
    "37:40 item 1 of days must be one of sun, mon, tue, wed, thu, fri, sat (write sun, mon, tue, wed, thu, fri or sat)
    37:53 at must be a time of day in UTC (write it as "02:00", with quotes around it)
    37:67 for must be a duration of at most a day (write 24h or less)
    38:21 days is missing (write days: [sat, sun])
    38:21 at is missing (write it as "02:00", with quotes around it)
    38:21 for is missing (write a whole number and a unit, such as 90s, 15m, 6h or 30d)"
  `);
});

test('mappings left empty', () => {
  expect(
    problemsOf(
      broken(
        ['mode: observe\n', 'mode:\n'],
        ['  iam: https://iam.cloud.ibm.com/\n  cis: https://api.cis.cloud.ibm.com\n', ''],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "2:1 mode must be one of observe, act (write observe or act)
    6:1 endpoints must be a mapping (write a URL for each service that is elsewhere, or leave endpoints out)"
  `);
});

test('a problem in one part does not hide those of others', () => {
  expect(
    problemsOf(
      broken(
        ['mode: observe', 'mode: on'],
        ['accountId: 0123456789abcdef0123456789abcdef', 'accountId: 12'],
        ['    account: logs\n', '    account: log\n'],
        ['drain: 3h', 'drain: 1m'],
        ['KEEPER_EDGE_APIKEY', 'KEEPER_EDGE_APIKEY_2'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "2:7 mode must be one of observe, act (write observe or act)
    11:16 accountId must be an account id (write the 32 hexadecimal digits that \`ibmcloud account show\` prints)
    12:20 the environment variable KEEPER_EDGE_APIKEY_2 is not set (set it to the API key, and start again)
    22:14 there is no account "log" (did you mean "logs"?)
    34:63 drain must be at least 135m: so long may CIS still use the previous key (write 135m or more, or leave it out)"
  `);
});

const LOGS = '{ cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }';
const aBucket = (more: string): string =>
  `{ cos: { bucket: acme-logs, region: us, instance: cccccccc-1111-4222-8333-dddddddddddd${more} } }`;

test('a bucket whose jobs are neither', () => {
  expect(problemsOf(broken([LOGS, aBucket(', auth: hmac')]))).toMatchInlineSnapshot(
    `"30:116 auth must be one of key, ownership (write key or ownership)"`,
  );
});

test('a bucket in no location', () => {
  expect(
    problemsOf(broken([LOGS, aBucket('').replace('region: us', 'region: Frankfurt')])),
  ).toMatchInlineSnapshot(
    `"30:58 region must be the location of a bucket (write a location such as eu-de, us or ams03)"`,
  );
});

test('jobs by name where ids are asked for', () => {
  expect(
    problemsOf(broken(['    jobs:\n', '    exceptJobs: [edge-http, 0]\n    jobs:\n'])),
  ).toMatchInlineSnapshot(`
    "28:18 item 1 of exceptJobs must be a whole number from 1 (write the id of a Logpush job)
    28:29 item 2 of exceptJobs must be a whole number from 1 (write the id of a Logpush job)"
  `);
});
