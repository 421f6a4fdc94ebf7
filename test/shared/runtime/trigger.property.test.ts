import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvent } from '../../../shared/runtime/trigger.ts';

const names = fc.constantFrom(
  'id',
  'type',
  'data',
  'event_type',
  'event_sub_type',
  'secrets',
  'secret_id',
  '__proto__',
);
/** JSON that has the right names in wrong places more often than chance would. */
const { value } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.string(),
    fc.constantFrom('secret_rotated', 'test_event', 'com.ibm.cloud.secrets-manager.secret_rotated'),
    fc.uuid(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  ),
  value: fc.oneof(
    { depthSize: 'medium' },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(names, tie('value'), { maxKeys: 5 }),
  ),
}));

test('whatever comes in place of an event, it is read or told to be unreadable, and only harmless words come out', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        value.map((json) => JSON.stringify(json)),
      ),
      (text) => {
        const parsed = parseEvent(text);
        if ('unreadable' in parsed) return;
        const { id = 'x', type, subType = 'x', secretIds } = parsed.event;
        expect(id).toMatch(/^[\w-]{1,39}$/);
        for (const word of [type, subType]) expect(word).toMatch(/^[a-z][a-z0-9_]{0,59}$/);
        for (const secretId of secretIds) expect(secretId).toMatch(/^[0-9a-f-]{36}$/);
      },
    ),
    { numRuns: 500 },
  );
});
