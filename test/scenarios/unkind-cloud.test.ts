import { expect, test } from 'vitest';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { days, minutes } from '../../shared/domain/time.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** Answers to questions that IBM's documentation leaves open, each the unkind one. The rotation must not care. */
const UNKIND: Readonly<Record<string, (file: WorldFile) => void>> = {
  'new keys are known after a minute': ({ settings }) => {
    settings.iam.newKeyDelaySeconds = 60;
  },
  'lists miss new keys for ten minutes, and activity lags by a day': ({ settings }) => {
    settings.iam.listLagSeconds = 600;
    settings.iam.activityLagSeconds = 86_400;
  },
  'a listing that does not say so shows user keys only': ({ settings }) => {
    settings.iam.defaultKeyType = 'user';
  },
  'tokens live fifteen minutes': ({ settings }) => {
    settings.iam.tokenLifeSeconds = 900;
  },
  'removed keys mint tokens for ten more minutes': ({ settings }) => {
    settings.iam.removalDelaySeconds = 600;
  },
  'a destination change takes fifteen minutes': ({ settings }) => {
    settings.logpush.propagationMinutes = 15;
    settings.logpush.previousKeyWindowMinutes = 0;
  },
  'a destination change acts at once, without any grace': ({ settings }) => {
    settings.logpush.propagationMinutes = 0;
    settings.logpush.previousKeyWindowMinutes = 0;
  },
  'CIS does not try a destination when it is set': ({ settings }) => {
    settings.cis.probeOnUpdate = false;
  },
  'empty lists are null, 200s are {}, rate headers are sent': ({ settings }) => {
    settings.cis.emptyListAsNull = true;
    settings.cloudLogs.acceptedBody = '{}';
    settings.cis.rateLimitHeaders = true;
    settings.cis.retryAfterHeader = false;
  },
  'the secrets expire in 20 days, and locked secrets keep their expiry': (file) => {
    for (const secret of file.secretsManagers.flatMap((instance) => instance.secrets))
      if (secret.type === 'arbitrary') secret.expiresInDays = 20;
    file.settings.secretsManager.patchWhileLocked = 'refuse';
  },
  'the secrets expire in 20 days': (file) => {
    for (const secret of file.secretsManagers.flatMap((instance) => instance.secrets))
      if (secret.type === 'arbitrary') secret.expiresInDays = 20;
  },
};

test.each(Object.keys(UNKIND))('a rotation completes and loses nothing where %s', async (name) => {
  const keeper = virtualKeeper({ change: (file) => UNKIND[name]?.(file) });
  const reports = await keeper.runEvery(minutes(15), 'rotate-keys', days(10));

  const released = reports
    .flatMap((report) => report.actions)
    .filter((action) => action.kind === 'release-previous');
  expect(released.map((action) => action.outcome)).toEqual(['applied', 'applied']);
  expect(keeper.world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0)).toBe(0);
  const throttled = keeper.world.calls.filter((call) => call.status === 429);
  expect(throttled).toEqual([]);
});

test('a key that may not send is never published, and says which role is missing', async () => {
  const keeper = virtualKeeper({
    change: (file) => {
      for (const account of file.accounts) {
        for (const serviceId of account.serviceIds) {
          serviceId.policies = serviceId.policies.filter((policy) => policy.service !== 'logs');
        }
      }
    },
  });
  // Nothing delivers in this world: the old key is refused alike, so nothing can be told about the new one.
  const [report] = await keeper.runEvery(minutes(15), 'rotate-keys', minutes(15));
  expect(report?.findings.map((finding) => finding.code)).toContain('qualification-unclear');
  // One job tries it; CIS refuses the destination, and every job keeps its old key.
  expect(report?.findings.map((finding) => finding.code)).toContain('job-move-failed');
  const keys = new Set(
    [...keeper.world.cis.jobs()].map((job) => keeper.world.iam.keyIdOf(job.destination.apiKey)),
  );
  expect(keys.size).toBe(2);
});

test('a fourth key is not minted within a day, whatever fails', async () => {
  const keeper = virtualKeeper();
  keeper.world.faults.add({
    match: { operation: 'createSecretVersion' },
    after: 0,
    times: null,
    respond: { kind: 'status', status: 500 },
  });
  await keeper.runEvery(minutes(15), 'rotate-keys', days(1) - minutes(15));
  const minted = keeper.world.calls.filter((call) => call.operation === 'createApiKey');
  expect(minted).toHaveLength(2 * 3);
  const report = await keeper.run('rotate-keys');
  expect(report.findings.map((finding) => finding.code)).toContain('mint-limit');
  expect(report.findings.filter((finding) => finding.code === 'stray-key')).toHaveLength(6);
});
