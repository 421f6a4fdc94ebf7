import type { RightReport } from '../domain/doctor/judge-right.ts';
import { giveOf } from '../domain/doctor/problems.ts';
import { rightOf, type Scope } from '../domain/rights.ts';

/** More places than that of one right are counted. */
const NAMED = 3;

const PLACES: Readonly<Record<Scope, string>> = {
  'cis-instance': 'CIS instances',
  'key-owner': 'service IDs',
  account: 'accounts',
  secret: 'secrets',
  'secrets-manager-instance': 'Secrets Manager instances',
  'log-bucket': 'buckets',
  'token-bucket': 'buckets',
  ledger: 'buckets',
  rings: 'buckets',
  'cloud-logs-instance': 'Cloud Logs instances',
  'event-notifications-instance': 'Event Notifications instances',
};

/** The rights that are there: a line each. */
export const presentLines = (rights: readonly RightReport[]): readonly string[] =>
  [
    ...Map.groupBy(
      rights.filter(({ verdict }) => verdict === 'present'),
      ({ right }) => right,
    ),
  ].map(([right, of]) => `${right.padEnd(16)}  on ${placesOf(of, { named: 0 })} (${usersOf(of)})`);

/** The rights that are not there or could not be told, and what to give: an entry for all places of one reason. */
export const absentLines = (rights: readonly RightReport[]): readonly string[] =>
  [
    ...Map.groupBy(
      rights.filter(({ verdict }) => verdict !== 'present'),
      ({ right, verdict, iamId, evidence }) => JSON.stringify([right, verdict, iamId, evidence]),
    ).values(),
  ].flatMap((of) => of.slice(0, 1).flatMap((first) => entryOf(first, of)));

const entryOf = (first: RightReport, all: readonly RightReport[]): readonly string[] => [
  `${first.verdict.padEnd(8)} ${first.right} on ${placesOf(all, { named: NAMED })} (${usersOf(all)})`,
  ...first.evidence.map((line) => `         ${line}`),
  `         without it: ${first.without}`,
  `         → give ${giveOf(first)}`,
];

/** One place, or how many, with the first of them where somebody must go there. */
function placesOf(rights: readonly RightReport[], { named }: { readonly named: number }): string {
  const where = [...new Set(rights.map((right) => right.where))];
  const [first] = rights;
  if (first === undefined || where.length === 1) return where.join('');
  const count = `${where.length} ${PLACES[rightOf(first.right).scope]}`;
  if (named === 0) return count;
  const rest = where.length - named;
  const names = where.slice(0, named).map((place) => place.replace(/^(?:[a-zA-Z]+ )+?(?=\S*[-\d:])/, ''));
  return `${count}: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function usersOf(rights: readonly RightReport[]): string {
  const required = [...new Set(rights.flatMap(({ requiredBy }) => requiredBy))];
  if (required.length > 0) return required.join(', ');
  return `optional: ${[...new Set(rights.flatMap(({ usedBy }) => usedBy))].join(', ')}`;
}
