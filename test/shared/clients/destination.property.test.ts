import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDestination } from '../../../shared/clients/destination.ts';

const SECRET = 'TRACER-0123456789';

test.each([
  [`https://logs.eu-de.logging.cloud.ibm.com/logs/ingest?hostname=h&apikey=${SECRET}`, 'logdna'],
  [`splunk://splunk.example:8088?channel=c&header_Authorization=Splunk%20${SECRET}&sourcetype=s`, 'splunk'],
  ['https://qradar.example:8088', 'qradar'],
  [`https://logs.example/in?header_Authorization=${SECRET}&tags=a`, 'https'],
  [`https://me:${SECRET}@logs.example:8088`, 'https'],
  [`s3://bucket/path?region=x&access-key-id=${SECRET}&secret-access-key=${SECRET}`, 'unknown'],
])('%s is a job of another system, and nothing of its secret is kept', (conf, system) => {
  const parsed = parseDestination(conf);
  expect(parsed).toEqual({ destination: { kind: 'other', system }, key: { state: 'absent' } });
  expect(inspect(parsed, { depth: null, showHidden: true })).not.toContain('TRACER');
});

test.each([
  ['[redacted]', 'it is not a URL'],
  ['***', 'it is not a URL'],
  ['', 'it is not a URL'],
  [`ibmcl://example.com/logs?ibm_api_key=${SECRET}`, 'its host is not a Cloud Logs ingress host'],
  [`cos://bucket/path?region=eu-de&ibm_api_key=${SECRET}`, 'it lacks the bucket, its region or its instance'],
  [`cos://bucket//path?region=eu-de&instance-id=i&ibm_api_key=${SECRET}`, 'its path has an empty part'],
  [`cos://bucket/a//{DATE}?region=eu-de&instance-id=i`, 'its path has an empty part'],
])('%s cannot be read: %s', (conf, reason) => {
  expect(parseDestination(conf)).toEqual({
    destination: { kind: 'unreadable', reason },
    key: { state: 'absent' },
  });
});

const part = fc.stringMatching(/^[a-z0-9._-]{1,12}$/);
const place = fc.record({
  bucket: fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}[a-z0-9]$/),
  path: fc.array(part, { maxLength: 4 }).map((parts) => parts.join('/')),
  dailySubfolder: fc.boolean(),
  region: fc.constantFrom('eu-de', 'us', 'us-south'),
  instanceId: fc.uuid(),
});
const key = fc.oneof(
  fc.stringMatching(/^[\w-]{44}$/).map((value) => [`ibm_api_key=${value}`, 'visible'] as const),
  fc
    .constantFrom('***', '****abcd', 'xxxx', '•••')
    .map((value) => [`ibm_api_key=${encodeURIComponent(value)}`, 'masked'] as const),
  fc.constantFrom([undefined, 'absent'] as const, ['ibm_api_key=', 'absent'] as const),
);

test('a bucket reads the same in every order of its parameters, with every way of showing its key', () => {
  fc.assert(
    fc.property(
      place,
      key,
      fc.infiniteStream(fc.nat()),
      fc.boolean(),
      (where, [shown, state], order, slash) => {
        const { bucket, path, dailySubfolder, region, instanceId } = where;
        const query = [
          `region=${region}`,
          `instance-id=${instanceId}`,
          ...(shown === undefined ? [] : [shown]),
        ]
          .map((text) => ({ text, at: order.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ text }) => text);
        const parts = [bucket, path, dailySubfolder ? '{DATE}' : ''].filter((text) => text !== '');
        const parsed = parseDestination(`cos://${parts.join('/')}${slash ? '/' : ''}?${query.join('&')}`);
        expect(parsed.destination).toEqual({ kind: 'cos', ...where });
        expect(parsed.key.state).toBe(state);
      },
    ),
  );
});

test('no string makes it throw, and none comes back in what it says', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('', 'cos://', 'ibmcl://', 'https://', 'splunk://'),
      fc.string(),
      (scheme, rest) => {
        const { destination } = parseDestination(`${scheme}${rest}${SECRET}`);
        if (destination.kind === 'unreadable' || destination.kind === 'other')
          expect(JSON.stringify(destination)).not.toContain('TRACER');
      },
    ),
  );
});
