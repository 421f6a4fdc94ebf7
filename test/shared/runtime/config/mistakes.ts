import { SECOND_BINDING, TRACER_KEY } from '../../../support/keeper-yml.ts';

/** One mistake that people make in `keeper.yml`, and the text after its fix was followed. */
export interface Mistake {
  readonly what: string;
  /** A piece of the good text, and what is written in its place. */
  readonly piece: string;
  readonly wrong: string;
  /** What stands there once the fix that the keeper gives has been followed; by default as in the good text. */
  readonly right: string;
}

const mistake = (what: string, piece: string, wrong: string, right = piece): Mistake => ({
  what,
  piece,
  wrong,
  right,
});

const LOGS = '{ cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }';
const bucket = (name: string, more = ''): string =>
  `{ cos: { bucket: ${name}, region: us, instance: cccccccc-1111-4222-8333-dddddddddddd${more} } }`;
const CRN =
  'crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::';
const hold = (fields: string): string => `policies:\n  cis: { callsPerMinute: 40 }\nholds:\n  - ${fields}\n`;
const POLICIES =
  'policies:\n  rotation: { before: 30d, maxAge: 80d, keyLife: 120d, drain: 3h }\n  cis: { callsPerMinute: 40 }\n';
const held = (what: string, wrong: string, right: string): Mistake =>
  mistake(what, POLICIES, hold(wrong), hold(right));
const policy = (what: string, wrong: string, right: string): Mistake =>
  mistake(what, '  cis: { callsPerMinute: 40 }\n', `  ${wrong}\n`, `  ${right}\n`);

export const MISTAKES: readonly Mistake[] = [
  // The text itself.
  mistake('a bracket that is not closed', '{ mode: act }', '{ mode: act'),
  mistake('a tab', '    account: logs\n', '\taccount: logs\n'),
  mistake('a second document', 'mode: observe\n', 'mode: observe\n---\n'),
  mistake('a key twice', 'mode: observe\n', 'mode: observe\nmode: act\n'),
  mistake('a tag', 'mode: observe', 'mode: !env observe'),
  mistake('an alias without an anchor', 'account: logs\n', 'account: *logs\n'),
  mistake('a value that begins with @', 'zone: shop.example', 'zone: @shop.example', 'zone: "shop.example"'),
  mistake('a backslash in quotes', 'file:./.keeper', '"file:.\\keeper"', '"file:.\\\\keeper"'),
  mistake('a directive', 'version: 1\n', '%keeper 1\n---\nversion: 1\n', '---\nversion: 1\n'),
  mistake('a key that is no text', 'mode: observe\n', 'mode: observe\n? [a]\n: b\n'),
  mistake('a space missing behind a colon', 'mode: observe', 'mode:observe'),
  mistake('an entry one column too far left', '    iamId:', '   iamId:'),
  // What is at the top.
  mistake('another version', 'version: 1', 'version: 2'),
  mistake('a version in quotes', 'version: 1', 'version: "1"'),
  mistake('no version', 'version: 1\n', ''),
  mistake('a mode that is none', 'mode: observe', 'mode: on'),
  mistake('a mode left empty', 'mode: observe\n', 'mode:\n'),
  mistake('a slip in a key', 'ledger:', 'leger:'),
  mistake('a key that is not known', 'mode: observe\n', 'mode: observe\nregion: eu-de\n'),
  mistake('a function that is none', 'rotate-keys:', 'rotate-key:'),
  mistake('a function and its mode in one', '{ mode: act }', 'act'),
  // The ledger and the endpoints.
  mistake('a ledger that is a bare path', 'file:./.keeper', './.keeper'),
  mistake(
    'a ledger of S3',
    'file:./.keeper',
    's3://acme-ledger/keeper',
    'cos://acme-ledger/keeper?region=eu-de&account=edge',
  ),
  mistake(
    'a ledger without its region',
    'file:./.keeper',
    'cos://acme-ledger/keeper',
    'cos://acme-ledger/keeper?region=eu-de&account=edge',
  ),
  mistake(
    'a ledger of nobody’s account',
    'file:./.keeper',
    'cos://acme-ledger/keeper?region=eu-de',
    'cos://acme-ledger/keeper?region=eu-de&account=logs',
  ),
  mistake('an endpoint without TLS', 'iam: https://iam.cloud.ibm.com/', 'iam: http://iam.cloud.ibm.com/'),
  mistake('an endpoint without a scheme', 'cis: https://api.cis.cloud.ibm.com', 'cis: api.cis.cloud.ibm.com'),
  mistake(
    'a clock beside the real IBM Cloud',
    'endpoints:\n',
    'endpoints:\n  clock: http://127.0.0.1:4000/clock\n',
  ),
  mistake('a clock that is elsewhere', 'endpoints:\n', 'endpoints:\n  clock: https://clock.example\n'),
  mistake(
    'endpoints as a list',
    '  iam: https://iam.cloud.ibm.com/\n  cis: https://api.cis.cloud.ibm.com\n',
    '  - https://iam.cloud.ibm.com/\n',
  ),
  // Accounts.
  mistake('an account id cut short', 'accountId: fedcba9876543210fedcba9876543210', 'accountId: fedcba98'),
  mistake('an account of an illegal name', '  edge:\n', '  Edge_1:\n'),
  mistake('a key in the file', '{ env: KEEPER_EDGE_APIKEY }', TRACER_KEY),
  mistake('a key in the place of its variable', 'KEEPER_EDGE_APIKEY', TRACER_KEY),
  mistake('a variable that is not set', 'KEEPER_EDGE_APIKEY', 'KEEPER_EDGE_KEY'),
  mistake('a variable of small letters', 'KEEPER_EDGE_APIKEY', 'keeper_edge_apikey'),
  mistake(
    'a key file that is not there',
    '{ env: KEEPER_EDGE_APIKEY }',
    '{ file: nowhere.key }',
    '{ file: edge.key }',
  ),
  mistake('a key file without a name', '{ env: KEEPER_EDGE_APIKEY }', '{ file: "" }', '{ file: edge.key }'),
  mistake('a key from two places', 'env: KEEPER_EDGE_APIKEY', 'env: KEEPER_EDGE_APIKEY, file: edge.key'),
  mistake('a key from nowhere', '{ env: KEEPER_EDGE_APIKEY }', '{}'),
  mistake('an account without credentials', '    apiKey: { env: KEEPER_EDGE_APIKEY }\n', ''),
  mistake(
    'an account with both credentials',
    '    trustedProfile:',
    '    apiKey: { env: KEEPER_EDGE_APIKEY }\n    trustedProfile:',
  ),
  mistake('a trusted profile by its name', 'Profile-5f2e0d1c-0000-4000-8000-000000000001', 'keeper'),
  mistake(
    'a trusted profile that is only its id',
    '{ id: Profile-5f2e0d1c-0000-4000-8000-000000000001 }',
    'Profile-5f2e0d1c-0000-4000-8000-000000000001',
  ),
  // Instances.
  mistake('no instances', `  - crn: "${CRN}"\n    account: edge\n`, '  []\n'),
  mistake('the CRN of another service', ':internet-svcs:global:', ':logs:eu-de:'),
  mistake('a CRN whose last colons are gone', 'bbbbbbbbbbbb::"', 'bbbbbbbbbbbb"'),
  mistake('an instance of another account', `    account: edge\n`, '    account: logs\n'),
  mistake('an instance without its account', '    account: edge\n', ''),
  mistake(
    'an instance twice',
    `  - crn: "${CRN}"\n    account: edge\n`,
    `  - crn: "${CRN}"\n    account: edge\n`.repeat(2),
  ),
  mistake(
    'an account that is not there',
    '    account: logs\n',
    '    account: nobody\n',
    '    account: edge\n',
  ),
  mistake('a slip in the name of an account', '    account: logs\n', '    account: lgos\n'),
  // Bindings.
  mistake('bindings without dashes', '  - name: edge-logs\n', '    name: edge-logs\n'),
  mistake('a binding of an illegal name', 'name: edge-logs', 'name: Edge logs', 'name: edge-2'),
  mistake('a binding whose keys nobody makes', 'managedBy: keeper', 'managedBy: terraform'),
  mistake('a service ID without iam-', 'iamId: iam-', 'iamId: '),
  mistake(
    'a user whose keys the keeper would make',
    'iam-ServiceId-0f7c6a52-0000-4000-8000-00000000000a',
    'IBMid-50AB12CD34',
  ),
  mistake('adopt where others make the keys', 'managedBy: keeper', 'managedBy: others', 'managedBy: keeper'),
  mistake('a secret by its name', 'id: 0f7c6a52-0000-4000-8000-000000000001', 'id: edge-key'),
  mistake(
    'a secret by its CRN',
    'id: 0f7c6a52-0000-4000-8000-000000000001',
    'id: "crn:v1:bluemix:public:secrets-manager:eu-de:a/0:1:secret:2"',
  ),
  mistake('a GUID in upper case', 'instance: dddddddd-1111', 'instance: DDDDDDDD-1111'),
  mistake('a region by its city', '      region: eu-de\n', '      region: Frankfurt\n'),
  mistake(
    'a network that is none',
    '      region: eu-de\n',
    '      region: eu-de\n      network: vpc\n',
    '      region: eu-de\n      network: private\n',
  ),
  mistake(
    'a member with a dot',
    '      region: eu-de\n',
    '      region: eu-de\n      member: edge.key\n',
    '      region: eu-de\n      member: edge-key\n',
  ),
  mistake('the id of a key without ApiKey-', 'ApiKey-0f7c6a52', '0f7c6a52'),
  mistake('adopting a key to delete it', 'retire: disable', 'retire: delete'),
  mistake(
    'a way to qualify that is none',
    'managedBy: keeper\n',
    'managedBy: keeper\n    qualify: probe\n',
    'managedBy: keeper\n    qualify: token\n',
  ),
  mistake(
    'two bindings of one name',
    'policies:\n',
    SECOND_BINDING.replace('dns-logs', 'edge-logs'),
    SECOND_BINDING,
  ),
  mistake(
    'two bindings of one secret',
    'policies:\n',
    SECOND_BINDING.replace('000002', '000001'),
    SECOND_BINDING,
  ),
  mistake(
    'a secret that is kv in one binding alone',
    'policies:\n',
    SECOND_BINDING.replace('000000000002', '000000000001\n      member: dns'),
    SECOND_BINDING,
  ),
  mistake(
    'two bindings that can claim the same job',
    'policies:\n',
    SECOND_BINDING.replace('zone: other.example', 'dataset: dns_logs'),
    SECOND_BINDING,
  ),
  // Selectors.
  mistake(
    'a binding without jobs',
    `      - zone: shop.example\n        destination: ${LOGS}\n`,
    '      []\n',
  ),
  mistake('a selector without destination', `        destination: ${LOGS}\n`, ''),
  mistake('a selector with two destinations', LOGS, `${LOGS.slice(0, -2)}, ${bucket('acme-logs').slice(2)}`),
  mistake('a selector with an empty destination', LOGS, '{}'),
  mistake('a zone with a wildcard', 'zone: shop.example', 'zone: "*.example"', 'zone: "*"'),
  mistake('a zone that is a URL', 'zone: shop.example', 'zone: https://shop.example/'),
  mistake('a dataset by its title', 'zone: shop.example', 'dataset: HTTP requests', 'dataset: http_requests'),
  mistake(
    'an instance that is not configured',
    'zone: shop.example',
    `instance: "${CRN.replace('aaaaaaaa', 'ffffffff')}"`,
    `instance: "${CRN}"`,
  ),
  mistake('a bucket as a URL', LOGS, bucket('"cos://acme-logs"'), bucket('acme-logs')),
  mistake('a bucket in no location', LOGS, bucket('acme-logs').replace('us', 'Dallas'), bucket('acme-logs')),
  mistake(
    'a path that begins with a slash',
    LOGS,
    bucket('acme-logs', ', path: /http'),
    bucket('acme-logs', ', path: http'),
  ),
  mistake(
    'a bucket whose jobs are neither',
    LOGS,
    bucket('acme-logs', ', auth: hmac'),
    bucket('acme-logs', ', auth: key'),
  ),
  mistake(
    'a job by its name',
    '    jobs:\n',
    '    exceptJobs: [edge-http]\n    jobs:\n',
    '    exceptJobs: [700123]\n    jobs:\n',
  ),
  mistake(
    'one job that is no list',
    '    jobs:\n',
    '    exceptJobs: 700123\n    jobs:\n',
    '    exceptJobs: [700123]\n    jobs:\n',
  ),
  // Policies.
  mistake('a duration without a unit', 'before: 30d', 'before: 30'),
  mistake('a duration in words', 'maxAge: 80d', 'maxAge: 2 months', 'maxAge: 60d'),
  mistake('a drain that is too short', 'drain: 3h', 'drain: 1h', 'drain: 135m'),
  mistake('a rotation that would begin too late', 'before: 30d', 'before: 6h'),
  mistake('keys that would be due all the time', 'maxAge: 80d', 'maxAge: 2d'),
  mistake('keys that are due when they are new', 'before: 30d', 'before: 120d', 'before: 39d'),
  mistake('keys that end before they are too old', 'maxAge: 80d', 'maxAge: 120d', 'maxAge: 89d'),
  mistake('an age that never matters', 'keyLife: 120d', 'keyLife: 110d', 'keyLife: 111d'),
  mistake('an age of a binding that never matters', 'maxAge: 60d', 'maxAge: 100d', 'maxAge: 89d'),
  mistake(
    'the life of keys in a binding',
    'rotation: { maxAge: 60d }',
    'rotation: { keyLife: 60d }',
    'rotation: {}',
  ),
  policy('more calls than IBM answers', 'cis: { callsPerMinute: 500 }', 'cis: { callsPerMinute: 100 }'),
  policy('no calls', 'cis: { callsPerMinute: 0 }', 'cis: { callsPerMinute: 80 }'),
  policy('no processes', 'cis: { processes: 0 }', 'cis: { processes: 4 }'),
  policy(
    'a first look that does nothing',
    'repair: { onFirstLook: ignore }',
    'repair: { onFirstLook: report }',
  ),
  policy('a share of the fleet', 'repair: { maxChanges: 10% }', 'repair: { maxChanges: 5 }'),
  // Holds.
  held('a hold without a reason', '{ zone: shop.example }', '{ zone: shop.example, reason: freeze }'),
  held('a hold with an empty reason', '{ reason: "" }', '{ reason: freeze }'),
  held('a hold with a story', `{ reason: ${'a'.repeat(5)}${' long'.repeat(50)} }`, '{ reason: freeze }'),
  held(
    'a hold of a job by its name',
    '{ reason: freeze, job: edge-http }',
    '{ reason: freeze, job: 700123 }',
  ),
  held(
    'a hold until some day',
    '{ reason: freeze, until: 1 March }',
    '{ reason: freeze, until: "2026-03-01T00:00:00Z" }',
  ),
  held(
    'a hold that ends before it begins',
    '{ reason: freeze, from: "2026-03-02T00:00:00Z", until: "2026-03-01T00:00:00Z" }',
    '{ reason: freeze, from: "2026-03-01T00:00:00Z", until: "2026-03-02T00:00:00Z" }',
  ),
  held(
    'a hold of an instance that is not configured',
    `{ reason: freeze, instance: "${CRN.replace('aaaaaaaa', 'ffffffff')}" }`,
    `{ reason: freeze, instance: "${CRN}" }`,
  ),
  held(
    'a window on a whole word',
    '{ reason: x, weekly: { days: [sunday], at: "02:00", for: 3h } }',
    '{ reason: x, weekly: { days: [sun], at: "02:00", for: 3h } }',
  ),
  held(
    'a window on one day that is no list',
    '{ reason: x, weekly: { days: sun, at: "02:00", for: 3h } }',
    '{ reason: x, weekly: { days: [sun], at: "02:00", for: 3h } }',
  ),
  held(
    'a window at no time',
    '{ reason: x, weekly: { days: [sun], at: "25:00", for: 3h } }',
    '{ reason: x, weekly: { days: [sun], at: "02:00", for: 3h } }',
  ),
  held(
    'a window at a time without quotes and zero',
    '{ reason: x, weekly: { days: [sun], at: 2:00, for: 3h } }',
    '{ reason: x, weekly: { days: [sun], at: "02:00", for: 3h } }',
  ),
  held(
    'a window that never ends',
    '{ reason: x, weekly: { days: [sun], at: "02:00", for: 25h } }',
    '{ reason: x, weekly: { days: [sun], at: "02:00", for: 24h } }',
  ),
];
