import type { BreakageKind } from '../../infra/local/breakage-kinds.ts';
import type { Link } from '../../shared/domain/diagnosis/chain.ts';
import type { FindingCode } from '../../shared/domain/finding.ts';
import { type Case, RIGHTS, type Right } from './cases.ts';

/** How a breakage shows to somebody who may see everything. */
interface Shown {
  readonly link: Link;
  /** Any of these names it. */
  readonly codes: readonly FindingCode[];
  /** Enough where it cannot be seen whole. */
  readonly vague?: readonly FindingCode[];
  /** What it takes to see it, beside what is always seen. */
  readonly needs: readonly (Right | 'identity' | 'key' | 'account' | 'nothing-shows-it')[];
}

const key = (code: FindingCode): Shown => ({ link: 'key', codes: [code], needs: ['key'] });
const role = (code: FindingCode): Shown => ({
  link: 'role',
  codes: [code],
  needs: ['identity', 'policies', 'groups'],
});
const at = (codes: readonly FindingCode[], ...needs: Shown['needs']): Shown => ({
  link: 'destination',
  codes,
  needs,
});

/** What the keeper should say of each breakage; written from what IBM documents of who may see what, not from what it says. */
export const SHOWN: Readonly<Record<BreakageKind, Shown>> = {
  'zone-paused': { link: 'zone', codes: ['zone-inactive'], needs: [] },
  'retention-off': { link: 'log retention', codes: ['log-retention-off'], needs: ['retention'] },
  'key-expired': key('key-expired'),
  'key-disabled': key('key-disabled'),
  'key-deleted': key('key-unknown'),
  'sender-removed': role('sender-not-granted'),
  'logs-deleted': at(['logs-instance-inactive', 'logs-instance-absent'], 'instances'),
  'logs-private': at(['logs-instance-private'], 'instances'),
  'logs-elsewhere': at(['logs-instance-elsewhere'], 'instances'),
  'logs-restricted': at(['restriction-refuses'], 'restrictions', 'account'),
  // Nothing proves these: what points at them is a suspicion.
  'logs-region-closed': at(['logs-region-unproven'], 'nothing-shows-it'),
  'logs-outage': at([], 'nothing-shows-it'),
  'writer-removed': role('bucket-write-not-granted'),
  'writer-elsewhere': role('bucket-write-not-granted'),
  'bucket-deleted': {
    ...at(['bucket-absent'], 'bucket', 'bucket-configuration'),
    vague: ['bucket-not-found'],
  },
  'bucket-elsewhere': {
    ...at(['bucket-elsewhere'], 'bucket', 'bucket-configuration'),
    vague: ['bucket-not-found'],
  },
  'bucket-firewall': at(['bucket-firewall-refuses'], 'bucket', 'bucket-configuration'),
  'bucket-quota': at(['bucket-quota-reached'], 'bucket', 'bucket-configuration'),
  'bucket-root-key': at(['bucket-root-key-suspected'], 'nothing-shows-it'),
  'bucket-checksums': at(['bucket-keeps-objects'], 'nothing-shows-it'),
  'bucket-restricted': at(['restriction-refuses'], 'restrictions', 'account'),
  'cos-deleted': at(['cos-instance-inactive'], 'instances'),
  'logpush-identity-removed': { link: 'role', codes: [], needs: ['nothing-shows-it'] },
  'logdna-retired': at(['logdna-job']),
};

/** What decides what can be seen of one job. */
export interface Seen extends Pick<Case, 'missing' | 'keysOnRead' | 'destination'> {
  /** A binding selects the job. */
  readonly bound: boolean;
  /** What the world has on record against this job. */
  readonly kinds: readonly BreakageKind[];
}

/** What keeps somebody from seeing a breakage of a job: rights that are missing, or evidence that nobody is shown. */
export function hiddenBy(seen: Seen, kind: BreakageKind): readonly string[] {
  return SHOWN[kind].needs.flatMap((need): readonly string[] => {
    switch (need) {
      case 'nothing-shows-it':
        return ['nothing shows it'];
      case 'key':
        // A key that is gone is known by whose it is said to be, or not at all: it may be of another account.
        return kind === 'key-deleted' && !seen.bound ? ['whose key it was'] : keyHidden(seen);
      case 'identity':
        return seen.bound ? [] : identityHidden(seen);
      case 'account':
        return seen.bound || identityHidden(seen).length === 0 ? [] : accountHidden(seen);
      default:
        return seen.missing.has(need) ? [`right: ${need}`] : [];
    }
  });
}

/** How somebody is told of a right that is missing: by the role and the service, as IBM Cloud's console has them. */
export const NAMED_AS: Readonly<Record<Right, RegExp>> = {
  keys: /Editor on the IAM identity service/,
  policies: /Viewer on IAM Access Management/,
  groups: /Viewer on (IAM Access Management and )?IAM Access Groups/,
  secrets: /SecretsReader on Secrets Manager/,
  instances: /needs Viewer on it, for the Resource Controller/,
  restrictions: /Viewer on context-based restrictions/,
  retention: /Reader on the CIS instance, or Manager/,
  bucket: /(needs Content Reader|needs Reader|takes Reader)/,
  'bucket-configuration': /for the firewall Manager/,
};

/** The rights that would show it; none where they would not be enough. */
export const rightsIn = (hidden: readonly string[]): readonly Right[] => {
  const rights = RIGHTS.filter((right) => hidden.includes(`right: ${right}`));
  return rights.length === hidden.length ? rights : [];
};

function keyHidden({ missing, keysOnRead, bound, destination }: Seen): readonly string[] {
  if (destination === 'cos-keyless') return ['it carries no key'];
  const right = missing.has('keys') ? ['right: keys'] : [];
  if (keysOnRead === 'clear') return right;
  if (!bound) return [...right, 'CIS hides the key'];
  return [...right, ...(missing.has('secrets') ? ['right: secrets'] : [])];
}

/** A key that is gone says nothing of whose it was. */
const identityHidden = (seen: Seen): readonly string[] =>
  seen.kinds.includes('key-deleted') ? ['whose key it was'] : keyHidden(seen);

/** The destination itself may say in which account it is: a bucket by its configuration, an instance at the Resource Controller. */
function accountHidden({ missing, destination, kinds }: Seen): readonly string[] {
  const shows =
    !missing.has('bucket') && !missing.has('bucket-configuration') && !kinds.includes('bucket-deleted');
  if (destination !== 'cloud-logs' && shows) return [];
  return missing.has('instances') ? ['right: instances'] : [];
}
