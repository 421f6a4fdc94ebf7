import * as z from 'zod';
import type { BucketConfiguration } from '../domain/buckets/limits.ts';
import { SchemaError } from '../errors.ts';
import type { BucketsPort, HttpResponse } from '../ports.ts';
import type { CallBudget } from './budget.ts';
import type { CosAccess } from './cos-access.ts';
import { looked } from './cos-look.ts';
import type { HttpClient } from './http.ts';
import { instant } from './wire.ts';

const entries = z.lazy(() => z.array(z.string()).nullish());

/** What we read of a bucket's configuration; members that the caller may not see are absent. Sizes are in bytes. */
const Configuration = z.lazy(() =>
  z.object({
    crn: z.string(),
    service_instance_id: z.string(),
    time_created: instant.nullish(),
    bytes_used: z.number(),
    hard_quota: z.number().nullish(),
    firewall: z.object({ allowed_ip: entries, denied_ip: entries, allowed_network_type: entries }).nullish(),
  }),
);

export interface ConfigurationOptions {
  readonly http: HttpClient;
  readonly access: CosAccess;
  readonly budget: CallBudget;
  /** With the version, without a slash at the end. */
  readonly url: string;
}

/**
 * Reads what the Resource Configuration API says of a bucket, once, without a retry: the next run asks again.
 *
 * @see https://cloud.ibm.com/apidocs/cos/cos-configuration#getbucketconfig
 */
export const readConfiguration =
  ({ http, access, budget, url }: ConfigurationOptions): BucketsPort['configuration'] =>
  (name) =>
    looked(OPERATION, async () => {
      const answer = await access.send((authorization) =>
        http.exchange({
          service: 'cos',
          operation: OPERATION,
          method: 'GET',
          url: `${url}/b/${encodeURIComponent(name)}`,
          headers: { authorization, accept: 'application/json' },
          budget,
        }),
      );
      const { status } = answer;
      if (status === 403 || status === 404) return { verdict: 'no', status };
      if (status !== 200) return { verdict: 'unknown', reason: `cos ${OPERATION}: status ${status}` };
      return { verdict: 'yes', configuration: parse(answer) };
    });

const OPERATION = 'getBucketConfig';

function parse({ body }: HttpResponse): BucketConfiguration {
  const wire = Configuration.safeParse(jsonOf(body));
  if (!wire.success) {
    const places = wire.error.issues.slice(0, 5).map((issue) => issue.path.join('.') || 'the whole body');
    throw new SchemaError('cos', OPERATION, `unexpected ${places.join(', ')}`);
  }
  const { crn, service_instance_id: instanceId, bytes_used: bytesUsed, ...more } = wire.data;
  const { time_created: createdAt, hard_quota: hardQuota, firewall } = more;
  return {
    crn,
    instanceId,
    bytesUsed,
    ...(typeof createdAt === 'number' ? { createdAt } : {}),
    ...(typeof hardQuota === 'number' ? { hardQuota } : {}),
    ...(firewall === null || firewall === undefined
      ? {}
      : {
          firewall: {
            allowedIps: firewall.allowed_ip ?? [],
            deniedIps: firewall.denied_ip ?? [],
            allowedNetworks: firewall.allowed_network_type ?? [],
          },
        }),
  };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new SchemaError('cos', OPERATION, 'the body is not JSON');
  }
}
