import type { Link } from './chain.ts';

/** What a text that CIS shows as the last error of a job may point at. */
interface Hint {
  readonly pattern: RegExp;
  readonly link: Link | 'outage';
  readonly says: string;
  /** Where such a text was seen, or what it is concluded from: none of them is promised. */
  readonly source: string;
}

/**
 * IBM documents `error_message` as the text of the last failure and none of the texts. They are hints: no verdict rests on one.
 * The first that fits counts.
 */
const HINTS: readonly Hint[] = [
  {
    pattern: /BXNIM\d+E|authenticat|api.?key|invalid.{0,20}token/i,
    link: 'key',
    says: 'IAM may refuse the key',
    source: 'error codes of the token endpoint, https://cloud.ibm.com/apidocs/iam-identity-token-api',
  },
  {
    pattern: /\b401\b|unauthori[sz]ed/i,
    link: 'key',
    says: 'the destination may not know the token of the key',
    source: 'answers of Cloud Logs, https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-send-logs',
  },
  {
    pattern: /permission|access ?denied|forbidden|\b403\b/i,
    link: 'role',
    says: 'a role may be missing, or a firewall or restriction refuses',
    source: 'permission denied on a bucket, https://developers.cloudflare.com/logs/logpush/logpush-health/',
  },
  {
    pattern: /NoSuchBucket|not found|\b404\b/i,
    link: 'destination',
    says: 'the bucket or instance may be gone or elsewhere',
    source:
      'error codes of COS, https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-common',
  },
  {
    pattern: /\b1105\b|dns|resolve|no such host/i,
    link: 'destination',
    says: 'the name of the destination may not resolve',
    source: 'health code 1105, https://developers.cloudflare.com/logs/logpush/logpush-health/',
  },
  {
    pattern: /time.?d? ?out|no answer|too many requests|SlowDown|\b(?:429|5\d\d)\b|unavailable/i,
    link: 'outage',
    says: 'the destination may be out of order',
    source:
      'error codes of COS, https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-compatibility-common',
  },
];

/** What an `error_message` may point at; undefined = nothing that is known. */
export const hintIn = (message: string | undefined): Pick<Hint, 'link' | 'says'> | undefined =>
  message === undefined ? undefined : HINTS.find(({ pattern }) => pattern.test(message));
