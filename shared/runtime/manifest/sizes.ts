import { oneOf } from '../config/leaves.ts';

/**
 * The pairs of CPU and memory that Code Engine has, in vCPU and gigabytes.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-mem-cpu-combo
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-runtime
 */
const PAIRS = {
  function: [
    [0.25, [1]],
    [0.5, [2]],
    [1, [4]],
  ],
  job: [
    [0.125, [0.25, 0.5, 1]],
    [0.25, [0.5, 1, 2]],
    [0.5, [1, 2, 4]],
    [1, [2, 4, 8]],
    [2, [4, 8, 16]],
    [4, [8, 16, 32]],
    [6, [12, 24, 48]],
    [8, [16, 32]],
    [10, [20, 40]],
    [12, [24, 48]],
  ],
} as const satisfies Record<string, readonly (readonly [number, readonly number[]])[]>;

type Kind = keyof typeof PAIRS;

/** @param memory - `1G` or `500M` */
export function gigabytes(memory: string): number {
  const amount = Number(memory.slice(0, -1));
  return memory.endsWith('M') ? amount / 1000 : amount;
}

/** @returns which of the two is wrong, and what to write instead; undefined when there is such a pair */
export function whyNoPair(
  kind: Kind,
  cpu: number,
  memory: string,
): { readonly key: 'cpu' | 'memory'; readonly fix: string } | undefined {
  const pairs: readonly (readonly [number, readonly number[]])[] = PAIRS[kind];
  const ofCpu = pairs.find(([known]) => known === cpu)?.[1];
  if (ofCpu === undefined)
    return { key: 'cpu', fix: `write ${oneOf(pairs.map(([known]) => String(known)))}` };
  if (ofCpu.includes(gigabytes(memory))) return undefined;
  return { key: 'memory', fix: `write ${oneOf(ofCpu.map((known) => `${known}G`))} for a cpu of ${cpu}` };
}
