import type { Case } from './case.ts';
import { everyDeath, everyOvertaking } from './cases.ts';
import { live } from './life.ts';

/** Lives every case. @throws {Error} with the trace of the first that breaks an invariant @returns how many it lived */
export async function survive(cases: readonly (() => Case)[]): Promise<number> {
  for (const of of cases) {
    const { name, seed } = of();
    const { violations, trace } = await live(of());
    if (violations.length === 0) continue;
    const broken = violations.map(({ invariant, detail }) => `  invariant ${invariant}: ${detail}`);
    throw new Error([`seed ${seed}, ${name}`, ...broken, ...trace].join('\n'));
  }
  return cases.length;
}

/** Lives one life with every death at every call, and prints how many that were. @returns how many */
export async function surviveEveryDeath(
  what: string,
  of: Omit<Case, 'name' | 'faults' | 'seed'>,
  events?: () => Case['events'],
): Promise<number> {
  const lived = await survive(await everyDeath({ ...of, seed: 1 }, events));
  process.stdout.write(
    `${what}, every call × 3 deaths (equal ones once) and a lost ledger: ${lived} cases, 0 violations\n`,
  );
  return lived;
}

/** Lives one life with another keeper that overtakes at every call, and prints how many that were. @returns how many */
export async function surviveEveryOvertaking(
  what: string,
  of: Pick<Case, 'world' | 'kind'>,
): Promise<number> {
  const lived = await survive(await everyOvertaking(of));
  process.stdout.write(`${what}, every call × overtaken, and either dies: ${lived} cases, 0 violations\n`);
  return lived;
}
