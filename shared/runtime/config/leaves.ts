import * as z from 'zod';
import { parseInstant } from '../../domain/time.ts';
import { DURATION_PATTERN, parseDuration } from './durations.ts';

/** How a configuration is parsed: once, which takes less time than to compile its schemas first. */
export const ONCE = { jitless: true } as const;

/** Parts what a value must be from what to do about it, in one message of zod's. */
const FIX = '\n';
export const hint = (mustBe: string, fix: string): string => `${mustBe}${FIX}${fix}`;
export function splitHint(message: string): { readonly mustBe: string; readonly fix: string } {
  const [mustBe = '', fix = 'see the documentation of keeper.yml'] = message.split(FIX);
  return { mustBe, fix };
}

export const text = (pattern: RegExp, mustBe: string, fix: string) =>
  z.string({ error: hint(mustBe, fix) }).regex(pattern, { error: hint(mustBe, fix) });

/** Words to choose from, in a sentence. */
export const oneOf = (words: readonly string[]): string =>
  [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ');

export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: hint(`one of ${values.join(', ')}`, `write ${oneOf(values)}`) });

export const record = <S extends z.core.$ZodLooseShape>(shape: S, fix: string) =>
  z.strictObject(shape, { error: hint('a mapping', fix) });

export const list = <T extends z.core.$ZodType>(item: T, fix: string) =>
  z.array(item, { error: hint('a list', fix) });

export const GUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
export const guid = (whose: string) =>
  text(
    new RegExp(`^${GUID}$`),
    'a GUID in lower case',
    `write the GUID of ${whose}, as in 3f2a… with four dashes`,
  );

const NAME = /^[a-z0-9][a-z0-9-]{0,40}$/;
const nameHint = hint(
  'a name of lower-case letters, digits and dashes',
  'write up to 41 lower-case letters, digits and dashes, not beginning with a dash',
);
/** Whether a text may be the name of an account or a binding. */
export const isName = (text: string): boolean => NAME.test(text);
export const name = z.string({ error: nameHint }).regex(NAME, { error: nameHint });

export const accountName = text(NAME, 'the name of an account', 'write a name that stands under accounts');
export const region = text(
  /^[a-z]{2}-[a-z]{2,12}[0-9]?$/,
  'an IBM Cloud region',
  'write a region such as eu-de or us-south',
);

export const bucketName = text(
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'the name of a bucket',
  'write the name of the bucket alone, without cos:// and path',
);

/** Where a bucket is: a region, several (`us`), or one data center (`ams03`). */
export const location = text(
  /^[a-z]{2,3}(?:[0-9]{2}|-[a-z]{2,12}[0-9]?)?$/,
  'the location of a bucket',
  'write a location such as eu-de, us or ams03',
);

export const duration = z
  .string({ error: hint('a duration', 'write a whole number and a unit, such as 90s, 15m, 6h or 30d') })
  .refine((value) => parseDuration(value) !== undefined, {
    error: hint(
      'a duration',
      'write a whole number and a unit, such as 90s, 15m, 6h or 30d; at most ten years',
    ),
  })
  .meta({ pattern: DURATION_PATTERN });

const INSTANT_FIX = 'write it as 2026-03-01T00:00:00Z, with quotes around it';
export const instant = z
  .string({ error: hint('an instant', INSTANT_FIX) })
  .refine((value) => parseInstant(value) !== undefined, { error: hint('an instant', INSTANT_FIX) });

const CRN = new RegExp(`^crn:v1:[a-z]+:[a-z]+:internet-svcs:global:a/([0-9a-f]{32}):${GUID}::$`);
const CRN_FIX =
  'write the CRN as `ibmcloud cis instances` shows it: crn:v1:bluemix:public:internet-svcs:global:a/…:…::';

/** The account id in the CRN of a CIS instance. */
export const parseCrn = (crn: string): string | undefined => CRN.exec(crn)?.[1];

/** A path, of whatever it may be. */
export const path = (fix: string) =>
  z.string({ error: hint('a path', fix) }).min(1, { error: hint('a path', fix) });

const endpointHint = hint(
  'an https URL, or an http one on loopback, without user, query or fragment',
  'write https://HOST, or http://127.0.0.1:PORT/PATH for a local cloud',
);
const clockHint = hint('a URL on loopback', 'leave clock out: only a local cloud has a clock of its own');
export const endpoint = z
  .string({ error: endpointHint })
  .refine((value) => parseEndpoint(value) !== undefined, {
    error: endpointHint,
  });
export const clockEndpoint = z
  .string({ error: clockHint })
  .refine((value) => parseEndpoint(value)?.loopback === true, { error: clockHint });

/** @returns undefined when the keeper must not send a credential there */
export function parseEndpoint(
  value: string,
): { readonly url: string; readonly loopback: boolean } | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || /[?#]/.test(value)) return undefined;
  const loopback = isLoopback(url);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) return undefined;
  return { url: url.href.replace(/\/+$/, ''), loopback };
}

/** The URL parser writes every IPv4 spelling as four decimal numbers, so a name cannot pass for one. */
export const isLoopback = ({ hostname }: URL): boolean =>
  /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname);

export const crn = text(CRN, 'the CRN of a CIS instance', CRN_FIX);

/** The CRN of a CIS instance, or `*`. */
export const crnOrAny = text(
  new RegExp(`^\\*$|${CRN.source}`),
  'the CRN of a CIS instance, or "*"',
  'write the crn of one of instances, or leave instance out for all of them',
);

export const zoneOrAny = text(
  /^(?:\*|[0-9a-f]{32}|[0-9a-z_-]+(?:\.[0-9a-z_-]+)+)$/i,
  'the id or the name of a zone, or "*"',
  'write the 32 hexadecimal digits or the domain name, or leave zone out for all of them',
);
export const datasetOrAny = text(
  /^(?:\*|[a-z][a-z_]{0,39})$/,
  'the name of a dataset, or "*"',
  'write http_requests, firewall_events, range_events or dns_logs, or leave dataset out for all of them',
);

export const wholeFromOne = (fix: string) =>
  z.int({ error: hint('a whole number from 1', fix) }).min(1, { error: hint('a whole number from 1', fix) });
