/** What a look at a fleet took of a process. */
export interface Taken {
  readonly jobs: number;
  /** Of all its threads. */
  readonly cpuMs: number;
}

/** What was alive in a process, in bytes of the heap after collection. */
export interface Alive {
  /** Right before an observation was written, of the instance where it was most: what V8 still holds of the one before differs. */
  readonly mostBytes: number;
  /** When a look had ended and its report was there, of two looks the higher. */
  readonly endBytes: number;
}

/** @param look - returns how many jobs it saw */
export async function takenBy(look: () => Promise<number>): Promise<Taken> {
  const from = process.cpuUsage();
  const jobs = await look();
  const { user, system } = process.cpuUsage(from);
  return { jobs, cpuMs: (user + system) / 1_000 };
}
