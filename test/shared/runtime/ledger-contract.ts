import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LedgerStore } from '../../../shared/ports.ts';

/** What every ledger store does, whatever it is made of. */
export function ledgerContract(kind: string, createStore: () => LedgerStore | Promise<LedgerStore>): void {
  test(`${kind}: an absent document reads as undefined`, async () => {
    const store = await createStore();

    expect(await store.read('rotations/a.json')).toBeUndefined();
  });

  test(`${kind}: reads back what was written, to the last character`, async () => {
    const store = await createStore();
    const body = '{"note":"Grüße, 世界 🚀","line":"a\\nb"}\n';

    const tag = await store.write('rotations/a.json', body, undefined);

    expect(await store.read('rotations/a.json')).toEqual({ body, tag });
  });

  test(`${kind}: writes again with the tag of the last write, and the tag changes with the content`, async () => {
    const store = await createStore();
    const first = await store.write('a.json', '1', undefined);

    const second = await store.write('a.json', '2', first);

    expect(second).not.toBe(first);
    expect(await store.read('a.json')).toEqual({ body: '2', tag: second });
  });

  test(`${kind}: refuses a write that expects the document to be absent when it is there`, async () => {
    const store = await createStore();
    await store.write('a.json', '1', undefined);

    await expect(store.write('a.json', '2', undefined)).rejects.toMatchObject({
      name: 'LedgerConflictError',
    });
    expect((await store.read('a.json'))?.body).toBe('1');
  });

  test(`${kind}: refuses a write with the tag of an older content`, async () => {
    const store = await createStore();
    const first = await store.write('a.json', '1', undefined);
    await store.write('a.json', '2', first);

    await expect(store.write('a.json', '3', first)).rejects.toMatchObject({ name: 'LedgerConflictError' });
    expect((await store.read('a.json'))?.body).toBe('2');
  });

  test(`${kind}: refuses a write that names a tag when the document is absent`, async () => {
    const store = await createStore();

    await expect(store.write('a.json', '1', 'gone')).rejects.toMatchObject({ name: 'LedgerConflictError' });
    expect(await store.read('a.json')).toBeUndefined();
  });

  test.each(['create', 'replace'])(
    `${kind}: of twenty that %s a document at once, exactly one wins`,
    async (what) => {
      const store = await createStore();
      const tag = what === 'create' ? undefined : await store.write('a.json', 'before', undefined);
      const bodies = Array.from({ length: 20 }, (_, n) => `writer ${n}`);

      const results = await Promise.allSettled(bodies.map((body) => store.write('a.json', body, tag)));

      const winners = bodies.filter((_, n) => results[n]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect((await store.read('a.json'))?.body).toBe(winners[0]);
      for (const result of results)
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ name: 'LedgerConflictError' });
    },
  );

  test(`${kind}: lists the keys that begin with a prefix, sorted`, async () => {
    const store = await createStore();
    for (const key of [
      'rotations/b.json',
      'observations/x.json',
      'rotations/a.json',
      'rotations-2/c.json',
      'rotations/deep/d.json',
    ]) {
      await store.write(key, '{}', undefined);
    }

    expect(await store.list('rotations/')).toEqual([
      'rotations/a.json',
      'rotations/b.json',
      'rotations/deep/d.json',
    ]);
    expect(await store.list('rotations/b')).toEqual(['rotations/b.json']);
    expect(await store.list('nothing/')).toEqual([]);
    expect(await store.list('')).toHaveLength(5);
    expect((await store.list('rotations')).at(0)).toBe('rotations-2/c.json');
  });

  test.each([
    '',
    '/',
    '/etc/passwd',
    '../a',
    'a/../b',
    'a//b',
    'a/',
    '.hidden',
    'a/.lock',
    'a\\b',
    'a b',
    'ä',
    'a\0b',
  ])(`${kind}: refuses %j as a key`, async (key) => {
    const store = await createStore();

    await expect(store.read(key)).rejects.toBeInstanceOf(TypeError);
    await expect(store.write(key, '{}', undefined)).rejects.toBeInstanceOf(TypeError);
  });

  test(`${kind}: refuses a prefix that no key begins with`, async () => {
    const store = await createStore();

    for (const prefix of ['../', '.', 'a//', '/'])
      await expect(store.list(prefix)).rejects.toBeInstanceOf(TypeError);
  });

  test(`${kind}: behaves like a map with compare-and-set, whatever the order of calls`, async () => {
    const command = fc.record({
      key: fc.constantFrom('a.json', 'rotations/a.json', 'rotations/b.json'),
      body: fc.string(),
      stale: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 12 }), async (commands) => {
        const store = await createStore();
        const model = new Map<string, { readonly body: string; readonly tag: string }>();
        for (const { key, body, stale } of commands) {
          const tag = stale ? 'some-other-tag' : model.get(key)?.tag;
          const written = store.write(key, body, tag);
          if (stale) await expect(written).rejects.toThrow();
          else model.set(key, { body: wellFormed(body), tag: await written });
        }
        for (const [key, document] of model) expect(await store.read(key)).toEqual(document);
        expect(await store.list('')).toEqual([...model.keys()].toSorted());
      }),
      { numRuns: 20 },
    );
  });
}

const wellFormed = (text: string): string => text.toWellFormed();
