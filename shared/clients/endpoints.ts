import type { CloudLogsDestination } from '../domain/logpush.ts';
import type { SecretsManagerRef } from '../ports.ts';

/** Addresses that `keeper.yml` sets; what is absent is IBM Cloud's own. */
export interface Endpoints {
  readonly iam?: string;
  readonly cis?: string;
  readonly secretsManager?: string;
  readonly cloudLogs?: string;
  readonly cos?: string;
  readonly cosConfig?: string;
  readonly resourceController?: string;
  readonly cbr?: string;
  readonly codeEngine?: string;
}

const trimmed = (url: string): string => url.replace(/\/+$/, '');

export const iamUrl = ({ iam }: Endpoints): string => trimmed(iam ?? 'https://iam.cloud.ibm.com');

export const cisUrl = ({ cis }: Endpoints): string => trimmed(cis ?? 'https://api.cis.cloud.ibm.com');

/** Base of an instance's API v2. @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-endpoints */
export function secretsManagerUrl({ secretsManager }: Endpoints, ref: SecretsManagerRef): string {
  if (secretsManager !== undefined) return `${trimmed(secretsManager)}/${ref.instanceId}/api/v2`;
  const network = ref.network === 'private' ? 'private.' : '';
  return `https://${ref.instanceId}.${network}${ref.region}.secrets-manager.appdomain.cloud/api/v2`;
}

/** Where an instance takes records. @see https://cloud.ibm.com/docs/cloud-logs?topic=cloud-logs-endpoints_ingress */
export function cloudLogsUrl({ cloudLogs }: Endpoints, { instanceId, region }: CloudLogsDestination): string {
  if (cloudLogs !== undefined) return `${trimmed(cloudLogs)}/${region}/${instanceId}/logs/v1/singles`;
  return `https://${instanceId}.ingress.${region}.logs.cloud.ibm.com/logs/v1/singles`;
}

/** The S3 endpoint of a location. @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-endpoints */
export const cosUrl = ({ cos }: Endpoints, location: string): string =>
  cos === undefined
    ? `https://s3.${location}.cloud-object-storage.appdomain.cloud`
    : `${trimmed(cos)}/${location}`;

/** The Resource Configuration API: one host for all locations. @see https://cloud.ibm.com/apidocs/cos/cos-configuration */
export const cosConfigUrl = ({ cosConfig }: Endpoints): string =>
  trimmed(cosConfig ?? 'https://config.cloud-object-storage.cloud.ibm.com/v1');

export const resourceControllerUrl = ({ resourceController }: Endpoints): string =>
  trimmed(resourceController ?? 'https://resource-controller.cloud.ibm.com');

/** Context-based restrictions. */
export const cbrUrl = ({ cbr }: Endpoints): string => trimmed(cbr ?? 'https://cbr.cloud.ibm.com');

/** Code Engine in a region, without the version: deployments ask it, the keeper's functions do not. @see https://cloud.ibm.com/apidocs/codeengine/v2 */
export const codeEngineUrl = ({ codeEngine }: Endpoints, region: string): string =>
  trimmed(codeEngine ?? `https://api.${region}.codeengine.cloud.ibm.com`);
