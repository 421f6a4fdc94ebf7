import { expect, test } from 'vitest';
import { days, hours } from '../../shared/domain/time.ts';
import type { Transport } from '../../shared/ports.ts';
import { KEYLESS_JOB, SPLUNK_JOB } from '../simulation/small-world.ts';
import { rotating } from '../support/rotating.ts';

type Rotating = ReturnType<typeof rotating>;
const aBucket = { destination: 'cos', neighbours: true, jobs: 4 } as const;
const MODES = ['clear', 'masked', 'absent'] as const;

/** Jobs that were sent a PUT. */
const changedJobs = ({ world }: Rotating): readonly number[] =>
  [
    ...new Set(
      world.calls
        .filter(({ operation }) => operation === 'updateLogpushJob')
        .map(({ path }) => Number(path.split('/').at(-1))),
    ),
  ].toSorted((a, b) => a - b);

const nothingIsPrinted = ({ world, log }: Rotating): void => {
  const values = [...world.iam.secretValues(), ...world.cis.secretValues()];
  for (const value of values) expect(log.join('\n')).not.toContain(value);
};

test.each(MODES.flatMap((keysOnRead) => [true, false].map((probes) => [keysOnRead, probes] as const)))(
  'keys %s on read, destinations tried when set: %s; the jobs of a bucket rotate, its job without a key is left alone',
  async (keysOnRead, probeOnUpdate) => {
    const seen = rotating({ ...aBucket, keysOnRead, probeOnUpdate });
    // A mistake of ours would be accepted.
    seen.world.settings.cis.legacyKey = 'accept';
    await seen.untilOver();
    expect(changedJobs(seen)).toEqual([1, 2, 3, 4]);
    expect((await seen.record())?.history.at(-1)).toMatchObject({ outcome: 'complete' });
    expect(seen.oldKey()).toMatchObject({ deleted: true });
    expect(seen.lostMinutes()).toBe(0);
    expect(seen.invariants.violations).toEqual([]);
    expect([...seen.codes]).not.toContain('destination-unreadable');
    nothingIsPrinted(seen);
  },
);

test('in one bucket some jobs show their key and others do not', async () => {
  const seen = rotating(aBucket, {
    change: (file) => {
      for (const job of file.cis.flatMap(({ zones }) => zones.flatMap(({ jobs }) => jobs)))
        if (job.id === 2) job.keysOnRead = 'absent';
    },
  });
  await seen.untilOver();
  expect(changedJobs(seen)).toEqual([1, 2, 3, 4]);
  expect(seen.invariants.violations).toEqual([]);
});

const undeclared = (text: string): string => text.replaceAll(/\n +auth: \w+/g, '');

test('undeclared: jobs that show their key rotate, and the old key is kept until a person says what the others carry', async () => {
  const seen = rotating(aBucket, { changeConfig: undeclared });
  await seen.untilPhase('disabling');
  for (const until = seen.world.now() + days(3); seen.world.now() < until; seen.pass(hours(1)))
    await seen.tick();
  expect(changedJobs(seen)).toEqual([1, 2, 3, 4]);
  expect(seen.codes).toContain('destination-unreadable');
  expect(seen.oldKey()).toMatchObject({ disabled: false, deleted: false });
  const { findings } = await seen.run('check-logpush');
  expect(findings.filter(({ severity }) => severity !== 'info')).toMatchObject([
    {
      code: 'destination-unreadable',
      subject: `job ${KEYLESS_JOB} (range_events of shop.example)`,
      detail:
        'its key is absent, and no selector declares whether it carries one; it may carry the key of edge-logs',
    },
  ]);

  seen.configure((text) => text.replace(/( +)path: keyless\n/, '$1path: keyless\n$1auth: ownership\n'));
  await seen.untilOver();
  expect(changedJobs(seen)).toEqual([1, 2, 3, 4]);
  expect(seen.oldKey()).toMatchObject({ deleted: true });
  expect(seen.lostMinutes()).toBe(0);
  expect(seen.invariants.violations).toEqual([]);
});

test.each(['masked', 'absent'] as const)(
  'undeclared and %s: no job is known to carry the key, and none is touched',
  async (keysOnRead) => {
    const seen = rotating({ ...aBucket, keysOnRead }, { changeConfig: undeclared });
    const { findings } = await seen.tick();
    expect(findings.map(({ code }) => code).toSorted()).toEqual([
      'binding-selects-no-job',
      ...Array(5).fill('destination-unreadable'),
    ]);
    seen.pass(days(1));
    await seen.tick();
    expect(changedJobs(seen)).toEqual([]);
  },
);

/** CIS shows a job's destination as nothing that anybody can read. */
const unreadable =
  (conf: RegExp) =>
  (transport: Transport): Transport => ({
    send: async (request) => {
      const answer = await transport.send(request);
      return { ...answer, body: answer.body.replace(conf, '"destination_conf":"[redacted]"') };
    },
  });

test('a destination that cannot be read keeps the old key, until its job is named as one that does not carry it', async () => {
  const seen = rotating(
    { neighbours: true },
    { wrapTransport: unreadable(/"destination_conf":"splunk:[^"]*"/) },
  );
  await seen.untilPhase('disabling');
  for (const until = seen.world.now() + days(3); seen.world.now() < until; seen.pass(hours(1)))
    await seen.tick();
  expect(seen.codes).toContain('destination-unreadable');
  expect(seen.oldKey()).toMatchObject({ disabled: false });

  seen.configure((text) =>
    text.replace('    managedBy: keeper\n', `    managedBy: keeper\n    exceptJobs: [${SPLUNK_JOB}]\n`),
  );
  await seen.untilOver();
  expect(seen.oldKey()).toMatchObject({ deleted: true });
  expect(changedJobs(seen)).toEqual([1, 2]);
  expect(seen.invariants.violations).toEqual([]);
});

test('a path that CIS shows otherwise than it was sent is a failure, and the job keeps counting as not moved', async () => {
  const seen = rotating(
    { ...aBucket, jobs: 1 },
    {
      wrapTransport: (transport) => ({
        send: async (request) => {
          const answer = await transport.send(request);
          return request.method === 'PUT' ? { ...answer, body: answer.body.replace('/{DATE}', '') } : answer;
        },
      }),
    },
  );
  const { findings } = await seen.tick();
  expect(findings).toMatchObject([{ code: 'job-destination-changed' }]);
  expect((await seen.record())?.current).toMatchObject({ phase: 'moving', jobs: {} });
});

test('a bucket job of no binding that shows no key is a remark of verify-buckets', async () => {
  const seen = rotating(aBucket, {
    changeConfig: (text) =>
      text
        .replace(/path: keyless/, 'path: elsewhere')
        .replace(/auth: key/, 'path: http\n            auth: key'),
  });
  seen.pass(hours(1));
  const { findings } = await seen.run('verify-buckets');
  expect(findings.filter(({ code }) => code === 'bucket-job-unbound')).toMatchObject([
    { severity: 'info', subject: `job ${KEYLESS_JOB} (range_events of shop.example)` },
  ]);
});

test('a job without a key that its selector declares is looked after by verify-buckets like any other', async () => {
  const seen = rotating({ ...aBucket, jobs: 1 });
  seen.pass(hours(1));
  const report = await seen.run('verify-buckets');
  // A Content Reader is not shown what may refuse.
  expect(report.findings.map(({ code }) => code)).toEqual(['bucket-limits-unclear']);
  expect(report.jobs.map(({ jobId, health }) => [jobId, health])).toEqual([
    [1, 'healthy'],
    [KEYLESS_JOB, 'healthy'],
  ]);
});
