/** What a look at a fleet took of a process. */
export interface Taken {
  readonly jobs: number;
  /** Of all its threads. */
  readonly cpuMs: number;
  /** The most that was alive, after collection; 0 where it was not asked for. */
  readonly heapBytes: number;
}

/** @param look - returns how many jobs it saw */
export async function takenBy(look: () => Promise<number>, heapBytes = () => 0): Promise<Taken> {
  const from = process.cpuUsage();
  const jobs = await look();
  const { user, system } = process.cpuUsage(from);
  return { jobs, cpuMs: (user + system) / 1_000, heapBytes: heapBytes() };
}
