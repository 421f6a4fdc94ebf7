import { expect, test } from 'vitest';
import { hours } from '../../shared/domain/time.ts';
import { OLD_KEY } from '../simulation/small-world.ts';
import { aDeclaration, COS, declaringKeeper, type Flow, LOGS } from '../support/declared.ts';

/** What every body of a create says beside its destination. */
const COMMON = {
  name: 'edge-http',
  enabled: true,
  dataset: 'http_requests',
  frequency: 'low',
  logpull_options: 'fields=RayID,ClientIP,EdgeStartTimestamp&timestamps=rfc3339',
};
const BUCKET_BODY = { bucket_name: COS.bucket, region: COS.region, id: COS.instance };

const FLOW_NAMES = ['cloud-logs', 'cos', 'cos-ownership'] as const satisfies readonly Flow[];

test.each(FLOW_NAMES)(
  'a declared job is made from keeper.yml alone, pushes, and is made once (%s)',
  async (flow) => {
    const { run, jobs, pass, delivered, keeper, bodies } = declaringKeeper([aDeclaration(flow)]);
    const report = await run();
    expect(report.findings.map(({ code }) => code)).toEqual(['declared-job-created']);
    expect(report.outcome).toBe('ok');
    const [job, ...more] = jobs();
    expect(more).toEqual([]);
    expect(job).toMatchObject({ name: 'edge-http', enabled: true, dataset: 'http_requests' });
    pass(hours(1));
    expect(delivered(job?.id ?? 0)).toBe(60);

    const second = await run();
    expect(second).toMatchObject({ outcome: 'ok', findings: [], actions: [], waiting: [] });
    expect(bodies('POST', '/logpush/jobs')).toHaveLength(1);
    expect((await keeper.run('check-logpush')).outcome).toBe('ok');
  },
);

test('the bodies that make a Cloud Logs job are those of IBM’s page, field for field', async () => {
  const cloudLogs = { ...LOGS, applicationName: 'cis-edge', subsystemName: 'http' };
  const { run, bodies, world } = declaringKeeper([
    aDeclaration('cloud-logs', { destination: { cloudLogs } }),
  ]);
  await run();
  expect(bodies('POST', '/logpush/jobs')).toEqual([
    {
      ...COMMON,
      ibmcl: { instance_id: LOGS.instance, region: LOGS.region, api_key: world.keyValue(OLD_KEY) },
      ibmcl_names: { application_name: 'cis-edge', subsystem_name: 'http' },
    },
  ]);
});
