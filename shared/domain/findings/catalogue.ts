/** How urgent a finding is: `critical` loses logs now or soon, `warning` needs a person, `info` is worth knowing. */
export type Severity = 'info' | 'warning' | 'critical';

/** Who mends it: the keeper by itself where it may act, a person, or nobody, because nothing is broken. */
export type Repair = 'keeper' | 'person' | 'none';

/** What a code stands for. */
export interface CatalogueEntry {
  readonly severity: Severity;
  readonly repair: Repair;
  /** What was seen, and why it matters. */
  readonly means?: string;
  /** What a person does about it. */
  readonly todo: string;
}

export type Catalogue = Readonly<Record<string, CatalogueEntry>>;
