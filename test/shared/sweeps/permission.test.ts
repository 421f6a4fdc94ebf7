import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Hold } from '../../../shared/domain/hold.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { NotPermittedError } from '../../../shared/errors.ts';
import { readConfig, rereader } from '../../../shared/runtime/prepare.ts';
import type { Permission, SweepContext } from '../../../shared/sweeps/context.ts';
import { mayWrite, modeChanged } from '../../../shared/sweeps/permission.ts';
import { aJob, aZone, START } from '../../support/builders.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { GOOD, TRACER_KEY } from '../../support/keeper-yml.ts';

const selected = { job: aJob(), zone: aZone() };
const aHold = (fields: Partial<Hold> = {}): Hold => ({
  instance: '*',
  zone: '*',
  dataset: '*',
  reason: 'they are at it',
  ...fields,
});

/** A run whose next write is asked for `laterMs` after it was decided. */
function asking(permission: Partial<Permission>, laterMs = 0) {
  const clock = fakeClock(START);
  clock.advance(laterMs);
  const now: Permission = { mode: 'act', holds: [], ...permission };
  const context = { ports: { clock }, permission: async () => now };
  // Nothing else of a run is asked.
  return context as unknown as SweepContext;
}

test('what the configuration still allows may be written', async () => {
  expect(await mayWrite(asking({}), selected)).toBeUndefined();
  expect(await mayWrite(asking({}))).toBeUndefined();
});

test('a hold that begins between the decision and the write keeps the job', async () => {
  const holds = [aHold({ from: START + minutes(1) })];
  expect(await mayWrite(asking({ holds }), selected)).toBeUndefined();
  expect(await mayWrite(asking({ holds }, minutes(1)), selected)).toBe(holds);
});

test('a maintenance window that opens between the decision and the write keeps the job', async () => {
  // START is a Sunday at midnight.
  const holds = [aHold({ weekly: { days: [0], startMinute: 30, forMs: hours(6) } })];
  expect(await mayWrite(asking({ holds }, minutes(29)), selected)).toBeUndefined();
  expect(await mayWrite(asking({ holds }, minutes(30)), selected)).toBe(holds);
});

test('a hold on another job, or a write to no job at all, is no matter', async () => {
  expect(await mayWrite(asking({ holds: [aHold({ job: 2 })] }), selected)).toBeUndefined();
  expect(await mayWrite(asking({ holds: [aHold()] }))).toBeUndefined();
});

test('a run whose mode is no longer act may write nothing, and says so', async () => {
  const error: unknown = await mayWrite(asking({ mode: 'observe' })).catch((refused: unknown) => refused);
  expect(error).toBeInstanceOf(NotPermittedError);
  expect(modeChanged(error as NotPermittedError)).toMatchObject({
    code: 'mode-changed',
    severity: 'info',
    detail: 'the configuration says `mode: observe` by now; what was left to do was not done',
  });
  await expect(mayWrite(asking({ mode: 'observe', unknown: 'it is gone' }), selected)).rejects.toThrow(
    'it is gone',
  );
});

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keeper-permission-'));
  path = join(folder, 'keeper.yml');
  writeFileSync(path, GOOD);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ENV = { KEEPER_EDGE_APIKEY: TRACER_KEY };

test('a file is read again, and parsed again only when it has changed', () => {
  const reread = rereader(readConfig(path, ENV), path, ENV);
  const first = reread();
  expect(first?.functions).toEqual({ 'rotate-keys': 'act' });
  expect(reread()).toBe(first);
  writeFileSync(path, GOOD.replace('mode: act', 'mode: observe'));
  expect(reread()?.functions).toEqual({ 'rotate-keys': 'observe' });
});

test.each([
  ['is gone', () => rmSync(path)],
  ['is half written', () => writeFileSync(path, GOOD.slice(0, 300))],
  ['is empty', () => writeFileSync(path, '')],
  ['is no YAML', () => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00]))],
])('a file that %s is no configuration, until it is whole again', (_, damage) => {
  const env = { ...ENV, KEEPER_CONFIG: path };
  const reread = rereader(readConfig(undefined, env), undefined, env);
  expect(reread()).toBeDefined();
  damage();
  expect(reread()).toBeUndefined();
  writeFileSync(path, GOOD);
  expect(reread()).toBeDefined();
});

test('a text of the environment stays what it is', () => {
  const env = { ...ENV, KEEPER_CONFIG_TEXT: GOOD };
  const config = readConfig(undefined, env);
  expect(rereader(config, undefined, env)()).toBe(config);
});
