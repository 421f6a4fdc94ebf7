import * as z from 'zod';

const Claims = z.object({ iam_id: z.string(), account: z.object({ bss: z.string() }) });

/**
 * Whose token it is. The signature is not checked: the token came from IAM itself, and is only compared with what the
 * configuration expects.
 */
export function readClaims(
  token: string,
): { readonly iamId: string; readonly accountId: string } | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const claims = Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return { iamId: claims.iam_id, accountId: claims.account.bss };
  } catch {
    return undefined;
  }
}
