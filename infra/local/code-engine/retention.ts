import { days, hours, minutes } from '../../../shared/domain/time.ts';
import type { EnvVariable } from './model.ts';

/**
 * How long a run is kept after it has ended: a week, or ten minutes when an event started it, unless the job says otherwise with
 * `CE_REMOVE_COMPLETED_JOBS`: `IMMEDIATELY`, minutes, or `3d`.
 */
export function retentionMs(origin: 'manual' | 'subscription', variables: readonly EnvVariable[]): number {
  const wish = variables.findLast(({ name }) => name === 'CE_REMOVE_COMPLETED_JOBS')?.value ?? '';
  if (wish === 'IMMEDIATELY') return 0;
  const [, number = '', unit = 'm'] = /^(\d{1,7})([mhd])?$/.exec(wish) ?? [];
  if (number === '') return origin === 'manual' ? days(7) : minutes(10);
  const of = { m: minutes, h: hours, d: days }[unit] ?? minutes;
  return of(Number(number));
}
