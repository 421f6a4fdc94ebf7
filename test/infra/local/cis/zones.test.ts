import { expect, test } from 'vitest';
import { aCloud, aJob, CRN, ZONE } from '../logpush/fake-cloud.ts';

const base = `/cis/v1/${encodeURIComponent(CRN)}/zones`;

function manyZones() {
  const cloud = aCloud();
  for (let i = 1; i <= 44; i++) {
    const id = i.toString(16).padStart(32, '0');
    cloud.cis.addZone({ instanceCrn: CRN, id, name: `zone-${i}.example`, status: 'active', retention: true });
  }
  return cloud;
}

test.each([
  ['', 1, 20, 20],
  ['?page=2', 2, 20, 20],
  ['?page=3', 3, 20, 5],
  ['?page=4', 4, 20, 0],
  ['?per_page=1000', 1, 1000, 45],
  ['?page=2&per_page=40', 2, 40, 5],
])('zones come in pages: %s', async (query, page, perPage, count) => {
  const { body } = await manyZones().call('GET', `${base}${query}`);

  expect(body).toMatchObject({ success: true, errors: [], messages: [] });
  expect(body.result).toHaveLength(count);
  expect(body.result_info).toEqual({ page, per_page: perPage, count, total_count: 45 });
});

test('the pages together hold every zone once', async () => {
  const cloud = manyZones();
  const ids: string[] = [];
  for (const page of [1, 2, 3]) {
    const { body } = await cloud.call('GET', `${base}?page=${page}`);
    ids.push(...body.result.map((zone: { readonly id: string }) => zone.id));
  }

  expect(new Set(ids).size).toBe(45);
});

test.each(['page=0', 'page=x', 'per_page=0', 'per_page=1001', 'per_page=1.5'])(
  '%s is no page',
  async (query) => {
    expect((await aCloud().call('GET', `${base}?${query}`)).status).toBe(400);
  },
);

test('a zone is shown by its id, and an unknown one is 400 with code 1001', async () => {
  const { call } = aCloud();

  expect((await call('GET', `${base}/${ZONE}`)).body.result).toMatchObject({
    id: ZONE,
    name: 'shop.example',
    status: 'active',
    paused: false,
  });
  expect(await call('GET', `${base}/${'f'.repeat(32)}`)).toMatchObject({
    status: 400,
    body: { success: false, errors: [{ code: 1001, message: 'Invalid zone identifier' }], result: null },
  });
});

test('log retention is read and set, and nothing is pushed without it', async () => {
  const cloud = aCloud();
  const ref = aJob(cloud);
  const path = `${base}/${ZONE}/logs/retention`;
  expect((await cloud.call('GET', path)).body).toEqual({
    success: true,
    errors: [],
    messages: [],
    result: { flag: true },
  });

  expect((await cloud.call('POST', path, { flag: false })).body.result).toEqual({ flag: false });
  cloud.pass(3_600_000);
  expect((await cloud.call('GET', path)).body.result).toEqual({ flag: false });
  expect(cloud.truth(ref)).toMatchObject({ deliveries: 0, lostMinutes: 0 });
});

test.each([['{}'], ['{"flag":"on"}'], ['not JSON']])('%s is no flag', async (body) => {
  const cloud = aCloud();

  expect((await cloud.call('POST', `${base}/${ZONE}/logs/retention`, body)).status).toBe(400);
});
