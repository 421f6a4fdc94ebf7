import { createHash, createHmac } from 'node:crypto';

/** A pair of keys as S3 servers other than IBM's know it. */
export interface HmacKeys {
  readonly accessKey: string;
  readonly secretKey: string;
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** Percent-encoding that leaves only unreserved characters, as the signature wants it. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * The headers that sign a request with version 4 of the signature of S3: its address, its body and its time.
 *
 * @param at - the server refuses a time that is some minutes off its own
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-hmac-signature
 */
export function signatureHeaders(
  request: { readonly method: string; readonly url: URL; readonly body: Uint8Array },
  { accessKey, secretKey }: HmacKeys,
  at: number,
): Readonly<Record<string, string>> {
  const { method, url, body } = request;
  const time = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const scope = [time.slice(0, 8), 'us-standard', 's3', 'aws4_request'];
  const headers = { host: url.host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time };
  const canonical = [
    method,
    url.pathname.split('/').map(decodeURIComponent).map(encoded).join('/'),
    [...url.searchParams]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .toSorted()
      .join('&'),
    ...Object.entries(headers).map(([name, value]) => `${name}:${value}`),
    '',
    Object.keys(headers).join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Uint8Array>((key, part) => hmac(key, part), `AWS4${secretKey}`);
  const signature = hmac(key, text).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope.join('/')}, SignedHeaders=${Object.keys(headers).join(';')}, Signature=${signature}`,
  };
}
