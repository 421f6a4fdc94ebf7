import { expect, test } from 'vitest';
import { planOf, type Situation } from '../../../infra/code-engine/plan.ts';
import { renderChanges } from '../../../infra/code-engine/render.ts';
import {
  type Entry,
  type Fields,
  KINDS,
  LATER,
  type Live,
  REMOVAL_ORDER,
  type Wanted,
} from '../../../infra/code-engine/resource.ts';
import { parseState, serializeState } from '../../../infra/code-engine/state.ts';
import { Secret } from '../../../shared/domain/secret.ts';

const aWanted = (fields: Fields, more: Partial<Wanted> = {}): Wanted => ({
  kind: 'job',
  key: 'check',
  name: 'check',
  account: 'edge',
  fields,
  ...more,
});
const anEntry = (more: Partial<Entry> = {}): Entry => ({
  kind: 'job',
  key: 'check',
  name: 'check',
  account: 'edge',
  id: 'id-1',
  ...more,
});
const aLive = (fields: Fields, more: Partial<Live> = {}): Live => ({ id: 'id-1', fields, ...more });

const plan = (wanted: Wanted | undefined, entry: Entry | undefined, live: Live | undefined) => {
  const one = wanted ?? entry;
  const situation: Situation = {
    wanted: wanted === undefined ? [] : [wanted],
    entries: entry === undefined ? [] : [entry],
    live: new Map(live === undefined || one === undefined ? [] : [[`${one.kind} ${one.key}`, live]]),
  };
  const { changes, strangers, refused } = planOf(situation);
  return {
    changes: changes.map(({ action }) => action),
    strangers: strangers.length,
    refused: refused.length,
  };
};

const nothing = { changes: [], strangers: 0, refused: 0 };

test.each<
  readonly [string, Wanted | undefined, Entry | undefined, Live | undefined, Partial<typeof nothing>]
>([
  ['what is not there is made', aWanted({ a: 1 }), undefined, undefined, { changes: ['create'] as never }],
  ['what is as it is wanted is left alone', aWanted({ a: 1 }), anEntry(), aLive({ a: 1 }), {}],
  [
    'what differs is changed',
    aWanted({ a: 1 }),
    anEntry(),
    aLive({ a: 2 }),
    { changes: ['update'] as never },
  ],
  ['what somebody else has made is refused', aWanted({ a: 1 }), undefined, aLive({ a: 1 }), { strangers: 1 }],
  [
    'another one of the same name is refused',
    aWanted({ a: 1 }),
    anEntry(),
    aLive({ a: 1 }, { id: 'id-2' }),
    { strangers: 1 },
  ],
  ['what was about to be made is ours', aWanted({ a: 1 }), openEntry(), aLive({ a: 1 }), {}],
  [
    'but not without our mark',
    aWanted({ a: 1 }),
    openEntry(),
    aLive({ a: 1 }, { marked: false }),
    { strangers: 1 },
  ],
  ['what left the manifest goes', undefined, anEntry(), aLive({ a: 1 }), { changes: ['delete'] as never }],
  ['what is gone already is forgotten', undefined, anEntry(), undefined, { changes: ['forget'] as never }],
  [
    'another one in its place stays',
    undefined,
    anEntry(),
    aLive({ a: 1 }, { id: 'id-2' }),
    { changes: ['forget'] as never },
  ],
  [
    'what IBM Cloud refuses is not asked for again',
    aWanted({ a: 1 }),
    anEntry({ refused: 400 }),
    undefined,
    { refused: 1 },
  ],
  [
    'an authorization that anybody has made does as well',
    aWanted({ a: 1 }, { kind: 'authorization' }),
    undefined,
    aLive({ a: 2 }),
    {},
  ],
  [
    'a subscription cannot be moved to another bucket',
    aWanted({ bucket: 'b' }, { kind: 'ring' }),
    anEntry({ kind: 'ring' }),
    aLive({ bucket: 'a' }),
    { changes: ['replace'] as never },
  ],
])('%s', (_, wanted, entry, live, expected) => {
  expect(plan(wanted, entry, live)).toEqual({ ...nothing, ...expected });
});

/** It is in the state without an id. */
function openEntry(): Entry {
  const { id: _, ...entry } = anEntry();
  return entry;
}

test('every kind has its place among what goes', () => {
  expect(REMOVAL_ORDER.toSorted()).toEqual(KINDS.toSorted());
});

test('a plan shows no value that may be a secret', () => {
  const wanted = aWanted({
    'env.TOKEN': { type: 'literal', value: 'TRACER-1' },
    'data.KEY': new Secret('TRACER-2'),
    code_reference: 'TRACER-3',
    retries: 1,
  });
  const live = aLive({
    'env.TOKEN': { type: 'literal', value: 'TRACER-4' },
    'data.KEY': new Secret('TRACER-5'),
    'data.OTHER': new Secret('TRACER-6'),
    code_reference: LATER,
    retries: 3,
  });
  const { changes } = planOf({
    wanted: [wanted],
    entries: [anEntry()],
    live: new Map([['job check', live]]),
  });
  expect(renderChanges(changes)).toMatchInlineSnapshot(`
    "    ~ job check
            code_reference: (known after apply) → (not shown)
            data.KEY changes
            data.OTHER: (not shown) → taken away
            env.TOKEN changes
            retries: 3 → 1

    Plan: 0 to create, 1 to update, 0 to delete.
    "
  `);
  expect(JSON.stringify(changes.map((change) => ('fields' in change ? change.fields : [])))).not.toContain(
    'TRACER',
  );
});

test('a state is read as it was written, and nothing else is', () => {
  const state = {
    revision: 3,
    writer: 'abc',
    tool: 'logpush-keeper 0.1.0',
    project: { id: 'p', made: true },
    resources: [anEntry(), openEntry(), anEntry({ kind: 'alert-policy', refused: 400, within: 'crn' })],
  };
  const text = serializeState(state);
  expect(parseState(text)).toEqual(state);
  expect(parseState(text.replace('"schema": 1', '"schema": 2'))).toBeUndefined();
  expect(parseState('no JSON')).toBeUndefined();
});
