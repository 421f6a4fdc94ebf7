import type { OutgoingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';
import { WEBHOOK_SECRET as SECRET } from './deployed-webhook.ts';

/** One request to the webhook; what is absent is that of an alert of CIS. */
export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** The rest of the body never comes. */
  readonly stalls?: boolean;
}

const JSON_TYPE = { 'content-type': 'application/json' };
/** Of somebody who knows the secret. */
export const KNOWN = { ...JSON_TYPE, 'cf-webhook-auth': SECRET };
export const ALERT = '{"name":"logpush-disabled","data":{"job_id":700123}}';
const as = (secret: string | readonly string[]): OutgoingHttpHeaders => ({
  ...JSON_TYPE,
  'cf-webhook-auth': typeof secret === 'string' ? secret : [...secret],
});
const typed = (type: string): OutgoingHttpHeaders => ({ 'cf-webhook-auth': SECRET, 'content-type': type });
const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const members = (more: object): string => JSON.stringify({ name: 'logpush-disabled', ...more });
/** From somebody who does not know the secret. */
export const unknown = (more: Sent): Sent => ({ headers: JSON_TYPE, ...more });

/** What is sent, and the status that must come of it. */
export const HOSTILE: readonly (readonly [string, Sent, number])[] = [
  ['no secret', unknown({}), 401],
  ['an empty secret', { headers: as('') }, 401],
  ['another secret of the same length', { headers: as('0'.repeat(SECRET.length)) }, 401],
  ['the secret but for its last letter', { headers: as(SECRET.slice(0, -1)) }, 401],
  ['the secret and one more letter', { headers: as(`${SECRET}0`) }, 401],
  ['the secret in the other case', { headers: as(SECRET.toLowerCase()) }, 401],
  ['the secret with a space inside', { headers: as(`${SECRET.slice(0, 9)} ${SECRET.slice(9)}`) }, 401],
  ['the secret in quotes', { headers: as(`"${SECRET}"`) }, 401],
  ['the secret as a bearer', { headers: as(`Bearer ${SECRET}`) }, 401],
  ['the secret in base64', { headers: as(Buffer.from(SECRET).toString('base64')) }, 401],
  ['the secret with escapes', { headers: as(SECRET.replace('T', '%54')) }, 401],
  ['the secret twice', { headers: as([SECRET, SECRET]) }, 401],
  ['the secret beside a wrong one', { headers: as(['wrong', SECRET]) }, 401],
  [
    'the secret in authorization',
    unknown({ headers: { ...JSON_TYPE, authorization: `Bearer ${SECRET}` } }),
    401,
  ],
  [
    'the secret in a cookie',
    unknown({ headers: { ...JSON_TYPE, cookie: `cf-webhook-auth=${SECRET}` } }),
    401,
  ],
  ['the secret under another name', unknown({ headers: { ...JSON_TYPE, cf_webhook_auth: SECRET } }), 401],
  ['the secret in the query', unknown({ path: `/alert?cf-webhook-auth=${SECRET}` }), 401],
  ['the secret in the path', unknown({ path: `/alert/${SECRET}` }), 401],
  ['the secret in the body', unknown({ body: members({ 'cf-webhook-auth': SECRET }) }), 401],
  ['headers in the body', unknown({ body: members({ headers: { 'cf-webhook-auth': SECRET } }) }), 401],
  [
    '__ce_headers in the body',
    unknown({ body: members({ __ce_headers: { 'Cf-Webhook-Auth': SECRET } }) }),
    400,
  ],
  ['__ce_headers in the query', unknown({ path: `/alert?__ce_headers=${SECRET}` }), 400],
  ['__ce_path in the query of one who knows', { path: '/other?__ce_path=/alert' }, 400],
  ['__ce_method, its name escaped', { path: '/alert?%5f_ce_method=POST', method: 'PUT' }, 400],
  [
    '__CE_HEADERS in the body',
    unknown({ body: members({ __CE_HEADERS: { 'Cf-Webhook-Auth': SECRET } }) }),
    401,
  ],
  [
    'names that look like __ce_headers',
    unknown({ body: members({ '__ce-headers': SECRET, ' __ce_headers': SECRET, _ce_headers: SECRET }) }),
    401,
  ],
  [
    '__ce_headers in a form',
    unknown({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `__ce_headers=${SECRET}`,
    }),
    401,
  ],
  [
    '__proto__ in the body',
    unknown({ body: `{"__proto__":{"__ce_headers":{"Cf-Webhook-Auth":"${SECRET}"}}}` }),
    401,
  ],
  [
    'constructor.prototype in the body',
    unknown({ body: members({ constructor: { prototype: { isKnown: true } } }) }),
    401,
  ],
  ['__proto__ in the query', unknown({ path: `/alert?__proto__[__ce_headers]=${SECRET}` }), 401],
  [
    'forged headers of an event',
    unknown({
      headers: { ...JSON_TYPE, 'ce-id': '1', 'ce-type': 'dev.knative.sources.ping', 'ce-source': '/apis/v1' },
    }),
    401,
  ],
  [
    'forged headers of a proxy',
    unknown({
      headers: {
        ...JSON_TYPE,
        'x-original-url': '/alert',
        'x-http-method-override': 'POST',
        'x-forwarded-for': '127.0.0.1',
      },
    }),
    401,
  ],
  ...(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const).flatMap((method) => [
    [`${method} without a secret`, unknown({ method }), 401] as const,
    [`${method} of one who knows`, { method }, 405] as const,
  ]),
  ['an unknown path without a secret', unknown({ path: '/nothing' }), 401],
  ['the root', { path: '' }, 404],
  ['a slash at the end', { path: '/alert/' }, 404],
  ['a double slash', { path: '//alert' }, 404],
  ['a path in the other case', { path: '/ALERT' }, 404],
  ['an escaped letter in the path', { path: '/%61lert' }, 404],
  ['an escaped slash in the path', { path: '/%2falert' }, 404],
  ['a null byte in the path', { path: '/alert%00' }, 404],
  ['a parameter in the path', { path: '/alert;a=1' }, 404],
  ['a step up, out of the function', { path: '/../../alert' }, 404],
  ['an escaped step up', { path: '/%2e%2e/alert' }, 404],
  ['a name that every object has', { path: '/constructor' }, 404],
  ['another such name', { path: '/__proto__' }, 404],
  ['no content type', { headers: { 'cf-webhook-auth': SECRET } }, 415],
  ['text', { headers: typed('text/plain') }, 415],
  ['a form', { headers: typed('application/x-www-form-urlencoded') }, 415],
  ['a form with parts', { headers: typed('multipart/form-data; boundary=a') }, 415],
  ['XML', { headers: typed('application/xml'), body: '<a/>' }, 415],
  ['an event in one piece', { headers: typed('application/cloudevents+json') }, 415],
  ['a type that begins like JSON', { headers: typed('application/jsonp') }, 415],
  ['two types', { headers: typed('application/json, text/plain') }, 415],
  ['broken JSON without a secret', unknown({ body: '{"a":' }), 400],
  ['broken JSON', { body: '{"a":' }, 400],
  ['bytes that are no text', { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }, 400],
  ['a byte order mark', { body: `\uFEFF${ALERT}` }, 400],
  ['JSON that is too deep', { body: deep(1_001) }, 400],
  ['JSON in gzip', { headers: { ...KNOWN, 'content-encoding': 'gzip' }, body: gzipSync(ALERT) }, 400],
  ['more than 64 KB', { body: members({ a: 'x'.repeat(65_536) }) }, 413],
  ['more than 64 KB without a secret', unknown({ body: members({ a: 'x'.repeat(65_536) }) }), 401],
  [
    'more than 5 MB, in pieces',
    unknown({
      headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
      body: members({ a: 'x'.repeat(5_300_000) }),
    }),
    413,
  ],
  [
    'a body that stalls, without a secret',
    unknown({ headers: { ...JSON_TYPE, 'content-length': '100' }, stalls: true }),
    408,
  ],
  ['a body that stalls', { headers: { ...KNOWN, 'content-length': '100' }, stalls: true }, 408],
  [
    'a body that is longer than it says',
    { headers: { ...KNOWN, 'content-length': '10' }, body: ALERT.slice(0, 10) },
    400,
  ],
  ['a URI that is too long', unknown({ path: `/${'a'.repeat(9_000)}` }), 414],
  [
    'a flood of headers',
    unknown({
      headers: {
        ...JSON_TYPE,
        ...Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`x-${at}`, 'y'.repeat(30)])),
      },
    }),
    431,
  ],
];

/** Odd, and from somebody who knows the secret: a doorbell does not look at what is said. */
export const ODD: readonly (readonly [string, Sent])[] = [
  ['an alert', {}],
  ['the same alert again', {}],
  ['a space before the secret, which is none of it', { headers: as(` ${SECRET}`) }],
  ['an empty body', { body: '' }],
  ['a list', { body: '[]' }],
  ['null bytes in a text', { body: '{"a":"\\u0000"}' }],
  ['members that objects have', { body: '{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}' }],
  ['JSON that is deep', { body: deep(999) }],
  ['a query', { path: '/alert?a=1&a=2' }],
  ['a charset', { headers: typed('Application/JSON; charset=utf-8') }],
  ['a body that says gzip and is none', { headers: { ...KNOWN, 'content-encoding': 'gzip' } }],
  ['pieces', { headers: { ...KNOWN, 'transfer-encoding': 'chunked' } }],
  ['steps in the path that lead back', { path: '/nothing/../alert' }],
];
