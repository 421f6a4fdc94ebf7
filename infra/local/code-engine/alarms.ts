/** What is still to come, in the order of its time; what is due at one instant comes in the order it was set. */
export class Alarms {
  #waiting: { readonly at: number; readonly ring: (at: number) => void }[] = [];
  readonly #onSet: () => void;

  /** @param onSet - told when there is a new one: it may be the next */
  constructor(onSet: () => void) {
    this.#onSet = onSet;
  }

  /** @returns takes it back */
  set(at: number, ring: (at: number) => void): () => void {
    const alarm = { at, ring };
    const later = this.#waiting.findIndex((other) => other.at > at);
    this.#waiting.splice(later === -1 ? this.#waiting.length : later, 0, alarm);
    this.#onSet();
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== alarm);
    };
  }

  /** Infinity when nothing is to come. */
  nextAt(): number {
    return this.#waiting[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  ringNext(): void {
    const alarm = this.#waiting.shift();
    alarm?.ring(alarm.at);
  }
}
