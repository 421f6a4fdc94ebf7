import type { WorldFile } from '../../infra/local/world-file.ts';
import { madeKey } from '../../infra/local/world-secrets.ts';
import type { Phase } from '../../shared/domain/rotation/record.ts';
import { CELLS, type Cell } from './grid.ts';
import { ALL_INVARIANTS, type Violation } from './invariants.ts';
import { type Event, replacesDeadKey, storesKey } from './outside.ts';
import { OLD_KEY, SECRET_ID, type SmallWorld, smallWorld } from './small-world.ts';

/** What differs between the kinds of bindings that a small world may have. */
interface KindTraits {
  readonly file: (world: SmallWorld) => WorldFile;
  /** Which member of its secret holds the key. */
  readonly member?: string;
  /** Makes a second rotation due within two days of the end of the first, safety times unchanged. */
  readonly dueAgain: (config: string) => string;
  /** What whoever makes the keys does, for so many rotations. */
  readonly events: (rotations: 1 | 2) => readonly Event[];
  /** Others make the keys: the one before stays, and a rotation is over when the jobs have what the secret holds. */
  readonly isTheirs: boolean;
  /** Phases that a rotation of this kind never enters. */
  readonly without: readonly Phase[];
  readonly invariants: readonly Violation['invariant'][];
}

type Secret = WorldFile['secretsManagers'][number]['secrets'][number];

/** The small world with another secret in the place of its own. */
function withSecret(world: SmallWorld, secret: Secret, apiKey: string, displayName: string): WorldFile {
  const file = smallWorld(world);
  for (const manager of file.secretsManagers) manager.secrets = [secret];
  for (const { serviceIds } of file.accounts)
    for (const { apiKeys } of serviceIds)
      for (const key of apiKeys) if (key.name === OLD_KEY) key.displayName = displayName;
  for (const { zones } of file.cis)
    for (const { jobs } of zones) for (const job of jobs) if (job.apiKey === OLD_KEY) job.apiKey = apiKey;
  return file;
}

const NAME = 'logpush-key';
const MEMBER = 'edge';
const SOON = 'rotation: { maxAge: 5d }';
const soonAgain = (config: string): string => config.replace(/(managedBy: [a-z-]+)/, `$1\n    ${SOON}`);
/** The keeper has no key to make, to retire, or to bring back into the secret. */
const NOT_THEIRS = ['minting', 'disabling', 'restoring'] as const satisfies readonly Phase[];

const KINDS = {
  keeper: {
    file: smallWorld,
    dueAgain: soonAgain,
    events: () => [],
    isTheirs: false,
    without: [],
    invariants: ALL_INVARIANTS,
  },
  /** As above, in a member of a `kv` secret that holds more. */
  'keeper in a kv': {
    file: (world) =>
      withSecret(
        world,
        {
          id: SECRET_ID,
          name: NAME,
          type: 'kv',
          data: {
            [MEMBER]: { apiKey: OLD_KEY, binding: { name: 'edge-logs', managedBy: 'keeper' } },
            note: 'kept as it is',
          },
        },
        OLD_KEY,
        `logpush-keeper.${SECRET_ID}_${MEMBER}.run0.1`,
      ),
    member: MEMBER,
    dueAgain: soonAgain,
    events: () => [],
    isTheirs: false,
    without: [],
    invariants: ALL_INVARIANTS,
  },
  'secrets-manager': {
    file: (world) =>
      withSecret(
        world,
        {
          id: SECRET_ID,
          name: NAME,
          type: 'iam_credentials',
          serviceId: 'logpush',
          ttlDays: 90,
          reuse: true,
          createdDaysAgo: 62,
          binding: { name: 'edge-logs', managedBy: 'secrets-manager' },
        },
        madeKey(NAME),
        'made by hand',
      ),
    dueAgain: soonAgain,
    events: () => [],
    isTheirs: true,
    without: NOT_THEIRS,
    invariants: ALL_INVARIANTS,
  },
  others: {
    file: (world) =>
      withSecret(
        world,
        {
          id: SECRET_ID,
          name: NAME,
          type: 'arbitrary',
          apiKey: OLD_KEY,
          binding: { name: 'edge-logs', managedBy: 'others' },
        },
        OLD_KEY,
        'made by hand',
      ),
    dueAgain: (config) => config,
    events: (rotations) => [
      ...[storesKey(1), storesKey(2)].slice(0, rotations),
      ...[1, 2, 3].map((nth) => replacesDeadKey(nth)),
    ],
    isTheirs: true,
    without: [...NOT_THEIRS, 'publishing'],
    invariants: ALL_INVARIANTS,
  },
} as const satisfies Record<string, KindTraits>;
export type Kind = keyof typeof KINDS;
export const traitsOf = (kind: Kind = 'keeper'): KindTraits => KINDS[kind];

/** In the order in which seeds walk through them; what makes its own keys has the most that can go wrong. */
export const TURNS: readonly Kind[] = ['keeper', 'secrets-manager', 'keeper in a kv', 'others', 'keeper'];

/** The cells of phase and fault that can be hit in a world of this kind. */
export const cellsOf = (kind: Kind): readonly Cell[] =>
  CELLS.filter(({ phase }) => phase === 'none' || !traitsOf(kind).without.includes(phase));
