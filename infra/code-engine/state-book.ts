import type { Entry } from './resource.ts';
import { type State, withEntry, withoutEntry } from './state.ts';
import type { StateStore } from './state-store.ts';

/** The state while it changes: an intent goes out before what it is about, everything else with the next write. */
export class Book {
  readonly #store: StateStore;
  #state: State;
  #dirty = false;

  constructor(store: StateStore, state: State) {
    this.#store = store;
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  /** Says what is about to be made, and waits until that is written. */
  async intend(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    for (const entry of entries) this.note(entry);
    await this.flush();
  }

  note(entry: Entry): void {
    this.#state = withEntry(this.#state, entry);
    this.#dirty = true;
  }

  drop(entry: Pick<Entry, 'kind' | 'key'>): void {
    this.#state = withoutEntry(this.#state, entry);
    this.#dirty = true;
  }

  async flush(): Promise<void> {
    if (this.#dirty) this.#state = await this.#store.write(this.#state);
    this.#dirty = false;
  }

  /** Says that this deployment is the one at work. */
  async claim(): Promise<void> {
    this.#state = await this.#store.write(this.#state);
    this.#dirty = false;
  }
}
