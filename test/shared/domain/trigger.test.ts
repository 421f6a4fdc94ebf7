import { expect, test } from 'vitest';
import { narrowRotation, reaches, reportTrigger } from '../../../shared/domain/trigger.ts';

const event = (type: string, secretIds: readonly string[] = ['a']) =>
  ({ kind: 'event', event: { id: 'e1', type, secretIds } }) as const;

test.each([
  'secret_created',
  'secret_rotated',
  'secret_rotation_failed',
  'secret_rotation_blocked',
  'secret_about_to_expire',
  'secret_expired',
  'secret_expiration_blocked',
  'secret_deleted',
  'secret_revoked',
  'secret_data_removed',
  'secret_version_data_deleted',
])('%s narrows a rotation run to the secrets that it names', (type) => {
  const { scope, ignored } = narrowRotation(event(type, ['a', 'b']));
  expect(scope).toEqual(new Set(['a', 'b']));
  expect(ignored).toBeUndefined();
  expect([reaches(scope, 'a'), reaches(scope, 'c')]).toEqual([true, false]);
});

test.each([
  ['test_event', 'it is a test event'],
  ['secret_creation_failed', 'no event of this type says anything about a rotation'],
  ['secret_task_created', 'no event of this type says anything about a rotation'],
  ['unknown', 'no event of this type says anything about a rotation'],
  ['constructor', 'no event of this type says anything about a rotation'],
])('%s leads to nothing', (type, ignored) => {
  expect(narrowRotation(event(type))).toEqual({ scope: new Set(), ignored });
});

test('an event that names no secret leads to nothing', () => {
  expect(narrowRotation(event('secret_rotated', []))).toMatchObject({ ignored: 'it names no secret' });
});

test('a schedule and a hand narrow nothing', () => {
  for (const kind of ['schedule', 'hand'] as const) {
    const narrowed = narrowRotation({ kind });
    expect(narrowed).toEqual({ scope: 'all' });
    expect(reaches(narrowed.scope, 'a')).toBe(true);
    expect(reportTrigger({ kind }, narrowed, undefined)).toEqual({ kind });
  }
});

test('a ring narrows nothing, whatever it says to be about', () => {
  const trigger = { kind: 'ring', about: 'secrets' } as const;
  const narrowed = narrowRotation(trigger);
  expect(narrowed).toEqual({ scope: 'all' });
  expect(reportTrigger(trigger, narrowed, undefined)).toEqual({ kind: 'ring', type: 'secrets' });
});

test('the report names the bindings, which are ours, or says that there are none', () => {
  const trigger = event('secret_rotated');
  const narrowed = narrowRotation(trigger);
  const told = { kind: 'event', id: 'e1', type: 'secret_rotated' };
  expect(reportTrigger(trigger, narrowed, ['edge-logs'])).toEqual({ ...told, bindings: ['edge-logs'] });
  expect(reportTrigger(trigger, narrowed, [])).toEqual({
    ...told,
    ignored: 'it names no secret of a binding',
  });
});
