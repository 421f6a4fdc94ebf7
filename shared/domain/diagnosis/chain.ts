import type { FindingCode } from '../finding.ts';
import type { Repair } from '../findings/catalogue.ts';

/** What a push passes on its way, in this order. */
export const LINKS = ['zone', 'log retention', 'key', 'role', 'destination'] as const;
export type Link = (typeof LINKS)[number];

/** What is found on each of them. */
export const CODES_OF: Readonly<Record<Link, readonly FindingCode[]>> = {
  zone: ['zone-inactive'],
  'log retention': ['log-retention-off'],
  key: ['key-unknown', 'key-disabled', 'key-expired'],
  role: ['sender-not-granted', 'bucket-write-not-granted'],
  destination: [
    'logs-instance-absent',
    'logs-instance-elsewhere',
    'logs-instance-inactive',
    'logs-instance-private',
    'logs-region-unproven',
    'cos-instance-inactive',
    'restriction-refuses',
    'restriction-partly',
    'bucket-absent',
    'bucket-elsewhere',
    'bucket-not-found',
    'bucket-firewall-refuses',
    'bucket-firewall-partly',
    'bucket-quota-reached',
    'bucket-root-key-suspected',
    'bucket-keeps-objects',
  ],
};

/** Something that stops pushes. Jobs that meet the same one share its code and subject. */
export interface Cause {
  readonly code: FindingCode;
  readonly subject: string;
  /** What was seen. */
  readonly detail: string;
  readonly since?: number;
  /** Who mends it here, where that is not as for others of its code. */
  readonly repair?: Repair;
  /** It may stop pushes, and nothing shows whether it does. */
  readonly suspected?: true;
  /** Of a suspicion: a key that does what a push does, tried by the keeper, takes it away. */
  readonly triedAway?: true;
}

/** What could not be told, with the right that is missing for it. */
export interface Doubt {
  readonly why: string;
  /** A key that does what a push does, tried by the keeper, settles it: it is not about where Logpush comes from. */
  readonly triedAway?: true;
}

/** What was seen of one link of one job. Without causes and doubts it is good. */
export interface LinkLook {
  readonly link: Link;
  readonly causes: readonly Cause[];
  readonly doubts: readonly Doubt[];
}

export const good = (link: Link): LinkLook => ({ link, causes: [], doubts: [] });
export const broken = (link: Link, ...causes: readonly Cause[]): LinkLook => ({ link, causes, doubts: [] });
export const doubtful = (link: Link, why: string, more: Omit<Doubt, 'why'> = {}): LinkLook => ({
  link,
  causes: [],
  doubts: [{ why, ...more }],
});

/** Several looks at one link. */
export const together = (link: Link, looks: readonly Omit<LinkLook, 'link'>[]): LinkLook => ({
  link,
  causes: looks.flatMap(({ causes }) => causes),
  doubts: looks.flatMap(({ doubts }) => doubts),
});
