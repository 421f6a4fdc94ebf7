import { expect, test } from 'vitest';
import type { Kind } from './kinds.ts';
import { surviveEveryDeath, surviveEveryOvertaking } from './survive.ts';

/** One job of a kind of binding, on each kind of destination: every death of one keeper, and another that overtakes it. */
export function crashSuite(kind: Kind, who: string): void {
  const of = (destination: 'cloud-logs' | 'cos') => ({ kind, world: { jobs: 1, destination } }) as const;

  test.each(['cloud-logs', 'cos'] as const)(
    `${who}: whatever call it dies at, nothing is lost (%s)`,
    async (destination) => {
      const lived = await surviveEveryDeath(`${who}, 1 job on ${destination}`, of(destination));
      expect(lived).toBeGreaterThan(200);
    },
  );

  test.each(['cloud-logs', 'cos'] as const)(
    `${who}: another keeper overtakes at any call, and either of them dies (%s)`,
    async (destination) => {
      const lived = await surviveEveryOvertaking(`${who}, 1 job on ${destination}`, of(destination));
      expect(lived).toBeGreaterThan(200);
    },
  );
}
