import { fleetWorld } from '../../infra/local/fleet-world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';

const JOBS_PER_ZONE = 4;
const STARTS_AT = '2026-03-01T00:00:00Z';
/** Keys are due after 80. */
const DUE_DAYS = 85;
const LEDGER_BUCKET = 'keeper-ledger';
export const LEDGER = `cos://${LEDGER_BUCKET}/keeper?region=eu-de&account=edge`;

/** A fleet of four jobs a zone, whose two keys are due or not, and a bucket for the keeper's ledger. */
export function benchWorld(zones: number, { due }: { readonly due: boolean }): WorldFile {
  const file = fleetWorld(zones, STARTS_AT, 1, {
    jobsPerZone: JOBS_PER_ZONE,
    ...(due ? { keysCreatedDaysAgo: DUE_DAYS } : {}),
  });
  const [bucket] = file.buckets;
  if (bucket === undefined) throw new Error('the fleet has a bucket');
  file.buckets.push({ ...bucket, name: LEDGER_BUCKET });
  return file;
}
