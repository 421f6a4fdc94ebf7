import { type Case, live } from './life.ts';

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
