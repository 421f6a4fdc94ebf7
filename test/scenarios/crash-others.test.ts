import { expect, test } from 'vitest';
import { surviveEveryDeath, surviveEveryOvertaking } from '../simulation/survive.ts';

const of = (destination: 'cloud-logs' | 'cos') =>
  ({ kind: 'others', world: { jobs: 1, destination } }) as const;

test.each(['cloud-logs', 'cos'] as const)(
  'keys that others store: whatever call it dies at, nothing is lost (%s)',
  async (destination) => {
    expect(
      await surviveEveryDeath(`keys that others store, 1 job on ${destination}`, of(destination)),
    ).toBeGreaterThan(200);
  },
);

test.each(['cloud-logs', 'cos'] as const)(
  'keys that others store: another keeper overtakes at any call, and either of them dies (%s)',
  async (destination) => {
    expect(
      await surviveEveryOvertaking(`keys that others store, 1 job on ${destination}`, of(destination)),
    ).toBeGreaterThan(200);
  },
);
