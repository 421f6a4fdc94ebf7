import type { ErrorBody } from '../http.ts';

/**
 * A refusal of Secrets Manager, before it has its JSON. Messages name what is wrong and never hold a payload.
 *
 * IBM publishes no catalogue of codes; apart from the one for a name that is taken, which was seen in the wild, the
 * codes here are made up, so that no client comes to depend on one.
 */
export class Denied extends Error {
  override readonly name = 'Denied';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const invalid = (message: string): Denied => new Denied(400, 'Error00400', message);

export const unauthenticated = (): Denied =>
  new Denied(401, 'Error00401', 'The token is missing, malformed or expired.');

export const forbidden = (action: string): Denied =>
  new Denied(403, 'Error00403', `You are not authorized to perform ${action}.`);

export const notFound = (what: string): Denied =>
  new Denied(404, 'Error00404', `The ${what} could not be found.`);

export const nameTaken = (): Denied =>
  new Denied(409, '05047E', 'A secret of the same type with the same name already exists.');

/** What a creation or rotation answers whose key IAM did not make. The status is not documented. */
export const keyNotMade = (): Denied =>
  new Denied(
    400,
    'Error00402',
    'IAM did not create the API key: check the service ID and its API key limit.',
  );

export const versionLocked = (): Denied =>
  new Denied(
    412,
    'Error00412',
    'The requested action cannot be completed because the secret version is locked.',
  );

export const notSimulated = (what: string): Denied =>
  new Denied(501, 'Error00501', `The local cloud does not simulate ${what}.`);

/**
 * The error envelope: `status_code`, `errors` and a `trace` to give to support.
 *
 * @param trace - draws the trace of one answer
 * @see https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2#error-handling
 */
export const errorBody =
  (trace: () => string): ErrorBody =>
  (status, code, message) => ({
    status_code: status,
    errors: [
      {
        code: `secrets-manager.${code}`,
        message,
        more_info: 'https://cloud.ibm.com/apidocs/secrets-manager/secrets-manager-v2',
      },
    ],
    trace: trace(),
  });
