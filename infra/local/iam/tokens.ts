import { createHash } from 'node:crypto';

export interface TokenFields {
  readonly iamId: string;
  readonly accountId: string;
  readonly name: string;
  readonly at: number;
  readonly expiresAt: number;
  readonly grantType: string;
  readonly jti: string;
}

/**
 * A JSON web token in IAM's shape. The signature has the right length and means nothing: no service here offers the key
 * to check it with, every service asks the simulated IAM, and signing is what a simulated year would spend its time on.
 */
export function makeToken(fields: TokenFields): string {
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
    ...(id.startsWith('iam-ServiceId-') ? { sub_type: 'ServiceId' } : {}),
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
  const digest = createHash('sha256').update(text).digest();
  return `${text}.${Buffer.alloc(256, digest).toString('base64url')}`;
}
