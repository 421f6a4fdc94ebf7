import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { json, operation, type RouteHost } from '../http.ts';
import type { Settings } from '../settings.ts';
import type { Bucket } from './bucket.ts';
import type { Cos } from './cos.ts';

type ConfigHost = RouteHost & { readonly settings: Settings };

const error = (status: number, code: string, message: string) => ({
  errors: [{ code, message }],
  status_code: status,
});

/**
 * The Resource Configuration API: one host for all locations, which no firewall of a bucket guards.
 *
 * @see https://cloud.ibm.com/apidocs/cos/cos-configuration
 */
export function cosConfigRoutes(cos: Cos, host: ConfigHost): Hono {
  const app = new Hono();
  const spec = {
    service: 'cos',
    name: 'getBucketConfig',
    method: 'GET',
    path: '/b/:bucket',
    error,
  } as const;
  operation(app, host, spec, (c) => {
    const caller = cos.caller(c.req.header('authorization'));
    const bucket = cos.configured(c.req.param('bucket') ?? '');
    if (caller.principal === undefined)
      return json(401, error(401, 'unauthorized', 'The token was not accepted.'));
    if (bucket === undefined)
      return json(404, error(404, 'not_found', 'The specified bucket does not exist.'));
    const may = (action: string): boolean => cos.may(caller, bucket, action, host.now());
    const isPartial = !may('bucket.get_firewall') || !may('bucket.get_quota');
    // IBM's table names both actions for it; whether each is asked for is not said, so both are.
    const isShown = may('bucket.get_basic') && may('bucket.list_bucket_crn');
    if (!isShown || (isPartial && host.settings.cos.partialConfiguration === 'refuse'))
      return json(403, error(403, 'forbidden', 'Access denied.'));
    const body = configuration(bucket, cos, may);
    const etag = createHash('md5').update(JSON.stringify(body)).digest('hex');
    return json(200, body, { etag: `"${etag}"` });
  });
  return app;
}

/** What the caller may see of a bucket; what it may not see is left out, as is what is not set. */
function configuration(bucket: Bucket, cos: Cos, may: (action: string) => boolean) {
  const { name, accountId, instanceId, createdAt, firewall, hardQuota } = bucket;
  const { objects, bytes } = cos.usage(bucket);
  const instanceCrn = `crn:v1:bluemix:public:cloud-object-storage:global:a/${accountId}:${instanceId}`;
  const created = new Date(createdAt).toISOString();
  return {
    name,
    crn: `${instanceCrn}:bucket:${name}`,
    service_instance_id: instanceId,
    service_instance_crn: `${instanceCrn}::`,
    time_created: created,
    time_updated: created,
    object_count: objects,
    bytes_used: bytes,
    noncurrent_object_count: 0,
    noncurrent_bytes_used: 0,
    delete_marker_count: 0,
    ...(hardQuota !== undefined && may('bucket.get_quota') ? { hard_quota: hardQuota } : {}),
    ...(firewall !== undefined && may('bucket.get_firewall') ? { firewall: wireFirewall(firewall) } : {}),
    activity_tracking: {},
    metrics_monitoring: {},
  };
}

const wireFirewall = ({ allowedIps, deniedIps, allowedNetworks }: NonNullable<Bucket['firewall']>) => ({
  ...(allowedIps === undefined ? {} : { allowed_ip: allowedIps }),
  ...(deniedIps === undefined ? {} : { denied_ip: deniedIps }),
  ...(allowedNetworks === undefined ? {} : { allowed_network_type: allowedNetworks }),
});
