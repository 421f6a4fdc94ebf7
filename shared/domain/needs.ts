import type { RightName } from './rights.ts';

/** A right that a function needs. */
export interface Need {
  readonly right: RightName;
  /** Without it the function cannot do what it is for; of the others it says what stays open. */
  readonly required: boolean;
  /** Only for bindings whose keys these make; absent = for all. */
  readonly keysMadeBy?: readonly ('keeper' | 'secrets-manager' | 'others')[];
}

const required = (right: RightName, keysMadeBy?: Need['keysMadeBy']): Need => ({
  right,
  required: true,
  ...(keysMadeBy === undefined ? {} : { keysMadeBy }),
});
const optional = (right: RightName): Need => ({ right, required: false });

/** What finding out why jobs do not push reads. */
const WHY_SILENT = [
  optional('policy-read'),
  optional('secret-read'),
  optional('destination-read'),
  optional('restriction-read'),
  optional('bucket-read'),
  optional('bucket-config'),
] as const satisfies readonly Need[];

/** Which function needs what. */
export const NEEDS = {
  'check-logpush': [
    required('cis-read'),
    optional('key-read'),
    ...WHY_SILENT,
    required('ledger'),
    optional('logs-query'),
    optional('publish'),
  ],
  'reenable-logpush': [required('cis-edit'), required('key-read'), ...WHY_SILENT, required('ledger')],
  'rotate-keys': [
    required('cis-edit'),
    required('key-rotate', ['keeper']),
    required('key-read', ['secrets-manager', 'others']),
    required('secret-rotate', ['keeper', 'secrets-manager']),
    required('secret-read', ['others']),
    required('ledger'),
  ],
  'verify-buckets': [
    required('cis-read'),
    required('bucket-read'),
    optional('policy-read'),
    optional('bucket-config'),
    required('ledger'),
    optional('ledger-rules'),
  ],
  'ensure-logpush': [
    required('cis-own'),
    required('secret-read'),
    required('token-read'),
    required('ledger'),
  ],
  webhook: [required('ring-write')],
  /** `keeper doctor` and `keeper config init`, by hand. */
  doctor: [
    required('cis-read'),
    optional('policy-read'),
    optional('instance-read'),
    optional('secret-list'),
    optional('secret-read'),
  ],
} as const satisfies Readonly<Record<string, readonly Need[]>>;

export type KeeperFunction = keyof typeof NEEDS;

export const isKeeperFunction = (name: string): name is KeeperFunction => Object.hasOwn(NEEDS, name);
