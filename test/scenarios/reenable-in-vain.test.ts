import { expect, test } from 'vitest';
import { hours, minutes } from '../../shared/domain/time.ts';
import { BUCKET, OLD_KEY, smallWorld } from '../simulation/small-world.ts';
import { scheduled } from '../support/scheduled.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

const JOB = 1;
/** Only Logpush is kept out: our own requests come from an address that may enter. */
const WALL = { allowedIps: ['198.51.100.0/24'] };

/** One job in a bucket whose firewall keeps Logpush out, and a keeper that may or may not see that. */
function walledFleet(sees: 'firewall' | 'no firewall') {
  const file = smallWorld({ jobs: 1, destination: 'cos' });
  for (const { keeper, serviceIds } of file.accounts)
    for (const serviceId of serviceIds) {
      for (const key of serviceId.apiKeys)
        if (key.name === OLD_KEY) Object.assign(key, { createdDaysAgo: 10, expiresInDays: 100 });
      if (serviceId.name === keeper?.serviceId && sees === 'firewall')
        serviceId.policies.push({ service: 'cloud-object-storage', roles: ['Manager'], bucket: BUCKET });
    }
  const keeper = virtualKeeper({ file });
  const { cos, cis, calls } = keeper.world;
  return {
    ...scheduled(keeper),
    raise: () => cos.change(BUCKET, (bucket) => Object.assign(bucket, { firewall: WALL })),
    open: () => cos.change(BUCKET, (bucket) => Object.assign(bucket, { firewall: undefined })),
    /** The keeper may not look into buckets any more. */
    blind: () => {
      const { keeper: names, serviceIds } = file.accounts[0] ?? {};
      const own = serviceIds?.find(({ name }) => name === names?.serviceId);
      keeper.world.iam.removePolicy(`iam-${own?.id}`, 'cloud-object-storage');
    },
    takeRole: () => keeper.world.iam.removePolicy(writer(), 'cloud-object-storage'),
    giveRole: () =>
      keeper.world.iam.addPolicy({
        iamId: writer(),
        accountId: file.accounts[0]?.id ?? '',
        service: 'cloud-object-storage',
        roles: ['Object Writer'],
      }),
    isEnabled: () => [...cis.jobs()].find(({ id }) => id === JOB)?.enabled,
    enablings: () => calls.filter(({ operation }) => operation === 'updateLogpushJob').length,
  };
  function writer(): string {
    return keeper.world.iam.liveKeyByValue(keeper.world.keyValue(OLD_KEY))?.iamId ?? '';
  }
}

test('a job that a firewall keeps out is not enabled, though our own probe passes, until the firewall lets it in', async () => {
  const fleet = walledFleet('firewall');
  await fleet.pass(minutes(30));
  fleet.raise();
  const reports = await fleet.pass(hours(26));
  expect([fleet.isEnabled(), fleet.enablings()]).toEqual([false, 0]);
  const waits = reports.flatMap(({ findings }) => findings).find(({ code }) => code.startsWith('repair-'));
  expect(waits).toMatchObject({
    code: 'repair-waits-for-cause',
    detail: expect.stringMatching(
      `bucket ${BUCKET} .eu-de.: its firewall: it lets none of Cloudflare’s addresses in`,
    ),
    because: [
      `bucket-firewall-refuses bucket ${BUCKET} (eu-de)`,
      'job-disabled-by-failures job 1 (http_requests of shop.example)',
    ],
  });
  fleet.open();
  await fleet.pass(minutes(15));
  expect([fleet.isEnabled(), fleet.enablings()]).toEqual([true, 1]);
});

test('a firewall that was seen is not gone because the keeper may not see it any more', async () => {
  const fleet = walledFleet('firewall');
  await fleet.pass(minutes(30));
  fleet.raise();
  await fleet.pass(hours(26));
  fleet.blind();
  const reports = await fleet.pass(minutes(30));
  expect([fleet.isEnabled(), fleet.enablings()]).toEqual([false, 0]);
  const uncertain = reports
    .flatMap(({ findings }) => findings)
    .find(({ code }) => code === 'repair-uncertain');
  expect(uncertain?.detail).toMatch(
    /^what was seen before \(.*firewall.*\) may still be there, .*HEAD bucket|configuration/,
  );
});

test('what was enabled in vain is not enabled again for the same cause, but after another one', async () => {
  const fleet = walledFleet('no firewall');
  await fleet.pass(minutes(30));
  fleet.takeRole();
  await fleet.pass(hours(26));
  // The cause that was seen goes, and another one, which is not seen, has come.
  fleet.raise();
  fleet.giveRole();
  await fleet.pass(hours(50));
  expect([fleet.isEnabled(), fleet.enablings()]).toEqual([false, 1]);
  expect(fleet.codes).toContain('repair-quarantined');
  fleet.open();
  fleet.takeRole();
  await fleet.pass(minutes(30));
  fleet.giveRole();
  await fleet.pass(minutes(15));
  expect([fleet.isEnabled(), fleet.enablings()]).toEqual([true, 2]);
});

test('a job is not enabled while a cause may be where nobody sees it, and the finding names the rights', async () => {
  const fleet = walledFleet('no firewall');
  await fleet.pass(minutes(30));
  fleet.raise();
  const reports = await fleet.pass(hours(26));
  expect([fleet.isEnabled(), fleet.enablings()]).toEqual([false, 0]);
  const uncertain = reports
    .flatMap(({ findings }) => findings)
    .find(({ code }) => code === 'repair-uncertain');
  expect(uncertain?.detail).toMatch(
    /^no cause was ever seen, .*its configuration is refused .* for the firewall Manager/,
  );
});
