import { formatInstant } from '../../../shared/domain/time.ts';
import type { JobBucket } from '../cis/destination.ts';

/** The same minutes are written out for every job, and by every simulated life anew. */
const STAMPS = new Map<number, string>();
const MOST_STAMPS = 100_000;

/** `20260301T001500Z`. */
function stamp(at: number): string {
  const known = STAMPS.get(at);
  if (known !== undefined) return known;
  if (STAMPS.size >= MOST_STAMPS) STAMPS.clear();
  const made = `${formatInstant(at).slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  STAMPS.set(at, made);
  return made;
}

/** The folder that a job's objects go to, with a slash at its end, or nothing. */
export function objectFolder({ path, dailySubfolder }: JobBucket, at: number): string {
  const parts = [path, dailySubfolder ? stamp(at).slice(0, 8) : ''].filter((part) => part !== '');
  return parts.map((part) => `${part}/`).join('');
}

/** The name of one batch: the interval it covers and something that makes it unique. IBM promises no part of it. */
export const objectName = (bucket: JobBucket, from: number, until: number, jobId: number): string =>
  `${objectFolder(bucket, until)}${stamp(from)}_${stamp(until)}_${jobId.toString(16).padStart(8, '0')}.log.gz`;
