import { minutes } from '../../../shared/domain/time.ts';

/** The account of one job: what became of each stretch of its time. */
export class Tally {
  /** The key of the last delivery. */
  lastKey: string | undefined;
  #settledUntil = 0;
  #deliveries = 0;
  #deliveredMs = 0;
  #lostMs = 0;
  #byPreviousKey = 0;
  readonly #stretches: { readonly from: number; until: number }[] = [];

  /** Closes the time up to `at`. @returns from when on that stretch has to be accounted for */
  advance(at: number, wantedAt: number): number {
    const from = Math.max(this.#settledUntil, wantedAt);
    this.#settledUntil = at;
    return from;
  }

  lost(from: number, until: number): void {
    this.#lostMs += until - from;
    const last = this.#stretches.at(-1);
    if (until <= from) return;
    if (last?.until === from) last.until = until;
    else this.#stretches.push({ from, until });
  }

  /** What was lost between two instants, in milliseconds. */
  lostBetween(from: number, until: number): number {
    return this.#stretches.reduce(
      (sum, lost) => sum + Math.max(0, Math.min(lost.until, until) - Math.max(lost.from, from)),
      0,
    );
  }

  delivered(from: number, until: number, key: string | undefined, isPreviousKey: boolean): void {
    this.#deliveries += 1;
    this.#deliveredMs += until - from;
    if (isPreviousKey) this.#byPreviousKey += 1;
    this.lastKey = key;
  }

  truth() {
    return {
      deliveries: this.#deliveries,
      deliveredMinutes: Math.floor(this.#deliveredMs / minutes(1)),
      // Rounded up: a loss of seconds must not look like none.
      lostMinutes: Math.ceil(this.#lostMs / minutes(1)),
      byPreviousKey: this.#byPreviousKey,
    };
  }
}
