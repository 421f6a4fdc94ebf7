/** Jobs that a text names; more are counted, so that it does not grow with the fleet. */
const NAMED = 3;

/** `jobs 1 (…), 2 (…), 3 (…) and 9 more`. */
export function namedJobs(labels: readonly string[]): string {
  const named = labels.slice(0, NAMED).join(', ');
  const rest = labels.length - NAMED;
  return `job${labels.length === 1 ? '' : 's'} ${named}${rest > 0 ? ` and ${rest} more` : ''}`;
}
