import { expect, test } from 'vitest';
import { virtualKeeper } from '../support/virtual-keeper.ts';

test('x', async () => {
  const keeper = virtualKeeper();
  const { code, out, err } = await keeper.cli('doctor');
  console.log(code, out, err);
  expect(
    keeper.world.calls.filter(
      ({ method, operation }) => !['GET', 'HEAD'].includes(method) && operation !== 'grantToken',
    ),
  ).toEqual([]);
});
