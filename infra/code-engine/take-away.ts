import type { Handlers } from './deployment.ts';
import type { Change } from './plan.ts';
import { type Entry, REMOVAL_ORDER } from './resource.ts';
import type { Book } from './state-book.ts';

/** Told of each change when it is done. */
export type Tell = (done: string, change?: Change) => void;

type Leaving = Extract<Change, { readonly entry: Entry }>;

/** Deletes what is to go, kind after kind: the next kind begins when nothing of the one before is there any more. */
export async function takeAway(
  { handlers, book, tell }: { readonly handlers: Handlers; readonly book: Book; readonly tell: Tell },
  changes: readonly Change[],
): Promise<void> {
  const leaving = changes.filter((change): change is Leaving => 'entry' in change);
  for (const kind of REMOVAL_ORDER) {
    const handler = handlers[kind];
    const here = leaving.filter(({ entry }) => entry.kind === kind);
    const deleted: Leaving[] = [];
    for (const change of here) {
      if (change.action === 'delete') {
        await handler?.remove(change.entry, change.live);
        deleted.push(change);
      } else book.drop(change.entry);
      tell('', change);
    }
    if (deleted.length > 0) await handler?.gone?.(deleted.map(({ entry }) => entry));
    for (const { entry } of deleted) book.drop(entry);
    await book.flush();
  }
}
