import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface TokenFields {
  readonly iamId: string;
  readonly accountId: string;
  readonly name: string;
  readonly at: number;
  readonly expiresAt: number;
  readonly grantType: string;
  readonly jti: string;
}

let signingKey: KeyObject | undefined;

/**
 * A JSON web token as IAM signs them. The key pair is made once a process: no trace ever shows a token. It is short,
 * because it protects nothing, and signing is what a simulated year would spend most of its time on.
 */
export function signToken(fields: TokenFields): string {
  signingKey ??= generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const header = { kid: '20260101-1', alg: 'RS256' };
  const id = fields.iamId;
  const payload = {
    iam_id: id,
    id,
    realmid: 'iam',
    identifier: id.replace(/^iam-/, ''),
    jti: fields.jti,
    name: fields.name,
    sub: id.replace(/^iam-/, ''),
    sub_type: 'ServiceId',
    account: { valid: true, bss: fields.accountId, frozen: false },
    iat: Math.floor(fields.at / 1_000),
    exp: Math.floor(fields.expiresAt / 1_000),
    iss: 'https://iam.cloud.ibm.com/identity',
    grant_type: fields.grantType,
    scope: 'ibm openid',
    client_id: 'default',
    acr: 1,
    amr: ['pwd'],
  };
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(signingKey).toString('base64url')}`;
}
