import { alertMail } from '../baselines/alert-mail.ts';
import { commandLine } from '../baselines/command-line.ts';
import { script, scriptAsOften } from '../baselines/script.ts';
import { terraform, terraformOfDestinations } from '../baselines/terraform.ts';
import type { Way } from '../way.ts';
import type { Fate } from './failure.ts';
import { keeper } from './keeper.ts';
import type { Kind } from './kinds.ts';
import { fatesOf, type Plan } from './scene.ts';

export const WAYS: readonly Way[] = [
  keeper,
  commandLine,
  script,
  scriptAsOften,
  terraform,
  terraformOfDestinations,
  alertMail,
];

/** What became of the failures of one kind in the hands of one way. */
export interface FailureRow {
  readonly kind: string;
  readonly who: string;
  /** People made keys by hand. */
  readonly makesKeys: boolean;
  readonly fates: readonly Fate[];
}

/**
 * Failures of one kind in the hands of everybody. Only the keeper makes a key, so of a kind that another key ends the others are
 * measured twice: alone, and where people make one by hand once they have heard.
 */
export async function* measureFailures(
  kind: Kind,
  plan: Omit<Plan, 'makesKeys'>,
): AsyncGenerator<FailureRow> {
  for (const way of WAYS)
    for (const makesKeys of handsFor(kind, way)) {
      const fates = await fatesOf(kind, way, { ...plan, makesKeys });
      yield { kind: kind.name, who: way.name, makesKeys, fates };
    }
}

const handsFor = ({ endsBy }: Kind, way: Way): readonly boolean[] =>
  endsBy === 'another-key' && way !== keeper ? [false, true] : [false];

/** The mean, and the worst, of what came at all. */
export interface Spread {
  /** How many it came for. */
  readonly of: number;
  /** Milliseconds; absent = it came for none. */
  readonly meanMs?: number;
  /** Absent = for some it never came. */
  readonly worstMs?: number;
}

export function spreadOf(times: readonly (number | undefined)[]): Spread {
  const came = times.filter((ms) => ms !== undefined);
  if (came.length === 0) return { of: 0 };
  const meanMs = came.reduce((sum, ms) => sum + ms, 0) / came.length;
  return {
    of: came.length,
    meanMs,
    ...(came.length < times.length ? {} : { worstMs: Math.max(...came) }),
  };
}
