/** How urgent a finding is: `critical` loses logs now or soon, `warning` needs a person, `info` is worth knowing. */
export type Severity = 'info' | 'warning' | 'critical';

/** Who mends it: the keeper by itself where it may act, a person, or nobody, because nothing is broken. */
export type Repair = 'keeper' | 'person' | 'none';

/** The same for people: mended by … */
export const MENDED_BY: Readonly<Record<Repair, string>> = {
  keeper: 'the keeper, where it may act',
  person: 'a person',
  none: 'nobody, for nothing is broken',
};

/** What a code stands for. */
export interface CatalogueEntry {
  readonly severity: Severity;
  readonly repair: Repair;
  /** What the keeper saw when it says this, and why that matters: what is lost, from when. One to three sentences. */
  readonly means: string;
  /** What a person does about it. */
  readonly todo: string;
  /** Heading of the part of docs/runbook.md that tells more. */
  readonly see?: string;
  /** The functions that say it, where these are not simply the one of its chapter. */
  readonly saidBy?: readonly string[];
}

export type Catalogue = Readonly<Record<string, CatalogueEntry>>;
