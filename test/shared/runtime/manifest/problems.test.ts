import { expect, test } from 'vitest';
import { changed, ENV, GOOD, problemsOf, TRACER } from './texts.ts';

const TRIGGER = '{ schedule: "*/5 * * * *" }';

test('every problem at once, in the order of the text', () => {
  expect(
    problemsOf(
      changed(
        ['code-engine/v1', 'code-engine/v2'],
        ['region: eu-de', 'regoin: eu-de'],
        ['timeout: 900', 'timeout: 900000'],
        ['action: look }', 'action: lok }'],
      ),
    ),
  ).toMatchInlineSnapshot(`
    "1:9 schema must be code-engine/v1 (write schema: code-engine/v1)
    2:1 region is missing (write a region such as eu-de or us-south)
    4:3 unknown key "regoin" (did you mean "region"?)
    17:20 a job may take at most 86400 seconds (write seconds: wskdeploy had milliseconds here)
    31:47 no such name stands under actions (did you mean "look"?)"
  `);
});

/** One thing that is wrong, and the change that makes it so. */
const MISTAKES: readonly (readonly [string, readonly [string, string]])[] = [
  ['a key with a slip', ['cpu: 0.25', 'cpus: 0.25']],
  ['sequences', ['      rules:', '      sequences: { all: { actions: look } }\n      rules:']],
  ['apis', ['      rules:', '      apis: {}\n      rules:']],
  ['dependencies', ['      rules:', '      dependencies: {}\n      rules:']],
  ['a credential', ['  name: edge', '  credential: abc\n  name: edge']],
  ['a feed of Cloud Functions', [TRIGGER, '{ feed: /whisk.system/alarms/interval, inputs: { minutes: 5 } }']],
  ['limits', ['timeout: 900', 'timeout: 900\n          limits: { memorySize: 256 }']],
  ['an input without a word', [TRIGGER, '{ inputs: { cron: "0 5 * * *", stopDate: never } }']],
  ['an input that is there twice', [TRIGGER, '{ schedule: "0 5 * * *", inputs: { cron: "0 6 * * *" } }']],
  ['a wrong schedule under inputs', [TRIGGER, '{ inputs: { cron: "@daily" } }']],
  ['seconds', ['"*/5 * * * *"', '"0 */5 * * * *"']],
  ['a schedule that never comes', ['"*/5 * * * *"', '"0 0 30 2 *"']],
  ['no time zone', ['"*/5 * * * *"', '"*/5 * * * *", timezone: Mars/Olympus']],
  ['data that is no mapping', ['"*/5 * * * *"', '"*/5 * * * *", data: [1]']],
  ['data that is too long', ['"*/5 * * * *"', `"*/5 * * * *", data: { a: ${'x'.repeat(4090)} }`]],
  ['neither schedule nor source', [TRIGGER, '{ timezone: UTC }']],
  ['a ring of no kind', ['kind: alert }', '}']],
  ['a pair that jobs do not have', ['memory: 1G', 'memory: 4G']],
  ['a cpu that jobs do not have', ['cpu: 0.25', 'cpu: 0.3']],
  ['a function that takes too long', ['timeout: 30', 'timeout: 121']],
  ['a job that has no time', ['timeout: 900', 'timeout: 90']],
  ['a function that has no time', ['timeout: 30', 'timeout: 9']],
  ['the secret of the webhook', ['{ notify: {', '{ keeper-webhook: { keys: {} }, notify: {']],
  ['the value of a secret', ['"${WEBHOOK_URL}"', 'https://hooks.example/T0/B0/EXAMPLE']],
  ['a function with retries', ['timeout: 30', 'timeout: 30\n          retries: 1']],
  ['a job without an image', ['          image: ${IMAGE}\n', '']],
  ['a variable that is set by others', ['LOG_LEVEL', 'CE_REGION']],
  ['a number as a variable', ['LOG_LEVEL: info', 'LOG_LEVEL: 3']],
  ['a secret that is not there', ['[notify]', '[notfy]']],
  ['a trigger that is not there', ['trigger: often', 'trigger: oftn']],
  ['a function on a schedule', ['trigger: often, action: look', 'trigger: often, action: hook']],
  [
    'a ring without a bucket',
    ['      rings: { bucket: acme-rings, instance: 33333333-1111-4222-8333-444444444444 }\n', ''],
  ],
  ['a name that Code Engine refuses', ['        look:', '        Look:']],
  ['a runtime without a version', ['runtime: nodejs-24', 'runtime: nodejs']],
  ['a dollar that begins nothing', ['info', '"${IMAGE} $HOME"']],
  ['a schema of another tool', ['schema: code-engine/v1\n', '']],
];

test('each mistake is told at its place, with what to write instead', () => {
  const told = MISTAKES.map(([what, change]) => `${what}\n${problemsOf(changed(change))}`);
  expect(told.join('\n\n')).toMatchInlineSnapshot(`
    "a key with a slip
    10:9 cpu is missing (write 0.25, as a number)
    15:11 unknown key "cpus" (did you mean "cpu"?)

    sequences
    30:7 Code Engine has no sequences (let one function do the work, and remove sequences)

    apis
    30:7 Code Engine has no API gateway (give a function visibility: public, and remove apis)

    dependencies
    30:7 packages of others cannot be bound on Code Engine (remove dependencies)

    a credential
    3:3 a credential does not belong in this file (log in with ibmcloud, and remove credential)

    a feed of Cloud Functions
    28:18 Code Engine has no feeds (write schedule: "*/5 * * * *", or source: rings)
    28:65 Code Engine has no word for this input (remove it)

    limits
    18:11 limits stand under the action itself (write cpu, memory and timeout (in seconds) without limits)

    an input without a word
    28:47 Code Engine has no word for this input (remove it)

    an input that is there twice
    28:51 schedule is there twice (remove it)

    a wrong schedule under inputs
    28:34 schedule must be a schedule of five fields that comes (write minute, hour, day of the month, month and day of the week, such as "*/5 * * * *"; of each field *, numbers, names, ranges, lists and steps)

    seconds
    28:28 schedule must be a schedule of five fields that comes (write minute, hour, day of the month, month and day of the week, such as "*/5 * * * *"; of each field *, numbers, names, ranges, lists and steps)

    a schedule that never comes
    28:28 schedule must be a schedule of five fields that comes (write minute, hour, day of the month, month and day of the week, such as "*/5 * * * *"; of each field *, numbers, names, ranges, lists and steps)

    no time zone
    28:53 timezone must be an IANA time zone (write UTC, or Europe/Berlin)

    data that is no mapping
    28:49 data must be a mapping (write a mapping, or leave data out)

    data that is too long
    28:49 data must be at most 4096 bytes of JSON (write less)

    neither schedule nor source
    28:9 a trigger has either schedule or source (write schedule: "*/5 * * * *" or source: rings)

    a ring of no kind
    29:9 kind is missing (write kind: alert or kind: secrets)

    a pair that jobs do not have
    16:19 a job cannot have this cpu with this memory (write 0.5G, 1G or 2G for a cpu of 0.25)

    a cpu that jobs do not have
    15:16 a job cannot have this cpu with this memory (write 0.125, 0.25, 0.5, 1, 2, 4, 6, 8, 10 or 12)

    a function that takes too long
    26:20 a function may take at most 120 seconds (write seconds: wskdeploy had milliseconds here)

    a job that has no time
    17:20 a run needs at least 120 seconds (write timeout: 900)

    a function that has no time
    26:20 a request needs at least 10 seconds: it is answered five seconds before they are over (write timeout: 30)

    the secret of the webhook
    7:18 the deployment makes a secret of this name (choose another one)

    the value of a secret
    7:49 the value of a secret does not belong in this file (write "\${VARIABLE}", and set that variable when you deploy)

    a function with retries
    27:11 retries goes with kind: job (remove it, or write kind: job)

    a job without an image
    10:9 image is missing (write the image with its digest, such as "\${KEEPER_IMAGE}")

    a variable that is set by others
    18:18 this variable is set for you (remove it)

    a number as a variable
    18:29 LOG_LEVEL must be a text (put the value into quotes)

    a secret that is not there
    19:21 no such name stands under secrets (did you mean "notify"?)

    a trigger that is not there
    31:32 no such name stands under triggers (did you mean "often"?)

    a function on a schedule
    31:47 a rule starts jobs only (name an action of kind: job: anybody may call a function)

    a ring without a bucket
    31:35 this package has no rings (write rings: { bucket: NAME, instance: GUID } in it)

    a name that Code Engine refuses
    10:9 this key must be the name of an action (write at most 63 lower-case letters, digits and dashes, beginning with a letter)
    31:47 no such name stands under actions (did you mean "Look"?)
    32:50 no such name stands under actions (did you mean "Look"?)

    a runtime without a version
    14:20 runtime must be a Node.js runtime with its version (write nodejs-24; nodejs alone would be whatever IBM takes for the default)

    a dollar that begins nothing
    18:39 this $ begins no variable (write \${NAME} or \${NAME:-default}; $$ is a dollar)

    a schema of another tool
    1:1 schema is missing (write schema: code-engine/v1)"
  `);
});

test('a variable that is not set is named at its place, and nothing else is wrong with what it stands for', () => {
  const text = changed(
    ['region: eu-de', 'region: "${GEO}-${PLACE}"'],
    ['schedule: "*/5 * * * *"', 'inputs: { cron: "${WHEN}" }'],
  );
  expect(problemsOf(text, { WEBHOOK_URL: TRACER })).toMatchInlineSnapshot(`
    "4:12 the environment variable GEO is not set (set it, or write a default: \${GEO:-…})
    4:19 the environment variable PLACE is not set (set it, or write a default: \${PLACE:-…})
    13:18 the environment variable IMAGE is not set (set it, or write a default: \${IMAGE:-…})
    28:35 the environment variable WHEN is not set (set it, or write a default: \${WHEN:-…})"
  `);
  expect(problemsOf(text, { ...ENV, GEO: 'eu', PLACE: 'de', WHEN: '0 5 * * *' })).toBe('');
});

test('a default stands in for a variable that is empty, and two dollars are one', () => {
  expect(problemsOf(changed(['region: eu-de', 'region: ${GEO:-eu-gb}']), { ...ENV, GEO: '' })).toBe('');
  expect(problemsOf(changed(['LOG_LEVEL: info', 'PRICE: "$$5 ${A:-}"']))).toBe('');
});

test('more than Code Engine allows in a project', () => {
  const job = GOOD.slice(GOOD.indexOf('          kind: job'), GOOD.indexOf('        hook:'));
  const jobs = Array.from({ length: 100 }, (_, i) => `        job-${i}:\n${job}`).join('');
  expect(problemsOf(changed(['        hook:', `${jobs}        hook:`]))).toMatchInlineSnapshot(
    `"5:3 101 jobs: Code Engine allows 100 in a project (leave some out, or make a second project)"`,
  );
});

test('one name for two subscriptions', () => {
  const second = `    keeper-look:
      actions: {}
      triggers: {}
      rules: {}
`;
  const both = `${GOOD}${second}`
    .replace('      rules: {}\n', '      rules: { often: { trigger: t, action: look2 } }\n')
    .replace('      triggers: {}\n', '      triggers: { t: { schedule: "0 5 * * *" } }\n')
    .replace(
      '      actions: {}\n',
      `      actions:\n        look2:\n${GOOD.slice(GOOD.indexOf('          kind: job'), GOOD.indexOf('          envFrom'))}`,
    );
  expect(problemsOf(both)).toMatchInlineSnapshot(
    `"45:16 another subscription of the project has this name (choose another one)"`,
  );
});

test('a value that may be a secret is never quoted', () => {
  for (const word of GOOD.matchAll(/[\w./${}*-]+/g)) {
    const text = GOOD.slice(0, word.index) + TRACER + GOOD.slice(word.index + word[0].length);
    expect(problemsOf(text)).not.toContain('TRACER');
  }
});
