import { createServices } from '../../shared/clients/services.ts';
import { Secret } from '../../shared/domain/secret.ts';
import type { HttpResponse, Services } from '../../shared/ports.ts';
import { fakeClock, fixedRandom } from './fake-clock.ts';

/** Services of account `edge` over a network that answers by the URL; logins are answered beside it. */
export function answering(answer: (url: URL) => { readonly status?: number; readonly body: unknown }): {
  readonly services: Services;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
} {
  const asked: string[] = [];
  const { services } = createServices({
    transport: {
      send: async ({ url }): Promise<HttpResponse> => {
        if (url.endsWith('/identity/token')) {
          const token = { access_token: 'EXAMPLE-TOKEN', expires_in: 3600, expiration: 1 };
          return { status: 200, headers: {}, body: JSON.stringify(token) };
        }
        asked.push(url);
        const { status = 200, body } = answer(new URL(url));
        return { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) };
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
  return { services, asked };
}
