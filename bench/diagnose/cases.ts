import { BREAKAGES, type BreakageKind } from '../../infra/local/breakage-kinds.ts';
import { SeededRandom } from '../../infra/local/random.ts';

/** Where the jobs push that are broken. */
const DESTINATIONS = ['cloud-logs', 'cos', 'cos-keyless', 'logdna'] as const;
type DestinationKind = (typeof DESTINATIONS)[number];

/** Rights that a keeper may lack. */
export const RIGHTS = [
  'keys',
  'policies',
  'groups',
  'secrets',
  'instances',
  'restrictions',
  'retention',
  'bucket-configuration',
  'bucket',
] as const;
export type Right = (typeof RIGHTS)[number];

/** One broken world. */
export interface Case {
  readonly seed: number;
  readonly destination: DestinationKind;
  readonly jobs: 1 | 2 | 3;
  /** What is broken, in this order, the first job of the world being concerned in any case. */
  readonly breakages: readonly BreakageKind[];
  readonly missing: ReadonlySet<Right>;
  readonly keysOnRead: 'clear' | 'masked' | 'absent';
  readonly errorMessages: 'telling' | 'vague' | 'misleading';
  /** A binding selects the jobs. */
  readonly bound: boolean;
  /** How long after it broke the keeper is asked: the platform disables after 24. */
  readonly hours: 3 | 30;
  /** How much of it is mended before repair is tried: `some` leaves all but what broke last. */
  readonly mended: 'all' | 'some' | 'none';
  /** Its Cloud Logs instance is in a region of which Logpush is not known to work. */
  readonly oddRegion: boolean;
  /** Beside what is broken there is what looks like it, and concerns no job. */
  readonly decoys: boolean;
}

const COMMON: readonly BreakageKind[] = ['retention-off', 'zone-paused'];
const KEYS: readonly BreakageKind[] = ['key-expired', 'key-disabled', 'key-deleted'];
const LOGS: readonly BreakageKind[] = [
  'sender-removed',
  'logs-deleted',
  'logs-private',
  'logs-elsewhere',
  'logs-restricted',
  'logs-region-closed',
  'logs-outage',
];
const BUCKET: readonly BreakageKind[] = [
  'bucket-deleted',
  'bucket-elsewhere',
  'bucket-firewall',
  'bucket-quota',
  'bucket-root-key',
  'bucket-checksums',
  'bucket-restricted',
  'cos-deleted',
];
const KINDS: Readonly<Record<DestinationKind, readonly BreakageKind[]>> = {
  'cloud-logs': [...KEYS, ...LOGS, ...COMMON],
  cos: [...KEYS, 'writer-removed', 'writer-elsewhere', ...BUCKET, ...COMMON],
  'cos-keyless': ['logpush-identity-removed', ...BUCKET, ...COMMON],
  logdna: ['logdna-retired'],
};

/** What is gone has nothing else that is wrong with it; a closed region and an outage are seen only where all else is well. */
const ALONE: ReadonlySet<BreakageKind> = new Set(['logs-region-closed', 'logs-outage', 'logdna-retired']);
const PLACES: readonly ReadonlySet<BreakageKind>[] = [
  new Set(KEYS),
  new Set(['writer-removed', 'writer-elsewhere']),
  new Set(['bucket-deleted', 'bucket-elsewhere', 'cos-deleted']),
];
/** Nothing more can be seen of a bucket that is gone. */
const GONE: ReadonlySet<BreakageKind> = new Set(['bucket-deleted', 'bucket-elsewhere', 'cos-deleted']);
const INSIDE: ReadonlySet<BreakageKind> = new Set([
  'bucket-firewall',
  'bucket-quota',
  'bucket-root-key',
  'bucket-checksums',
]);

function fits(chosen: readonly BreakageKind[], next: BreakageKind): boolean {
  if (chosen.includes(next) || ALONE.has(next) || chosen.some((kind) => ALONE.has(kind))) return false;
  if (PLACES.some((place) => place.has(next) && chosen.some((kind) => place.has(kind)))) return false;
  const isGone = chosen.some((kind) => GONE.has(kind));
  const isInside = chosen.some((kind) => INSIDE.has(kind));
  return !(isGone && INSIDE.has(next)) && !(isInside && GONE.has(next));
}

/** So many broken worlds; the same seed gives the same ones. Every kind comes up at least once, and a third have several. */
export function casesOf(seed: number, count: number): readonly Case[] {
  const random = new SeededRandom(seed).fork('cases');
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T;
  return Array.from({ length: count }, (_, index): Case => {
    // The kinds take turns at being first, so that none is left to chance.
    const first = BREAKAGES[index % BREAKAGES.length] ?? 'key-expired';
    const homes = DESTINATIONS.filter((destination) => KINDS[destination].includes(first));
    const destination = pick(homes);
    const breakages = [first];
    const wanted = index % 3 === 0 ? 2 + Math.floor(random.next() * 2) : 1;
    const others = KINDS[destination].filter((kind) => fits(breakages, kind));
    for (let more = 1; more < wanted && others.length > 0; more += 1) {
      const next = pick(others);
      if (fits(breakages, next)) breakages.push(next);
    }
    const lacks = pick([0, 0, 1, 1, 2, 3]);
    const missing = new Set(Array.from({ length: lacks }, () => pick(RIGHTS)));
    return {
      seed: seed * 100_000 + index,
      destination,
      jobs: pick([1, 2, 3] as const),
      breakages,
      missing,
      keysOnRead: pick(['clear', 'clear', 'masked', 'absent'] as const),
      errorMessages: pick(['telling', 'vague', 'misleading'] as const),
      bound: random.next() < 0.7,
      hours: pick([3, 30] as const),
      mended: pick(['all', 'all', 'some', 'none'] as const),
      oddRegion: first === 'logs-region-closed' || random.next() < 0.1,
      decoys: random.next() < 0.5,
    };
  });
}
