import type { Finding } from '../domain/finding.ts';
import type { ActionResult } from '../domain/rotation/advance-action.ts';
import type { Note } from '../domain/rotation/steps.ts';
import type { Secret } from '../domain/secret.ts';

/** What came of an action. */
export type Applied =
  | { readonly kind: 'done'; readonly result: ActionResult; readonly findings: readonly Finding[] }
  /** It was refused for good: the attempt ends, with this change of the ledger. */
  | { readonly kind: 'end'; readonly note: Note; readonly finding: Finding }
  /** This job could not be moved; the others can. */
  | { readonly kind: 'skip-job'; readonly key: string; readonly refused: boolean; readonly finding: Finding };

/** It was done, at this instant. */
export const done = (
  at: number,
  more: Partial<ActionResult> = {},
  findings: readonly Finding[] = [],
): Applied => ({
  kind: 'done',
  result: { at, ...more },
  findings,
});

/** A value that the decision has asked a look for. @throws {Error} when it has not */
export function required(value: Secret | undefined): Secret {
  // The decision asks for a look at the value before every action that needs it.
  if (value === undefined) throw new Error('the value of the key is not at hand');
  return value;
}
