import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hours } from '../../shared/domain/time.ts';
import { secretEvent } from '../support/secret-event.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** What a person sees of rotations on the command line, and the two ways to take a hand in one. */

const started = async () => {
  const keeper = virtualKeeper();
  await keeper.run('rotate-keys');
  return keeper;
};

test('status tells why, which keys, which phases, which jobs, how many calls, and what it waits for', async () => {
  const { cli } = virtualKeeper();
  const before = await cli('status');
  expect(before).toMatchObject({ code: 0, out: expect.stringContaining('no rotation yet') });
  const run = await cli('rotate-keys');
  const { code, out } = await cli('status');
  expect(code).toBe(0);
  expect(out).toMatch(
    /binding audit-logs {2}secret baa46744-7811-4891-8893-aec55f7c178d\n {2}confirming {2}\(too-old; run \w+, attempt 1\)/,
  );
  expect(out).toMatch(/key ApiKey-a569ad13-01c9-4260-89a7-82194629f06e → ApiKey-/);
  expect(out).toMatch(
    /waits for the canary job \d+ \(.*\), which CIS may serve late, until 2026-03-01 00:15/,
  );
  expect(out).toMatch(
    /2026-03-01 00:00:\d\dZ {2}minting\n.*qualifying\n.*publishing\n.*moving\n.*confirming\n/,
  );
  expect(out).toMatch(/job \d+ \(.*\): has the new key; no push seen yet/);
  expect(out).toMatch(/calls: \d+ cis, \d+ iam, \d+ secrets-manager, 1 cloud-logs/);
  expect(run.out).toContain('rotations under way');
  const plan = await virtualKeeper().cli('rotate-keys', '--plan');
  expect(plan.out).toContain('rotations would then stand so');
  expect(plan.out).not.toContain('under way');
  const json = JSON.parse((await cli('status', '--json')).out) as {
    readonly bindings: readonly unknown[];
  };
  expect(json).toMatchObject({ schema: 1, bindings: [{ configured: true }, { configured: true }] });
});

test('status calls nothing at IBM Cloud', async () => {
  const { cli, world } = await started();
  world.calls.length = 0;
  await cli('status');
  expect(world.calls).toEqual([]);
});

test('abandon tells its consequences first, changes nothing without --yes, and then ends the rotation', async () => {
  const { cli, world, clock } = await started();
  const told = await cli('rotation', 'abandon', 'audit-logs');
  expect(told.code).toBe(2);
  expect(told.out).toMatch(/The secret holds the new key ApiKey-[\w-]+; 1 job\(s\) were given it/);
  expect(told.out).toContain('Any other job of the binding still carries key ApiKey-a569ad13');
  expect(told.out).toContain('keeper rotate-keys --force audit-logs');
  expect(told.out).toContain('Delete it yourself when no job carries it.');
  expect(told.out).toContain('Nothing was changed.');
  expect((await cli('status')).out).toContain('confirming');

  const planned = await cli('rotation', 'abandon', 'audit-logs', '--yes', '--plan');
  expect(planned).toMatchObject({ code: 2, out: told.out });
  expect((await cli('status')).out).toContain('confirming');

  const keysBefore = world.iam.keys();
  const done = await cli('rotation', 'abandon', 'audit-logs', '--yes');
  expect(done).toMatchObject({ code: 0, out: expect.stringContaining('The rotation is abandoned.') });
  expect(world.iam.keys()).toEqual(keysBefore);
  const again = await cli('rotation', 'abandon', 'audit-logs', '--yes');
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('has no rotation under way') });

  // It stays abandoned: the old key is reported for as long as it can log in, and nothing is done to it.
  clock.advance(hours(1));
  const next = await cli('rotate-keys');
  expect(next.out).toContain('predecessor-abandoned  key ApiKey-a569ad13-01c9-4260-89a7-82194629f06e');
  expect((await cli('status')).out).toMatch(/abandoned {2}\(too-old/);
});

test('--force rotates a key that is not due, also after an abandoned rotation', async () => {
  const { cli } = await started();
  await cli('rotation', 'abandon', 'audit-logs', '--yes');
  const { out } = await cli('rotate-keys', '--force', 'audit-logs');
  expect(out).toMatch(/release-previous .*baa46744/);
  expect((await cli('status')).out).toMatch(/confirming {2}\(forced; run \w+, attempt 1\)/);
});

test('--event does what the notification in a file would start, and tells what it came to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keeper-event-'));
  const path = join(folder, 'event.json');
  const { cli } = virtualKeeper();
  const told = async (text: string) => {
    writeFileSync(path, text);
    return cli('rotate-keys', '--plan', '--event', path);
  };
  try {
    const rotated = await told(secretEvent({ secretIds: ['baa46744-7811-4891-8893-aec55f7c178d'] }));
    expect(rotated.out).toContain(
      'started by an event secret_rotated (3b1d0c8e-aaaa-4bbb-8ccc-000000000001), for audit-logs alone\n',
    );
    expect(rotated.out).toContain('mint-key         binding audit-logs');
    expect(rotated.out).not.toContain('edge-logs');
    const broken = await told('{');
    expect(broken.code).toBe(2);
    expect(broken.out).toContain('started by an event: nothing was done, it is not JSON\n');
    expect(broken.out).toContain('event-unreadable');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each([
  [['check-logpush', '--event', 'x'], '--event goes with rotate-keys'],
  [['rotate-keys', '--event', 'x', '--force', 'edge-logs'], '--event and --force do not go together'],
  [['rotate-keys', '--event', 'no-such-file'], 'no-such-file cannot be read: ENOENT'],
  [
    ['rotate-keys', '--force', 'nobody'],
    'there is no binding "nobody"; the configuration has: edge-logs, audit-logs',
  ],
  [['check-logpush', '--force', 'edge-logs'], '--force goes with rotate-keys'],
  [['rotation', 'abandon', 'nobody'], 'binding "nobody" has no rotation under way'],
  [['rotation', 'abandon'], '"rotation abandon" takes one more word'],
])('%j is refused with the reason', async (args, reason) => {
  expect(await virtualKeeper().cli(...args)).toMatchObject({ code: 1, err: expect.stringContaining(reason) });
});
