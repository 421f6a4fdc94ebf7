import type { Zone } from '../logpush.ts';
import { broken, doubtful, good, type LinkLook } from './chain.ts';

/** A zone as a look at the fleet has it; one that a keeper of before has observed has no state. */
export type SeenZone = Pick<Zone, 'id' | 'name'> & Partial<Pick<Zone, 'status' | 'paused'>>;

/** Why nothing is pushed for a zone; undefined = it is in use, or its state is not known. */
export function whyInactive({ status, paused }: SeenZone): string | undefined {
  if (paused === true) return 'the zone is paused';
  return status === undefined || status.toLowerCase() === 'active' ? undefined : `the zone is ${status}`;
}

/** @see https://cloud.ibm.com/docs/cis?topic=cis-domain-lifecycle-concepts */
export function judgeZone(zone: SeenZone): LinkLook {
  const why = whyInactive(zone);
  return why === undefined
    ? good('zone')
    : broken('zone', { code: 'zone-inactive', subject: `zone ${zone.name}`, detail: why });
}

/**
 * @param flag - as CIS shows it; or why it does not
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpush
 */
export function judgeRetention({ name }: SeenZone, flag: boolean | { readonly unread: string }): LinkLook {
  if (typeof flag !== 'boolean') return doubtful('log retention', flag.unread);
  if (flag) return good('log retention');
  return broken('log retention', {
    code: 'log-retention-off',
    subject: `zone ${name}`,
    detail: 'CIS shows its log retention as off',
  });
}
