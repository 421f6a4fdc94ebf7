/** What was asked before in a run is not asked again, however many ask for it; those that ask at once share one answer. */
export class Once<T> {
  readonly #known = new Map<string, Promise<T>>();

  get(key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#known.get(key) ?? make();
    this.#known.set(key, made);
    return made;
  }
}
