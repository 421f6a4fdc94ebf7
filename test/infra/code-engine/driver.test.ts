import { expect, test } from 'vitest';
import { CliDriver } from '../../../infra/code-engine/driver/cli.ts';
import { quoted } from '../../../infra/code-engine/driver/commands.ts';
import { namesIn, subscriptionIn } from '../../../infra/code-engine/driver/parse.ts';
import { Secret } from '../../../shared/domain/secret.ts';
import { fakeClock } from '../../support/fake-clock.ts';

test('names are read from a list as JSON, behind other lines, and as a table', () => {
  const items = { items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] };
  expect(namesIn(JSON.stringify(items))).toEqual(['a', 'b']);
  expect(namesIn(`Listing...\nOK\n\n${JSON.stringify(items.items)}`)).toEqual(['a', 'b']);
  expect(
    namesIn('Listing...\nOK\n\nName   Ready   Destination\na      true    job:x\nb      false   job:y\n'),
  ).toEqual(['a', 'b']);
  expect(namesIn('')).toEqual([]);
});

test('a subscription is read from JSON, whichever way its data are kept', () => {
  const object = {
    metadata: { name: 'n', uid: 'u-1' },
    spec: {
      schedule: '0 * * * *',
      timezone: 'UTC',
      dataBase64: Buffer.from('{"a":1}').toString('base64'),
      contentType: 'application/json',
      sink: { ref: { kind: 'JobDefinition', name: 'check' } },
    },
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  };
  expect(subscriptionIn(`Getting...\n${JSON.stringify(object)}`)).toEqual({
    id: 'u-1',
    ready: false,
    fields: {
      destination: 'check',
      destination_type: 'job',
      schedule: '0 * * * *',
      timezone: 'UTC',
      data: '{"a":1}',
      content_type: 'application/json',
    },
  });
});

test.each([['Destination:       job:check'], ['Destination Type:  job\nDestination:       check']])(
  'a subscription is read from text: %s',
  (destination) => {
    expect(
      subscriptionIn(
        `Name:  n\nID:  u-1\n${destination}\nBucket:  rings\nEvent Type:  write\nReady:  true\n`,
      ),
    ).toEqual({
      id: 'u-1',
      ready: true,
      fields: { destination: 'check', destination_type: 'job', bucket: 'rings', event_type: 'write' },
    });
  },
);

test('what is printed for a shell says exactly that', () => {
  expect(quoted(['ibmcloud', '--data', `{"it's":1}`, 'a b', '', '*/5'])).toBe(
    `ibmcloud --data '{"it'\\''s":1}' 'a b' '' '*/5'`,
  );
});

test('the key is in the environment of the tool, not among its arguments, and not in what is said of a failure', async () => {
  const calls: string[] = [];
  const driver = new CliDriver({
    subprocess: {
      run: (program, args, { env }) => {
        calls.push([program, ...args].join(' '));
        expect(env).toEqual({ IBMCLOUD_HOME: '/home-of-its-own', IBMCLOUD_API_KEY: 'TRACER-key' });
        return Promise.resolve({ code: 1, stdout: '', stderr: 'FAILED\nthe key TRACER-key is not known\n' });
      },
    },
    home: () => '/home-of-its-own',
    apiKey: new Secret('TRACER-key'),
    region: 'eu-de',
    resourceGroup: async () => undefined,
    project: 'edge-logs',
    clock: fakeClock(),
    env: {},
  });
  await expect(driver.enter()).rejects.toThrow('ibmcloud login ended with 1: the key [secret] is not known');
  expect(calls).toEqual(['ibmcloud login -r eu-de --quiet']);
});
