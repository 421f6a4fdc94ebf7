import { expect } from 'vitest';
import type { HttpRequest, HttpResponse, Transport } from '../../shared/ports.ts';
import { type Fixture, type FixtureService, loadFixture } from '../fixtures/load.ts';

const MOUNTS: Readonly<Record<FixtureService, RegExp>> = {
  iam: /^\/iam/,
  'secrets-manager': /^\/secrets-manager\/[0-9a-f-]+/,
  cis: /^\/cis/,
  'cloud-logs': /^\/cloud-logs\/[a-z-]+\/[0-9a-f-]+/,
  'resource-controller': /^\/resource-controller/,
  cbr: /^\/cbr/,
};

/**
 * A network that knows the examples of IBM's documentation: each request must be the next example's, to the last
 * member, and gets its answer. The keeper's own logins are answered beside the script.
 */
export function scripted(...script: readonly (readonly [FixtureService, string])[]): Transport & {
  /** Fails unless every example was asked for. */
  finished(): void;
} {
  let next = 0;
  return {
    async send(request) {
      const step = script[next];
      if (isLogin(request) && (step === undefined || !step[1].startsWith('grantToken'))) {
        return answerOf(loadFixture('iam', 'grantToken'));
      }
      if (step === undefined) throw new Error(`nothing was expected, but: ${request.method} ${request.url}`);
      next += 1;
      const [service, name] = step;
      const fixture = loadFixture(service, name);
      expectRequest(request, fixture, service);
      return answerOf(fixture);
    },
    finished: () => expect(next).toBe(script.length),
  };
}

const isLogin = ({ url }: HttpRequest): boolean => url.endsWith('/identity/token');

const answerOf = ({ response }: Fixture): HttpResponse => ({
  status: response.status,
  headers: response.headers,
  body: response.text,
});

function expectRequest(
  request: HttpRequest,
  { request: example, response }: Fixture,
  service: FixtureService,
): void {
  const refused = response.status >= 400;
  const url = new URL(request.url);
  expect(request.method).toBe(example.method);
  expect(url.pathname.replace(MOUNTS[service], '')).toBe(example.path);
  expectMembers(Object.fromEntries(url.searchParams), example.query ?? {});
  expectMembers(request.headers, example.headers ?? {});
  if (example.form !== undefined)
    expectMembers(Object.fromEntries(new URLSearchParams(String(request.body))), example.form);
  if (example.json === undefined) return;
  const sent: unknown = JSON.parse(String(request.body ?? 'null'));
  // An example of a refusal shows the members that matter; one of a success shows them all.
  if (refused) expect(sent).toMatchObject(example.json as object);
  else expect(sent).toEqual(example.json);
}

function expectMembers(
  actual: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    // That a header is absent means the same as its default.
    if (name === 'entity-lock' && value === 'false' && actual[name] === undefined) continue;
    expect(actual, name).toHaveProperty([name], value === '*' ? expect.any(String) : value);
  }
}
