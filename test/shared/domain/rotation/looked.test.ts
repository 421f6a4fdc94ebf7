import { expect, test } from 'vitest';
import { afterLook } from '../../../../shared/domain/rotation/looked.ts';
import { emptyMemory } from '../../../../shared/domain/rotation/steps.ts';
import { Secret } from '../../../../shared/domain/secret.ts';
import { aVersion, aView } from '../../../support/builders.ts';

const value = new Secret('of the version before');
const known = aView({
  facts: { versions: [aVersion({ id: 'v1' })], currentKeyId: 'ApiKey-1', keys: [], currentValueGone: false },
  memory: { ...emptyMemory, currentValue: value },
});

test('what was read from a version says nothing of the one that somebody has stored since', () => {
  const { facts, memory } = afterLook(known, {
    facts: { versions: [aVersion({ id: 'v1', alias: 'previous' }), aVersion({ id: 'v2' })] },
  });
  expect(Object.keys(facts)).toEqual(['newKey', 'versions']);
  expect(memory.currentValue).toBeUndefined();
});

test('a list with the same current version leaves what is known of it', () => {
  const { facts, memory } = afterLook(known, { facts: { versions: [aVersion({ id: 'v1' })] } });
  expect(facts).toMatchObject({ currentKeyId: 'ApiKey-1', keys: [] });
  expect(memory.currentValue).toBe(value);
});
