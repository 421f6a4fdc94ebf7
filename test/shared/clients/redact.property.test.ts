import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactMessage } from '../../../shared/clients/redact.ts';

/** Members and parameters of destinations and bodies that hold a credential. */
const NAMES = [
  'ibm_api_key',
  'apikey',
  'api_key',
  'apiKey',
  'api-key',
  'ingress_key',
  'auth_token',
  'access-key-id',
  'secret-access-key',
  'ownership_challenge',
  'header_Authorization',
  'header_X-Api-Key',
  'HEADER_x.custom',
] as const;

const inUrl = fc.string({ minLength: 6, maxLength: 60 }).map(encodeURIComponent);
/** A credential as people paste it: letters, digits, and signs that mean nothing in a text. */
const plain = fc.stringMatching(/^[A-Za-z0-9_.~+/-]{6,80}$/);
const isTold = (secret: string): boolean => !'[secret]'.includes(secret);
const name = fc.constantFrom(...NAMES);

test('a parameter of a destination is never shown, wherever it stands', () => {
  fc.assert(
    fc.property(name, inUrl.filter(isTold), fc.boolean(), (parameter, secret, last) => {
      const query = last ? `region=eu&${parameter}=${secret}` : `${parameter}=${secret}&region=eu`;
      const text = `cannot write to "cos://b/p?${query}": status 403`;
      const shown = redactMessage(text);
      expect(shown).not.toContain(secret);
      expect(shown).toContain('status 403');
    }),
  );
});

test('a member of a body is never shown, as JSON, as JSON in a string, or by the way', () => {
  fc.assert(
    fc.property(name, plain.filter(isTold), (member, secret) => {
      const json = JSON.stringify({ cos: { [member]: secret, region: 'x' } });
      for (const text of [
        json,
        JSON.stringify(json),
        `bad ${member}: ${secret}`,
        `bad ${member} = ${secret}`.replace(' = ', '='),
      ])
        expect(redactMessage(text)).not.toContain(secret);
    }),
  );
});

test('a login in a URL is never shown', () => {
  const raw = fc.stringMatching(/^[A-Za-z0-9!$'()*+,;=@~._-]{6,40}$/);
  fc.assert(
    fc.property(raw.filter(isTold), raw.filter(isTold), (user, password) => {
      const shown = redactMessage(`dial https://${user}:${password}@logs.example:8088/in failed`);
      expect(shown).not.toContain(user);
      expect(shown).not.toContain(password);
      expect(shown).toContain('logs.example:8088/in failed');
    }),
  );
});

test('a parameter that was encoded once more is never shown', () => {
  fc.assert(
    fc.property(plain.filter(isTold), (secret) => {
      const conf = encodeURIComponent(`ibmcl://x/y?ibm_api_key=${secret}`);
      expect(redactMessage(`parse ${conf}: bad host`)).not.toContain(encodeURIComponent(secret));
    }),
  );
});

test.each([
  ['header_Authorization=Splunk abc-def failed', 'header_Authorization=[secret]'],
  ['header_Authorization: Basic abc def', 'header_Authorization: [secret]'],
  ['Authorization: Bearer abc.def and more', 'Authorization: Bearer [secret] and more'],
  ['error writing to destination: permission denied', 'error writing to destination: permission denied'],
  ['bucket acme-edge-logs does not exist', 'bucket acme-edge-logs does not exist'],
  ['mail me@example.com', 'mail me@example.com'],
])('%s', (text, shown) => {
  expect(redactMessage(text)).toBe(shown);
});

test('no message takes long, however it is made', () => {
  for (const unit of ['header_', 'api_key', '://', 'api_key:"', 'token=%3D', 'a@'])
    expect(redactMessage(unit.repeat(20_000)).length).toBeLessThan(300);
});
