import { expect, test } from 'vitest';
import { BUGS } from '../simulation/bugs.ts';
import { live } from '../simulation/life.ts';

test.each(Object.entries(BUGS))(
  '%s: the invariant is seen to break',
  async (name, { breaks, bug, world, where }) => {
    const life = await live({
      name,
      seed: 1,
      world: { jobs: 4, ...world },
      faults: new Map(),
      ...where,
      bug,
    });
    expect(life.violations.map(({ invariant }) => invariant)).toContain(breaks);
  },
);

test.each(Object.entries(BUGS).filter(([, { where, world }]) => where !== undefined || world !== undefined))(
  '%s: without the bug nothing breaks there',
  async (name, { world, where }) => {
    const life = await live({ name, seed: 1, world: { jobs: 4, ...world }, faults: new Map(), ...where });
    expect(life.violations).toEqual([]);
  },
);

test('every invariant has a bug that breaks it', () => {
  const broken = Object.values(BUGS).map(({ breaks }) => breaks);
  expect(new Set(broken)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
});
