import { expect, test } from 'vitest';
import { aFleet } from './fleet.ts';
import type { Site } from './site.ts';

const AUDIT = '9cf3c43454da53209ff0e3d63b932bbd';

const rewrite = ({ files }: Site, change: (text: string) => string): void =>
  void files.set('keeper.yml', change(files.get('keeper.yml') ?? ''));

/** Without the account `audit`, and the one binding that is in it. */
const withoutAudit = (text: string): string =>
  text.replace(/^ {2}audit:\n(?: {4}.*\n)+/m, '').replace(/^ {2}- name: audit-logs\n(?: {4}.*\n)+/m, '');

/** What a plan wants, a line for each resource. */
const planned = (out: string): readonly string[] =>
  out.split('\n').filter((line) => /^ +(?:\+|~|-|-\/\+|·) /.test(line));

test('of an account that left the configuration everything goes, and nothing else does', async () => {
  const site = aFleet();
  await site.deploy('apply');
  expect(site.world.iam.profiles.ofAccount(AUDIT)).not.toEqual([]);
  rewrite(site, withoutAudit);

  const lines = planned((await site.deploy('plan')).out);

  expect(lines.filter((line) => !line.includes('in account audit')).map((line) => line.trim())).toEqual([
    '~ config map keeper',
    ...['check-logpush', 'reenable-logpush', 'rotate-keys', 'verify-buckets', 'ensure-logpush'].map(
      (name) => `~ job ${name}`,
    ),
  ]);
  const inAudit = lines.filter((line) => line.includes('in account audit'));
  expect(inAudit.every((line) => line.trim().startsWith('- '))).toBe(true);
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(site.world.iam.profiles.ofAccount(AUDIT)).toEqual([]);
  expect(await site.deploy('plan')).toMatchObject({ code: 0 });
  expect(await site.deploy('status')).toMatchObject({ code: 0, err: '' });
});

test('what cannot be taken away for want of a key to its account is told, and nothing is done', async () => {
  const site = aFleet();
  await site.deploy('apply');
  rewrite(site, withoutAudit);
  const end = site.end();
  for (const key of ['', site.env['IBMCLOUD_API_KEY_EDGE'] ?? ''])
    for (const args of [['plan'], ['apply'], ['status'], ['destroy', '--yes']]) {
      site.env['IBMCLOUD_API_KEY_AUDIT'] = key;
      const { code, err } = await site.deploy(...args);
      expect(code).toBe(1);
      expect(err).toContain(`has made things in account "audit" (${AUDIT})`);
      expect(err).toContain('fix: set IBMCLOUD_API_KEY_AUDIT to an API key of that account');
    }
  expect(site.end()).toEqual(end);
});

test('an account that has another name in the configuration is the same one', async () => {
  const site = aFleet();
  const before = site.end();
  await site.deploy('apply');
  rewrite(site, (text) =>
    text.replace(/^ {2}audit:/m, '  auditing:').replaceAll(/account: audit\b/g, 'account: auditing'),
  );
  site.env['IBMCLOUD_API_KEY_AUDITING'] = site.env['IBMCLOUD_API_KEY_AUDIT'] ?? '';
  delete site.env['IBMCLOUD_API_KEY_AUDIT'];

  const { out } = await site.deploy('plan');

  expect(planned(out).filter((line) => !/~ (?:job|config map) /.test(line))).toEqual([]);
  expect(await site.deploy('status')).toMatchObject({ code: 0, err: '' });
  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
  site.clock.advance(60_000);
  expect(site.end()).toEqual(before);
});
