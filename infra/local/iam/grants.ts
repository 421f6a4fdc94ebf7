import type { Context } from 'hono';
import { seconds } from '../../../shared/domain/time.ts';
import { json, Refusal } from '../http.ts';
import type { Settings } from '../settings.ts';
import type { Iam } from './iam.ts';
import { accountIdOf, type ProfileState } from './profiles.ts';

/** The token endpoint words its errors unlike every other IAM route. */
export const tokenError = (_status: number, code: string, message: string) => ({
  errorCode: code.startsWith('BXNIM') ? code : 'BXNIM0106E',
  errorMessage: message,
  errorDetails: message,
  context: {
    requestId: 'local-cloud',
    requestType: 'incoming.Identity_Token',
    userAgent: 'local-cloud',
    url: 'https://iam.cloud.ibm.com',
    instanceId: 'local-cloud',
    threadId: 'local-cloud',
    host: 'local-cloud',
    startTime: '01.01.2026 00:00:00:000 UTC',
    endTime: '01.01.2026 00:00:00:000 UTC',
    elapsedTime: '0',
    locale: 'en_US',
    clusterName: 'local-cloud',
  },
});

const refuse = (status: number, code: string, message: string): Refusal =>
  new Refusal(status, tokenError(status, code, message));

interface GrantHost {
  now(): number;
  readonly settings: Settings;
}

type Granted = { readonly token: string; readonly expiresAt: number };

const PREFIX = 'urn:ibm:params:oauth:grant-type:';

/** `POST /identity/token`. @see https://cloud.ibm.com/apidocs/iam-identity-token-api#gettoken-apikey */
export async function grantToken(iam: Iam, host: GrantHost, c: Context): Promise<Response> {
  const form = new URLSearchParams(await c.req.text());
  const { token, expiresAt } = grant(iam, host, form);
  return json(200, {
    access_token: token,
    refresh_token: 'not_supported',
    token_type: 'Bearer',
    expires_in: Math.floor((expiresAt - host.now()) / 1_000),
    expiration: Math.floor(expiresAt / 1_000),
    scope: 'ibm openid',
  });
}

function grant(iam: Iam, host: GrantHost, form: URLSearchParams): Granted {
  switch (required(form, 'grant_type')) {
    case `${PREFIX}apikey`: {
      const granted = iam.grantToken(required(form, 'apikey'), host.now());
      if (granted.ok) return granted;
      throw refuse(granted.status, granted.code, 'Provided API key could not be found.');
    }
    case `${PREFIX}cr-token`:
      return computeResource(iam, host, form);
    case `${PREFIX}assume`:
      return assume(iam, host, form);
    default:
      throw refuse(400, 'BXNIM0106E', 'Property has an invalid value: grant_type');
  }
}

/** A workload on Code Engine shows the token in its file and becomes a profile that trusts it by a link or a claim rule. */
function computeResource(iam: Iam, host: GrantHost, form: URLSearchParams): Granted {
  const resource = iam.computeResource(required(form, 'cr_token'), host.now());
  if (resource === undefined) throw refuse(401, 'BXNIM0400E', 'The compute resource token was not accepted.');
  const profile = profileOf(iam, form, accountIdOf(resource.projectCrn));
  if (!iam.profiles.trusts(profile, resource, host.now())) {
    const status = host.settings.iam.unlinkedStatus;
    throw refuse(status, UNLINKED[status], 'The profile does not trust the compute resource.');
  }
  return iam.issue(profile, host.now(), tokenLifeMs(host), `${PREFIX}cr-token`);
}

/** Which code a workload sees that no link of the profile is for is not documented. */
const UNLINKED = { 400: 'BXNIM0106E', 401: 'BXNIM0400E', 403: 'BXNIM0513E' } as const;

/** An identity that a profile trusts becomes that profile. */
function assume(iam: Iam, host: GrantHost, form: URLSearchParams): Granted {
  const caller = iam.authenticate(`Bearer ${required(form, 'access_token')}`, host.now());
  if (caller === undefined) throw refuse(401, 'BXNIM0407E', 'The token is invalid.');
  const profile = profileOf(iam, form, form.get('account') ?? caller.accountId);
  if (!profile.trusts.includes(caller.iamId))
    throw refuse(403, 'BXNIM0513E', 'The profile does not trust the caller.');
  return iam.issue(profile, host.now(), tokenLifeMs(host), `${PREFIX}assume`);
}

/** The profile that a form names: by its id wherever it is, or by its name in one account. */
function profileOf(iam: Iam, form: URLSearchParams, accountId: string | undefined): ProfileState {
  const [id, name] = [form.get('profile_id'), form.get('profile_name')];
  if (id === null && name === null) throw refuse(400, 'BXNIM0109E', 'Property missing or empty: profile_id');
  const profile = id === null ? iam.profiles.named(name ?? '', accountId ?? '') : iam.profiles.get(id);
  if (profile === undefined) throw refuse(400, 'BXNIM0106E', 'Property has an invalid value: profile');
  return profile;
}

const tokenLifeMs = ({ settings }: GrantHost): number => seconds(settings.iam.tokenLifeSeconds);

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') throw refuse(400, 'BXNIM0109E', `Property missing or empty: ${name}`);
  return value;
}
