import { expect, test } from 'vitest';
import { surviveEveryOvertaking } from '../simulation/survive.ts';

test.each(['cloud-logs', 'cos'] as const)(
  'another keeper overtakes at any call, and either of them dies: nothing is done twice, nothing is lost (%s)',
  async (destination) => {
    expect(
      await surviveEveryOvertaking(`1 job on ${destination}`, { world: { jobs: 1, destination } }),
    ).toBeGreaterThan(300);
  },
);
