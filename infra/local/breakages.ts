import { type BreakageKind, HOW } from './breakage-kinds.ts';
import type { World } from './world.ts';

/** What was broken, when, and which jobs it keeps from pushing. */
export interface Breakage {
  readonly kind: BreakageKind;
  readonly at: number;
  /** Ids. */
  readonly jobs: readonly number[];
}

/** Breaks a world on purpose and keeps the account of it: the truth that a diagnosis is held against. */
export class Breakages {
  readonly #world: World;
  readonly #all: (Breakage & { readonly mend: () => void })[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  get all(): readonly Breakage[] {
    return this.#all;
  }

  /** Breaks what a job needs; other jobs may need it too. @throws {Error} for a job that does not exist, or cannot be broken so */
  add(kind: BreakageKind, jobId: number): Breakage {
    const world = this.#world;
    const jobs = [...world.cis.jobs()];
    const job = jobs.find(({ id }) => id === jobId);
    if (job === undefined) throw new Error(`no Logpush job ${jobId}`);
    world.catchUp();
    const { hits, mend } = HOW[kind](world, job);
    const breakage = { kind, at: world.now(), jobs: jobs.filter(hits).map(({ id }) => id), mend };
    this.#all.push(breakage);
    return breakage;
  }

  /** Mends everything; what was broken stays on the account. */
  mendAll(): void {
    this.#world.catchUp();
    for (const { mend } of this.#all.toReversed()) mend();
  }

  /** Mends what was broken last, and leaves the rest as it is. */
  mendLast(): void {
    this.#world.catchUp();
    this.#all.at(-1)?.mend();
  }
}
