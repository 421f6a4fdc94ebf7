import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createCos } from '../../../shared/clients/cos.ts';
import { HttpClient } from '../../../shared/clients/http.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { systemClock, systemRandom } from '../../../shared/runtime/system.ts';

test('the test object is the one that Logpush writes, with the MD5 of its bytes', async () => {
  const seen: { body: Uint8Array; md5: string | undefined }[] = [];
  const transport = {
    send: async ({
      body = '',
      headers,
    }: {
      body?: string | Uint8Array;
      headers: Readonly<Record<string, string>>;
    }) => {
      seen.push({ body: Buffer.from(body), md5: headers['content-md5'] });
      return { status: 200, headers: {}, body: '' };
    },
  };
  const http = new HttpClient({ transport, clock: systemClock(), random: systemRandom() });
  const place = {
    region: 'eu-de',
    bucket: 'logs',
    path: 'a',
    dailySubfolder: false,
    instanceId: 'i',
  } as const;
  await createCos(http, {}).writeTestObject({ kind: 'cos', ...place }, new Secret('token'), 0);
  const [{ body, md5 } = { body: new Uint8Array(), md5: '' }] = seen;
  expect(gunzipSync(body).toString()).toBe('{"content":"tests"}');
  expect(md5).toBe(createHash('md5').update(body).digest('base64'));
});
