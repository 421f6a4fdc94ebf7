import { expect, test } from 'vitest';
import { minutes } from '../../shared/domain/time.ts';
import { ensureLife } from '../simulation/declared.ts';
import { CALL_FAULTS, type CallFault, DEATHS } from '../simulation/gate.ts';
import { OLD_KEY } from '../simulation/small-world.ts';
import { aDeclaration, aZoneJob, COS, type DeclaringOptions, ON_LOGS } from '../support/declared.ts';

/** Nothing to do, nothing to say, nothing to wait for. */
const AT_REST = JSON.stringify(['ok', [], [], []]);
const WAYS: readonly CallFault[] = [...DEATHS, 'die-during', ...CALL_FAULTS];

interface Case {
  readonly declaration: object;
  readonly options: DeclaringOptions;
  /** Jobs at once, and ever. */
  readonly most: number;
  readonly ever: number;
  readonly fewestEnabled: number;
  readonly ways?: readonly CallFault[];
}

const made = (declaration: object, options: DeclaringOptions = {}): Case => ({
  declaration,
  options: { retention: false, ...options },
  most: 1,
  ever: 1,
  fewestEnabled: 0,
});

/** CIS need not notice that two jobs share a path. */
const CASES: readonly (readonly [string, Case])[] = [
  ['a Cloud Logs job', made(aDeclaration('cloud-logs'))],
  ['a bucket job with a key', made(aDeclaration('cos'), { cis: { duplicatePath: 'allow' } })],
  [
    'a bucket job with an ownership challenge',
    made(aDeclaration('cos-ownership'), { cis: { duplicatePath: 'allow' } }),
  ],
  [
    'a job that lists miss for two minutes',
    {
      ...made(aDeclaration('cloud-logs'), { cis: { listLagSeconds: 120 } }),
      // Without the ledger, and while the list is late, nothing tells of the job.
      ways: WAYS.filter((way) => way !== 'ledger-lost'),
    },
  ],
  [
    'a job that is made as declared',
    {
      ...made(aDeclaration('cos', { destination: { cos: { ...COS, path: 'http' } }, onDrift: 'enforce' }), {
        jobs: [
          aZoneJob({
            id: 1,
            enabled: false,
            frequency: 'high',
            cos: { bucket: COS.bucket, path: 'http', dailySubfolder: true },
            apiKey: OLD_KEY,
          }),
        ],
      }),
      most: 1,
    },
  ],
  [
    'a job in the place of another of another kind',
    {
      declaration: aDeclaration('cos', { replaces: 1 }),
      options: { jobs: [aZoneJob({ id: 1, ...ON_LOGS })] },
      most: 2,
      ever: 2,
      // There is always one that pushes.
      fewestEnabled: 1,
    },
  ],
  [
    'a job in the place of another of another name',
    {
      declaration: aDeclaration('cloud-logs', { replaces: 1 }),
      options: { jobs: [aZoneJob({ id: 1, name: 'edge-old', ...ON_LOGS })] },
      most: 2,
      ever: 2,
      fewestEnabled: 1,
    },
  ],
];

test.each(CASES)(
  '%s: whatever call it dies at, or is not answered, it is made once and the end is whole',
  async (about, { declaration, options, ways = WAYS, ...wanted }) => {
    const plain = await ensureLife([declaration], options, new Map());
    expect(plain.last).toBe(AT_REST);
    let cases = 0;
    for (const number of plain.calls.slice(0, plain.busy).keys()) {
      for (const way of ways) {
        const life = await ensureLife([declaration], options, new Map([[number, way]]));
        const name = `${way} at call ${number} (${plain.calls[number]})`;
        expect(life.violations, name).toEqual([]);
        expect(life.most, name).toBeLessThanOrEqual(wanted.most);
        expect(life.ever.size, name).toBe(wanted.ever);
        expect(life.fewestEnabled, name).toBeGreaterThanOrEqual(wanted.fewestEnabled);
        cases += 1;
        expect(
          life.jobs.map(({ name: of, enabled }) => [of, enabled]),
          name,
        ).toEqual([['edge-http', true]]);
        expect(life.last, name).toBe(AT_REST);
      }
    }
    process.stdout.write(
      `${about}, every call × ${ways.length} ways to fail: ${cases} cases, 0 violations\n`,
    );
  },
);

test.each(CASES)(
  '%s: another run overtakes at any call, at once or when nobody waits for the first any more',
  async (about, { declaration, options, ...wanted }) => {
    const plain = await ensureLife([declaration], options, new Map());
    let cases = 0;
    for (const atCall of plain.calls.slice(0, plain.busy).keys()) {
      for (const afterMs of [0, minutes(16)]) {
        const life = await ensureLife([declaration], options, new Map(), { atCall, afterMs });
        const name = `overtaken ${afterMs / minutes(1)} min after call ${atCall} (${plain.calls[atCall]})`;
        expect(life.violations, name).toEqual([]);
        expect(life.most, name).toBeLessThanOrEqual(wanted.most);
        expect(life.ever.size, name).toBe(wanted.ever);
        expect(life.fewestEnabled, name).toBeGreaterThanOrEqual(wanted.fewestEnabled);
        expect(life.last, name).toBe(AT_REST);
        cases += 1;
      }
    }
    process.stdout.write(`${about}, overtaken at every call: ${cases} cases, 0 violations\n`);
  },
);
