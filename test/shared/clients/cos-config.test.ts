import { expect, test } from 'vitest';
import { createServices } from '../../../shared/clients/services.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { fakeClock, fixedRandom } from '../../support/fake-clock.ts';

const ANSWER = {
  crn: 'crn:v1:bluemix:public:cloud-object-storage:global:a/acct1:instance-1:bucket:edge-logs',
  service_instance_id: 'instance-1',
  time_created: '2026-01-05T08:00:00.000Z',
  bytes_used: 901_220_344,
};

/** Reads the configuration of `edge-logs` from an API that answers so. */
async function read(status: number, body: string) {
  const asked: string[] = [];
  const { services } = createServices({
    transport: {
      send: async ({ url, headers }) => {
        if (url.endsWith('/identity/token')) {
          const token = { access_token: 'EXAMPLE-TOKEN', expires_in: 3600, expiration: 1 };
          return { status: 200, headers: {}, body: JSON.stringify(token) };
        }
        asked.push(`${url} ${headers['authorization']}`);
        return { status, headers: {}, body };
      },
    },
    clock: fakeClock(),
    random: fixedRandom,
    endpoints: {},
    accounts: new Map([
      ['edge', { accountId: '1', credential: { kind: 'api-key', apiKey: new Secret('EXAMPLE-KEY') } }],
    ]),
    cisCallsPerMinute: 80,
  });
  return { look: await services.buckets('edge').configuration('edge-logs'), asked };
}

test('a configuration is read from its own host, whatever else is in it', async () => {
  const { look, asked } = await read(
    200,
    JSON.stringify({
      ...ANSWER,
      hard_quota: 1_000_000_000,
      firewall: { allowed_network_type: ['public'], allowed_ip: ['198.51.100.0/24'], x_added_later: 1 },
      x_added_later: {},
    }),
  );
  expect(asked).toEqual([
    'https://config.cloud-object-storage.cloud.ibm.com/v1/b/edge-logs Bearer EXAMPLE-TOKEN',
  ]);
  expect(look).toEqual({
    verdict: 'yes',
    configuration: {
      crn: ANSWER.crn,
      instanceId: 'instance-1',
      createdAt: Date.UTC(2026, 0, 5, 8),
      bytesUsed: 901_220_344,
      hardQuota: 1_000_000_000,
      firewall: { allowedIps: ['198.51.100.0/24'], deniedIps: [], allowedNetworks: ['public'] },
    },
  });
});

test('what is not shown is absent, null or not', async () => {
  const { look } = await read(200, JSON.stringify({ ...ANSWER, firewall: null, hard_quota: null }));
  expect(look).toMatchObject({ verdict: 'yes' });
  expect(JSON.stringify(look)).not.toMatch(/firewall|hardQuota/);
});

test.each([
  [403, '{"errors":[]}', { verdict: 'no', status: 403 }],
  [404, 'not found', { verdict: 'no', status: 404 }],
  [500, '', { verdict: 'unknown', reason: 'cos getBucketConfig: status 500' }],
  [
    200,
    '<html></html>',
    {
      verdict: 'unknown',
      reason: 'cos getBucketConfig: the answer is not what the API documents: the body is not JSON',
    },
  ],
  [
    200,
    '{"crn":1}',
    {
      verdict: 'unknown',
      reason:
        'cos getBucketConfig: the answer is not what the API documents: unexpected crn, service_instance_id, bytes_used',
    },
  ],
])('an answer %d %s never throws', async (status, body, expected) => {
  expect((await read(status, body)).look).toEqual(expected);
});
