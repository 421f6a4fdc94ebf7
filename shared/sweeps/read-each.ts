import pLimit from 'p-limit';

/** Documents of the ledger that are read at once. */
const PARALLEL_READS = 8;

/** Reads something of the ledger for each of these, a few at once. @returns in their order */
export function readEach<T, R>(these: readonly T[], read: (one: T) => Promise<R>): Promise<readonly R[]> {
  const limit = pLimit(PARALLEL_READS);
  return Promise.all(these.map((one) => limit(() => read(one))));
}
