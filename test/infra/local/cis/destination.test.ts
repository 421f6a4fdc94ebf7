import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { destinationConf, parseDestinationConf } from '../../../../infra/local/cis/destination.ts';

test('a destination reads back from its own string', () => {
  const destination = fc.record({
    instanceId: fc.uuid(),
    region: fc.constantFrom('us-south', 'eu-de'),
    apiKey: fc.string({ minLength: 1 }),
  });
  fc.assert(
    fc.property(destination, (value) => {
      expect(parseDestinationConf(destinationConf(value, 'clear'))).toEqual(value);
    }),
  );
});

test.each([
  'ibmcl://a.ingress.eu-de.logs.cloud.ibm.com/logs/v1/singles',
  'ibmcl://a.ingress.eu-de.logs.cloud.ibm.com/logs/v1/singles?ibm_api_key=',
  'ibmcl://a.ingress.eu-de.logs.example.com/logs/v1/singles?ibm_api_key=k',
  'cos://bucket/path?region=eu-de&ibm_api_key=k',
])('%s is no destination in Cloud Logs with a key', (conf) => {
  expect(parseDestinationConf(conf)).toBeUndefined();
});
