import { expect, test } from 'vitest';
import { codeEngineUrl } from '../../../shared/clients/endpoints.ts';

test('Code Engine is at the host of its region, unless the configuration says where', () => {
  expect(codeEngineUrl({}, 'eu-de')).toBe('https://api.eu-de.codeengine.cloud.ibm.com');
  expect(codeEngineUrl({ codeEngine: 'http://127.0.0.1:4000/code-engine/' }, 'eu-de')).toBe(
    'http://127.0.0.1:4000/code-engine',
  );
});
