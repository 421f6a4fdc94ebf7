import * as z from 'zod';

/** A fault is data: which call it hits, and what happens instead of (or after) the real answer. */
export const Fault = z.strictObject({
  match: z.strictObject({
    service: z.string().optional(),
    operation: z.string().optional(),
    /** Part of the request's path, for example a job id. */
    target: z.string().optional(),
  }),
  /** How many matching calls pass unharmed first. */
  after: z.int().min(0).default(0),
  /** How many calls it hits; null = every one from then on. */
  times: z.int().min(1).nullable().default(1),
  respond: z.discriminatedUnion('kind', [
    /** The connection is refused: the service never saw the call. */
    z.strictObject({ kind: z.literal('refused') }),
    /** The service does it and the answer is lost. */
    z.strictObject({ kind: z.literal('lost-answer') }),
    /** The service never sees it and the caller waits until its own time limit. */
    z.strictObject({ kind: z.literal('timeout') }),
    /** The answer comes late. */
    z.strictObject({ kind: z.literal('slow'), ms: z.int().min(1) }),
    /** Another status, in the service's own error shape; nothing is done. */
    z.strictObject({
      kind: z.literal('status'),
      status: z.int().min(400).max(599),
      retryAfterSeconds: z.int().optional(),
    }),
    /** The service does it and answers with a status that says otherwise. */
    z.strictObject({ kind: z.literal('status-after-effect'), status: z.int().min(500).max(599) }),
    /** A read is answered as the same one was the last time, whatever has changed since; the first is answered as it should be. */
    z.strictObject({ kind: z.literal('stale') }),
    /** A 200 whose body is JSON of the wrong shape. */
    z.strictObject({ kind: z.literal('nonsense') }),
    /** An HTML page from the edge. */
    z.strictObject({ kind: z.literal('html'), status: z.int().default(520) }),
  ]),
});
export type Fault = z.infer<typeof Fault>;
export type FaultResponse = Fault['respond'];

/** The faults that are still to come, in the order they were added; the first that matches a call hits it. */
export class FaultTable {
  #faults: { readonly fault: Fault; seen: number; hits: number }[] = [];
  readonly #answers = new Map<string, Response>();

  add(fault: Fault): void {
    this.#faults.push({ fault, seen: 0, hits: 0 });
  }

  clear(): void {
    this.#faults = [];
    this.#answers.clear();
  }

  /** Keeps the answer of a read for when a stale one is due. @param read - its address */
  remember(read: string, answer: Response): void {
    if (this.#faults.some(({ fault }) => fault.respond.kind === 'stale'))
      this.#answers.set(read, answer.clone());
  }

  /** What a read was answered the last time. */
  remembered(read: string): Response | undefined {
    return this.#answers.get(read)?.clone();
  }

  draw(service: string, operation: string, path: string): FaultResponse | undefined {
    for (const entry of this.#faults) {
      const { match, after, times, respond } = entry.fault;
      if (match.service !== undefined && match.service !== service) continue;
      if (match.operation !== undefined && match.operation !== operation) continue;
      if (match.target !== undefined && !path.includes(match.target)) continue;
      entry.seen += 1;
      if (entry.seen <= after || (times !== null && entry.hits >= times)) continue;
      entry.hits += 1;
      return respond;
    }
    return undefined;
  }
}
