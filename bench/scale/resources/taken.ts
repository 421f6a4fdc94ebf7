/** What a look at a fleet took of a process. */
export interface Taken {
  readonly jobs: number;
  /** Of all its threads. */
  readonly cpuMs: number;
}

/** What was alive in a process, in bytes of the heap after collection. */
export interface Alive {
  /** At most, while it looked: how much of what it has done with is still held differs from run to run. */
  readonly mostBytes: number;
  /** When it had looked, and held its report. */
  readonly endBytes: number;
}

/** @param look - returns how many jobs it saw */
export async function takenBy(look: () => Promise<number>): Promise<Taken> {
  const from = process.cpuUsage();
  const jobs = await look();
  const { user, system } = process.cpuUsage(from);
  return { jobs, cpuMs: (user + system) / 1_000 };
}
