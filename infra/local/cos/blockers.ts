import { days } from '../../../shared/domain/time.ts';
import { isAmong } from '../addresses.ts';
import type { Bucket, Firewall, Network, StoredObject } from './bucket.ts';

/** Where a request comes from. */
export interface Origin {
  /** An IPv4 address. */
  readonly address: string;
  readonly network: Network;
}

/** Whether a firewall lets a request in. What is denied is denied, even if it is allowed too. */
export function passesFirewall(firewall: Firewall | undefined, { address, network }: Origin): boolean {
  const { allowedIps = [], deniedIps = [], allowedNetworks = [] } = firewall ?? {};
  if (allowedNetworks.length > 0 && !allowedNetworks.includes(network)) return false;
  if (deniedIps.length > 0 && isAmong(address, deniedIps)) return false;
  return allowedIps.length === 0 || isAmong(address, allowedIps);
}

/** Whether a hard quota refuses what is written now. The request that crosses it is still taken. */
export const isFull = ({ hardQuota = 0, bytes }: Bucket): boolean => hardQuota > 0 && bytes >= hardQuota;

/** Whether an object may not be overwritten or deleted yet. */
export const isRetained = (
  { retentionDays = 0 }: Bucket,
  object: StoredObject | undefined,
  at: number,
): boolean => object !== undefined && at < object.lastModified + days(retentionDays);

/** A disabled root key leaves nothing of a bucket but its name. */
export const isSealed = ({ rootKey, instanceState }: Bucket, action: string): boolean =>
  instanceState !== 'active' || (rootKey?.state === 'disabled' && action !== 'bucket.head');
