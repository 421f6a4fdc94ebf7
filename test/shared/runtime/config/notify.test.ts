import { expect, test } from 'vitest';
import { GOOD, load, problemsOf, TRACER_KEY } from '../../../support/keeper-yml.ts';

const URL_TEXT = 'https://hooks.example/services/T0/B0/tR4c3rT0ken';
const withNotify = (notify: string): string => `${GOOD}notify:\n${notify}`;
const FULL = withNotify(`  webhook: { url: { env: WEBHOOK } }
  heartbeatUrl: { file: beat.url }
  minSeverity: critical
  link: https://keeper.example/fleet
`);
const env = { KEEPER_EDGE_APIKEY: TRACER_KEY, WEBHOOK: `${URL_TEXT}\n` };
const readFile = (path: string): Buffer => {
  if (path.endsWith('beat.url')) return Buffer.from('http://127.0.0.1:8080/ping?id=x\n');
  throw Object.assign(new Error('none'), { code: 'ENOENT' });
};

test('who is told, with URLs that nothing prints', () => {
  const { notify } = load(FULL, { env, readFile });
  expect(notify).toMatchObject({ minSeverity: 'critical', link: 'https://keeper.example/fleet' });
  expect(notify?.webhook?.reveal()).toBe(URL_TEXT);
  expect(notify?.heartbeat?.reveal()).toBe('http://127.0.0.1:8080/ping?id=x');
  expect(JSON.stringify(notify)).not.toContain('http://127');
  expect(JSON.stringify(notify)).not.toContain('hooks.example');
});

test('nobody is told without it, and of warnings where nothing else is said', () => {
  expect(load(GOOD)).not.toHaveProperty('notify');
  expect(load(withNotify('  webhook: { url: { env: WEBHOOK } }\n'), { env }).notify?.minSeverity).toBe(
    'warning',
  );
});

test('every problem of it at once, with its place', () => {
  const text = withNotify(`  webhook: { url: { env: GONE } }
  heartbeatUrl: { file: none.url }
  minSeverity: info
  link: ftp://x
  chanel: ops
`);
  expect(problemsOf(text, { env, readFile })).toMatchInlineSnapshot(`
    "37:26 the environment variable GONE is not set (set it to the URL, and start again)
    38:25 the URL file cannot be read: ENOENT (put the URL into that file; a relative path begins at the folder of the configuration)
    39:16 minSeverity must be one of warning, critical (write warning or critical)
    40:9 link must be an https URL, or an http one on loopback, without user, query or fragment (write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud)
    41:3 unknown key "chanel" (remove it; known here: webhook, heartbeatUrl, minSeverity, link)"
  `);
});

test.each([
  [
    '  webhook: { url: { env: WEBHOOK, file: beat.url } }\n',
    '37:26 the URL comes from two places (keep one of env and file)',
  ],
  [
    '  webhook: { url: {} }\n',
    '37:19 it is not said where the URL is (write { env: NAME } or { file: PATH })',
  ],
  [
    '  webhook: {}\n',
    '37:3 url is missing (write { env: NAME } or { file: PATH }; the URL is a credential and does not belong in this file)',
  ],
])('a URL from two places, or from none: %#', (notify, said) => {
  expect(problemsOf(withNotify(notify), { env, readFile })).toBe(said);
});

test.each([
  ['http', 'http://hooks.example/x'],
  ['a user', 'https://me:pw@hooks.example/x'],
  ['a fragment', 'https://hooks.example/x#y'],
  ['no URL', 'hooks.example/x'],
])('a URL that is not to be used: %s', (_, url) => {
  const text = withNotify('  webhook: { url: { env: WEBHOOK } }\n');
  const said = problemsOf(text, { env: { ...env, WEBHOOK: url } });
  expect(said).toMatch(/^37:\d+ the environment variable WEBHOOK holds something else than an https URL/);
  expect(said).not.toContain('hooks.example');
});

test.each([
  `  webhook: ${URL_TEXT}\n`,
  `  webhook: { url: ${URL_TEXT} }\n`,
  `  webhook: { url: { tR4c3rT0ken: x } }\n`,
  `  webhook: { tR4c3rT0ken: x }\n`,
  `  heartbeatUrl: ${URL_TEXT}\n`,
  `  heartbeatUrl: { tR4c3rT0ken: x }\n`,
])('a URL that stands in the file itself is refused and not quoted: %#', (notify) => {
  const said = problemsOf(withNotify(notify), { env });
  expect(said).not.toBe('');
  expect(said).not.toContain('tR4c3rT0ken');
});
