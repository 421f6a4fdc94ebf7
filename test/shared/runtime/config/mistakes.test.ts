import { expect, test } from 'vitest';
import { ConfigError, type ConfigProblem } from '../../../../shared/errors.ts';
import type { LoadOptions } from '../../../../shared/runtime/config/config.ts';
import { broken, load, TRACER_KEY } from '../../../support/keeper-yml.ts';
import { MISTAKES } from './mistakes.ts';

/** Key files, and nothing else, are read from a folder that has one good key in it. */
const options: Partial<LoadOptions> = {
  readFile: (path) => {
    if (path.endsWith('/edge.key')) return Buffer.from(TRACER_KEY);
    throw Object.assign(new Error('not there'), { code: 'ENOENT' });
  },
};

function problemsIn(text: string): readonly ConfigProblem[] {
  try {
    load(text, options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

test('there are many mistakes, each another one', () => {
  expect(MISTAKES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(MISTAKES.map(({ what }) => what)).size).toBe(MISTAKES.length);
  expect(new Set(MISTAKES.map(({ piece, wrong }) => `${piece}→${wrong}`)).size).toBe(MISTAKES.length);
});

test.each(MISTAKES)(
  '$what is told with a line, a column, a message and a fix, and nothing that may be a key',
  ({ piece, wrong }) => {
    const text = broken([piece, wrong]);
    const problems = problemsIn(text);
    expect(problems).not.toEqual([]);
    const lines = text.split('\n');
    for (const { source, line, column, message, fix } of problems) {
      expect(source).toBe('keeper.yml');
      expect(line).toBeGreaterThan(0);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThan(0);
      expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
      expect(message).toMatch(/^[^\n]{10,200}$/);
      expect(fix).toMatch(
        /^(add|check|did you mean|give|indent|keep|leave|lengthen|name|narrow|put|remove|say|save|set|shorten|write) ?[^\n]{3,}$/,
      );
      expect(`${message} ${fix}`).not.toMatch(/[A-Za-z0-9_-]{41,}/);
    }
  },
);

test.each(MISTAKES)('$what is no mistake any more once the fix was followed', ({ piece, right }) => {
  expect(problemsIn(broken([piece, right]))).toEqual([]);
});

test('where the fix names a length of life, that length is enough', () => {
  const contradictions: readonly (readonly [string, string])[] = [
    ['before: 30d', 'before: 120d'],
    ['maxAge: 80d', 'maxAge: 400d'],
    ['keyLife: 120d', 'keyLife: 20d'],
    ['rotation: { maxAge: 60d }', 'rotation: { maxAge: 100d, before: 3000h }'],
  ];
  for (const change of contradictions) {
    const text = broken(change);
    const lives = problemsIn(text).map(({ fix }) => /write (keyLife: (\d+)d)/.exec(fix));
    const longest = lives.toSorted((a, b) => Number(b?.[2]) - Number(a?.[2]))[0]?.[1] ?? 'none';
    expect(problemsIn(text.replace(/keyLife: \d+d/, longest)), change[1]).toEqual([]);
  }
});

test('what has no text has no place, and a fix all the same', () => {
  const texts = ['', '\n\n', '# nothing yet\n', `# ${'long '.repeat(200_001)}`];
  for (const text of texts) {
    const [problem, ...others] = problemsIn(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ line: 0, column: 0, fix: expect.stringMatching(/^(write|give) /) });
  }
});

test('a key in the place of the name of an account is not told, whatever else that account lacks', () => {
  for (const credentials of [
    '',
    '    apiKey: { env: KEEPER_EDGE_APIKEY }\n    trustedProfile: { id: Profile-1 }\n',
  ]) {
    const account = `  ${TRACER_KEY}:\n    accountId: 00000000000000000000000000000000\n${credentials}`;
    const problems = problemsIn(broken(['accounts:\n', `accounts:\n${account}`]));
    expect(problems.length).toBeGreaterThan(1);
    expect(JSON.stringify(problems)).not.toContain(TRACER_KEY);
  }
});

test('what is told of each', () => {
  const told = MISTAKES.map(({ what, piece, wrong }) => {
    const problems = problemsIn(broken([piece, wrong]));
    return [what, ...problems.map((p) => `  ${p.line}:${p.column} ${p.message} (${p.fix})`)].join('\n');
  });
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "a bracket that is not closed
      5:1 this line does not go on with what stands before it (indent it as its neighbours, and close the brackets and quotes before it)
    a tab
      22:1 a tab indents this line (indent with spaces)
    a second document
      3:1 a second document begins here (keep one document, without --- in between)
    a key twice
      3:1 this key is already there (keep one of the two)
    a tag
      2:7 this tag is not known (remove the word that begins with !, or put the value into quotes)
    an alias without an anchor
      22:14 no anchor of this name stands before this alias (write the value itself)
    a value that begins with @
      29:15 a value cannot begin with this character (put the value into quotes)
    a backslash in quotes
      5:16 not an escape sequence (write \\\\ for a backslash, or use single quotes)
    a directive
      1:1 this directive is not known (remove the line)
    a key that is no text
      3:3 a key must be a plain text (write name: value)
    a space missing behind a colon
      2:1 this is no name: value (write a space behind the colon, and indent the line as its neighbours)
    an entry one column too far left
      23:1 something is missing here: a colon, a comma, a bracket or a quote (write name: value, close brackets and quotes, and indent the line as its neighbours)
    another version
      1:10 version must be 1 (write version: 1, without quotes)
    a version in quotes
      1:10 version must be 1 (write version: 1, without quotes)
    no version
      1:1 version is missing (write version: 1, without quotes)
    a mode that is none
      2:7 mode must be one of observe, act (write observe or act)
    a mode left empty
      2:1 mode must be one of observe, act (write observe or act)
    a slip in a key
      5:1 unknown key "leger" (did you mean "ledger"?)
    a key that is not known
      3:1 unknown key "region" (remove it; known here: version, mode, functions, ledger, endpoints, accounts, instances, bindings, logpushJobs, policies, holds, notify)
    a function that is none
      4:3 unknown key "rotate-key" (did you mean "rotate-keys"?)
    a function and its mode in one
      4:16 rotate-keys must be a mapping (write { mode: observe } or { mode: act })
    a ledger that is a bare path
      5:9 ledger must be a folder as file:PATH, or a prefix of a bucket as cos://… (write file:./.keeper, or cos://BUCKET/PREFIX?region=LOCATION)
    a ledger of S3
      5:9 ledger must be a folder as file:PATH, or a prefix of a bucket as cos://… (write file:./.keeper, or cos://BUCKET/PREFIX?region=LOCATION)
    a ledger without its region
      5:9 ledger must be cos://… with the region of the bucket (add ?region=LOCATION, such as ?region=eu-de)
    a ledger of nobody’s account
      5:9 of several accounts it is not said whose credentials reach the bucket of the ledger (add &account=edge or &account=logs)
    an endpoint without TLS
      7:8 iam must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)
    an endpoint without a scheme
      8:8 cis must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)
    a clock beside the real IBM Cloud
      7:10 a clock of a local cloud, but not every service is on loopback (remove clock, or name loopback endpoints for iam, cis, secretsManager, cloudLogs, cos, cosConfig, resourceController and cbr)
    a clock that is elsewhere
      7:10 clock must be a URL on loopback (leave clock out: only a local cloud has a clock of its own)
    endpoints as a list
      7:3 endpoints must be a mapping (write a URL for each service that is elsewhere, or leave endpoints out)
    an account id cut short
      14:16 accountId must be an account id (write the 32 hexadecimal digits that \`ibmcloud account show\` prints)
    an account of an illegal name
      10:3 this key must be a name of lower-case letters, digits and dashes (write up to 41 lower-case letters, digits and dashes, not beginning with a dash)
      18:14 there is no account "edge" (write logs, or add it to accounts)
    a key in the file
      12:13 apiKey must be a mapping (write { env: NAME } or { file: PATH }; a key does not belong in this file)
    a key in the place of its variable
      12:20 env must be the name of an environment variable (write a name of upper-case letters, digits and underscores, such as KEEPER_EDGE_APIKEY, and set that variable)
    a variable that is not set
      12:20 the environment variable KEEPER_EDGE_KEY is not set (set it to the API key, and start again)
    a variable of small letters
      12:20 env must be the name of an environment variable (write a name of upper-case letters, digits and underscores, such as KEEPER_EDGE_APIKEY, and set that variable)
    a key file that is not there
      12:21 the key file cannot be read: ENOENT (put the key into that file; a relative path begins at the folder of the configuration)
    a key file without a name
      12:21 file must be a path (write the path of a file that holds the key and nothing else)
    a key from two places
      12:5 the key comes from two places (keep one of env and file)
    a key from nowhere
      12:5 it is not said where the key is (write { env: NAME } or { file: PATH })
    an account without credentials
      10:3 account edge has no credentials (add apiKey: { env: NAME }, apiKey: { file: PATH } or trustedProfile: { id: Profile-… })
    an account with both credentials
      16:5 account logs has an API key and a trusted profile (keep one of the two)
    a trusted profile by its name
      15:27 id must be the id of a trusted profile (write the id that \`ibmcloud iam trusted-profiles\` prints, Profile-…)
    a trusted profile that is only its id
      15:21 trustedProfile must be a mapping (write { id: Profile-… })
    no instances
      17:3 instances must be a list of at least one CIS instance (add - crn: CRN and account: NAME)
    the CRN of another service
      17:10 crn must be the CRN of a CIS instance (write the CRN as \`ibmcloud cis instances\` shows it: crn:v1:bluemix:public:internet-svcs:global:a/…:…::)
    a CRN whose last colons are gone
      17:10 crn must be the CRN of a CIS instance (write the CRN as \`ibmcloud cis instances\` shows it: crn:v1:bluemix:public:internet-svcs:global:a/…:…::)
    an instance of another account
      17:10 this instance does not belong to account logs (write account: edge)
    an instance without its account
      17:5 account is missing (write a name that stands under accounts)
    an instance twice
      19:10 this instance is already there (keep one of the two)
    an account that is not there
      22:14 there is no account "nobody" (write edge or logs, or add it to accounts)
    a slip in the name of an account
      22:14 there is no account "lgos" (did you mean "logs"?)
    bindings without dashes
      20:5 bindings must be a list (write each binding with a dash in front, - name: NAME, or leave bindings out)
    a binding of an illegal name
      20:11 name must be a name of lower-case letters, digits and dashes (write up to 41 lower-case letters, digits and dashes, not beginning with a dash)
    a binding whose keys nobody makes
      21:16 managedBy must be one of keeper, secrets-manager, others (write keeper, secrets-manager or others)
    a service ID without iam-
      23:12 iamId must be the IAM id of a service ID, or of a user (write iam- and the id that \`ibmcloud iam service-ids\` prints: iam-ServiceId-…; or IBMid-… where others make the keys)
    a user whose keys the keeper would make
      23:12 keys of a user are made by the user: managedBy keeper needs a service ID (write iam-ServiceId-…, or managedBy: others)
    adopt where others make the keys
      31:5 adopt goes with managedBy keeper: who makes the keys retires them (leave adopt out)
    a secret by its name
      27:11 id must be a GUID in lower case (write the GUID of the secret, as in 3f2a… with four dashes)
    a secret by its CRN
      27:11 id must be a GUID in lower case (write the GUID of the secret, as in 3f2a… with four dashes)
    a GUID in upper case
      25:17 instance must be a GUID in lower case (write the GUID of the Secrets Manager instance, as in 3f2a… with four dashes)
    a region by its city
      26:15 region must be an IBM Cloud region (write a region such as eu-de or us-south)
    a network that is none
      27:16 network must be one of public, private (write public or private)
    a member with a dot
      27:15 member must be the name of a member of a kv secret (write it in letters, digits, dashes and underscores; leave it out for a secret of another type)
    the id of a key without ApiKey-
      31:24 apiKeyId must be the id of an API key (write the id that \`ibmcloud iam service-api-keys\` prints, ApiKey-…; never the key itself)
    adopting a key to delete it
      31:77 retire must be one of disable, never (write disable or never)
    a way to qualify that is none
      22:14 qualify must be one of action, token (write action or token)
    two bindings of one name
      33:11 there is already a binding "edge-logs" (give each binding its own name)
    two bindings of one secret
      40:11 binding "edge-logs" already has this key (put the jobs of both under one binding, or use a secret, or a member of a kv secret, of its own)
    a secret that is kv in one binding alone
      40:11 binding "edge-logs" takes this secret for one without members (name a member in both, or in none)
    two bindings that can claim the same job
      44:9 this selector and one of binding "edge-logs" can claim the same Logpush job (narrow one of the two by instance, zone or dataset)
    a binding without jobs
      29:7 jobs must be a list of at least one selector (add - destination: { cloudLogs: { instance: GUID, region: REGION } })
    a selector without destination
      29:9 destination is missing (write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, auth: key } }, the destination of the Logpush jobs)
    a selector with two destinations
      30:22 destination must be either cloudLogs or cos (write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, auth: key } }, the destination of the Logpush jobs)
    a selector with an empty destination
      30:22 destination must be either cloudLogs or cos (write { cloudLogs: { instance: GUID, region: REGION } } or { cos: { bucket: NAME, region: LOCATION, instance: GUID, auth: key } }, the destination of the Logpush jobs)
    a zone with a wildcard
      29:15 zone must be the id or the name of a zone, or "*" (write the 32 hexadecimal digits or the domain name, or leave zone out for all of them)
    a zone that is a URL
      29:15 zone must be the id or the name of a zone, or "*" (write the 32 hexadecimal digits or the domain name, or leave zone out for all of them)
    a dataset by its title
      29:18 dataset must be the name of a dataset, or "*" (write http_requests, firewall_events, range_events or dns_logs, or leave dataset out for all of them)
    an instance that is not configured
      29:19 this instance is not configured (add the instance to instances, or leave instance out for all of them)
    a bucket as a URL
      30:39 bucket must be the name of a bucket (write the name of the bucket alone, without cos:// and path)
    a bucket in no location
      30:58 region must be the location of a bucket (write a location such as eu-de, us or ams03)
    a path that begins with a slash
      30:116 path must be a path below the bucket (write it without a slash in front, such as zone-a/http; leave it out for all paths)
    a bucket whose jobs are neither
      30:116 auth must be one of key, ownership (write key or ownership)
    a job by its name
      28:18 item 1 of exceptJobs must be a whole number from 1 (write the id of a Logpush job)
    one job that is no list
      28:17 exceptJobs must be a list (write a list of ids of Logpush jobs that do not carry this key, or leave exceptJobs out)
    a duration without a unit
      34:23 before must be a duration (write a whole number and a unit, such as 90s, 15m, 6h or 30d)
    a duration in words
      34:36 maxAge must be a duration (write a whole number and a unit, such as 90s, 15m, 6h or 30d; at most ten years)
    a drain that is too short
      34:63 drain must be at least 135m: so long may CIS still use the previous key (write 135m or more, or leave it out)
    a rotation that would begin too late
      34:23 before must be at least 1d: a failed rotation needs time for another try (write 30d)
    keys that would be due all the time
      34:36 maxAge must be at least 3d: so long one rotation may take (write 80d)
    keys that are due when they are new
      34:23 before (120 d) is not less than keyLife (120 d): every new key would be due at once (write keyLife: 201d in rotation of policies, or shorten before)
    keys that end before they are too old
      34:36 maxAge (120 d) is not less than keyLife (120 d): a key ends before it is too old (write keyLife: 151d in rotation of policies, or shorten maxAge)
    an age that never matters
      34:50 keyLife (110 d) does not exceed maxAge (80 d) and before (30 d) together: maxAge would never matter (write keyLife: 111d in rotation of policies, or shorten maxAge or before)
    an age of a binding that never matters
      32:25 keyLife (120 d) does not exceed maxAge (100 d) and before (30 d) together: maxAge would never matter (write keyLife: 131d in rotation of policies, or shorten maxAge or before)
    the life of keys in a binding
      32:17 unknown key "keyLife" (remove it; known here: before, maxAge)
    more calls than IBM answers
      35:26 callsPerMinute must be a whole number from 1 to 100 (write at most 100: IBM does not promise to answer more)
    no calls
      35:26 callsPerMinute must be a whole number from 1 to 100 (write 80, or leave it out)
    no processes
      35:21 processes must be a whole number from 1 (write how many runs may use one identity at once, or leave processes out)
    a first look that does nothing
      35:26 onFirstLook must be one of report, repair (write report or repair)
    a share of the fleet
      35:25 maxChanges must be a whole number from 1 (write how many jobs one run may enable, or leave maxChanges out)
    a hold without a reason
      36:5 reason is missing (say why, for whoever reads the report)
    a hold with an empty reason
      36:15 reason must be a text (say why, for whoever reads the report)
    a hold with a story
      36:15 reason must be a text of at most 200 characters (say it shorter)
    a hold of a job by its name
      36:28 job must be a whole number from 1 (write the id of a Logpush job, or leave job out for all of them)
    a hold until some day
      36:30 until must be an instant (write it as 2026-03-01T00:00:00Z, with quotes around it)
    a hold that ends before it begins
      36:60 this hold ends before it begins (write an instant after that of from)
    a hold of an instance that is not configured
      36:33 this instance is not configured (add the instance to instances, or leave instance out for all of them)
    a window on a whole word
      36:35 item 1 of days must be one of sun, mon, tue, wed, thu, fri, sat (write sun, mon, tue, wed, thu, fri or sat)
    a window on one day that is no list
      36:34 days must be a list of days (write days: [sat, sun])
    a window at no time
      36:45 at must be a time of day in UTC (write it as "02:00", with quotes around it)
    a window at a time without quotes and zero
      36:45 at must be a time of day in UTC (write it as "02:00", with quotes around it)
    a window that never ends
      36:59 for must be a duration of at most a day (write 24h or less)"
  `);
});
