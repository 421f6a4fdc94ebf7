import { TOKEN_FILE } from '../../clients/tokens.ts';
import { Secret } from '../../domain/secret.ts';
import { seconds } from '../../domain/time.ts';
import type { Environment } from '../prepare.ts';

/** What the webhook runs with. */
export interface WebhookSettings {
  readonly profileId: string;
  readonly tokenFile: string;
  readonly iamUrl: string;
  /** URL of the bucket, at the S3 endpoint of its location. */
  readonly bucketUrl: string;
  /** How long a request may take. */
  readonly limitMs: number;
}

/** The platform ends a request at its own limit with a status that looks like success. */
const MARGIN_S = 5;
const DEFAULT_TIMEOUT_S = 30;
/** Less would leave no time for an answer. */
export const LEAST_REQUEST_S = 10;
/** A function has no more. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-limits */
const MOST_REQUEST_S = 120;

/** In clear only to this machine. */
const ENDPOINT = /^(?:https:\/\/[\w.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::\d{1,5})?(?:\/[\w./-]*)?$/;

/** The variables, and what each must look like. A short secret could be guessed; nothing here is ever quoted. */
const FORMS = {
  KEEPER_WEBHOOK_SECRET: /^[\x21-\x7e]{32,256}$/,
  KEEPER_PROFILE_ID: /^Profile-[0-9A-Za-z-]{1,64}$/,
  KEEPER_RINGS_BUCKET: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  KEEPER_RINGS_ENDPOINT: ENDPOINT,
  KEEPER_IAM_ENDPOINT: ENDPOINT,
  KEEPER_TIMEOUT: {
    test: (text: string) =>
      /^\d{1,3}$/.test(text) && Number(text) >= LEAST_REQUEST_S && Number(text) <= MOST_REQUEST_S,
  },
} as const;

const DEFAULTS: Partial<Record<keyof typeof FORMS, string>> = {
  KEEPER_IAM_ENDPOINT: 'https://iam.cloud.ibm.com',
  KEEPER_TIMEOUT: String(DEFAULT_TIMEOUT_S),
};

/**
 * What the deployer has set.
 *
 * @returns `secret` also while other variables are wrong, so that strangers learn nothing of it; `settings` is absent then,
 *   and `wrong` names those variables
 */
export function readSettings(env: Environment): {
  readonly secret?: Secret;
  readonly settings?: WebhookSettings;
  readonly wrong: readonly string[];
} {
  const valueOf = (name: keyof typeof FORMS): string => (env[name] ?? '') || (DEFAULTS[name] ?? '');
  const wrong = Object.entries(FORMS).flatMap(([name, form]) =>
    form.test(valueOf(name as keyof typeof FORMS)) ? [] : [name],
  );
  const secret = wrong.includes('KEEPER_WEBHOOK_SECRET') ? undefined : valueOf('KEEPER_WEBHOOK_SECRET');
  const settings = {
    profileId: valueOf('KEEPER_PROFILE_ID'),
    tokenFile: (env['CR_TOKEN_FILENAME'] ?? '') || TOKEN_FILE,
    iamUrl: withoutSlash(valueOf('KEEPER_IAM_ENDPOINT')),
    bucketUrl: `${withoutSlash(valueOf('KEEPER_RINGS_ENDPOINT'))}/${valueOf('KEEPER_RINGS_BUCKET')}`,
    limitMs: seconds(Number(valueOf('KEEPER_TIMEOUT')) - MARGIN_S),
  };
  return {
    ...(secret === undefined ? {} : { secret: new Secret(secret) }),
    ...(wrong.length > 0 ? {} : { settings }),
    wrong,
  };
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
