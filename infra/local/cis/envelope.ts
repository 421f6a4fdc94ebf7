import { type ErrorBody, Refusal, type RouteHost } from '../http.ts';
import type { SeededRandom } from '../random.ts';
import type { Settings } from '../settings.ts';

export type CisHost = RouteHost & { readonly settings: Settings; readonly random: SeededRandom };

/** An answer that CIS passes through from upstream. @see https://cloud.ibm.com/apidocs/cis */
export const success = (result: unknown) => ({ success: true, errors: [], messages: [], result });

/** The code of everything for which no number is published. */
const UNNUMBERED = 1000;

/** A refusal that CIS passes through from upstream; a `code` that is not a number becomes 1000. */
export const failure: ErrorBody = (_status, code, message) => ({
  success: false,
  errors: [{ code: /^\d+$/.test(code) ? Number(code) : UNNUMBERED, message }],
  messages: [],
  result: null,
});

export const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, failure(status, code, message));

/** What IBM's gateway refuses by itself, where a world lets it: it has no `success`, and its code repeats the status. */
const GATEWAY_STATUSES = [401, 403, 405, 429];

/** Errors in the words of whoever refuses: the gateway, or what is behind it. */
export const errorsOf =
  (host: CisHost): ErrorBody =>
  (status, code, message) =>
    host.settings.cis.gatewayErrors && GATEWAY_STATUSES.includes(status)
      ? { trace: host.random.uuid(), errors: [{ code: status, message }] }
      : failure(status, code, message);
