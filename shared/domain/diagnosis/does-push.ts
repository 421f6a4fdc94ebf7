import type { FindingCode } from '../finding.ts';
import type { Health } from '../health.ts';

/**
 * Whether the causes of a job are looked for. One that fails has a cause. One that is silent may have one: without traffic a dead
 * key shows no error, and without log retention nothing does. One that pushes, or that a person disabled, has none.
 */
export function doesPush(health: Health): 'fails' | 'silent' | 'not asked' {
  switch (health) {
    case 'failing':
    case 'disabled-by-failures':
    case 'disabled-unclear':
      return 'fails';
    case 'idle':
    case 'stalled':
      return 'silent';
    case 'healthy':
    case 'starting':
    case 'disabled-by-hand':
    case 'unknown':
      return 'not asked';
  }
}

/** Which finding a class is; the classes that are fine have none. */
export const FOUND_AS: Partial<Record<Health, FindingCode>> = {
  failing: 'job-failing',
  stalled: 'job-stalled',
  'disabled-by-failures': 'job-disabled-by-failures',
  'disabled-unclear': 'job-disabled-unclear',
  'disabled-by-hand': 'job-disabled-by-hand',
};
