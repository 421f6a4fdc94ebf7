import { seconds } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports.ts';
import type { SeededRandom } from '../random.ts';
import type { Settings } from '../settings.ts';
import { functionArgs } from './function-args.ts';
import type { StartInstance } from './function-instance.ts';
import { FunctionPool, type HostedFunction } from './function-pool.ts';
import { type FunctionAnswer, functionAnswer, MAX_BODY_BYTES, platformAnswer } from './function-result.ts';

/** Largest address and largest headers of a request. Only the statuses are documented. */
const MAX_URI_BYTES = 8_192;
const MAX_HEADER_BYTES = 16_384;

/** Finds a function by its address. */
export interface FunctionDirectory {
  /**
   * @param url - of a request, without its query
   * @returns undefined where no function has that address
   */
  find(url: string): FoundFunction | undefined;
}

export interface FoundFunction {
  /** The same for each request to this function. */
  readonly id: string;
  /** The rest of the path, `/` at the function's root. */
  readonly path: string;
  /** Absent where the code cannot be had: its project has no such function any more, or the bundle is not there. */
  readonly fn?: HostedFunction;
}

type Fields = Readonly<Record<string, string>>;

interface Incoming {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Fields;
  readonly read: () => Promise<Buffer | 'late' | 'too-large'>;
}

interface Answered {
  readonly answer: FunctionAnswer;
  /** By an instance that had been there before. */
  readonly warm: boolean;
}

const refused = (status: number, message: string): Answered => ({
  answer: platformAnswer(status, message),
  warm: false,
});

/** What a host needs of its world. */
export interface FunctionWorld {
  readonly random: SeededRandom;
  readonly settings: Settings;
}

/**
 * Where functions of Code Engine run: takes HTTP requests, calls the code in instances, and answers as the platform
 * does. Nobody is asked who they are: functions have no authentication in front.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-work
 */
export class FunctionHost {
  /** What functions wrote, a write each. Cloud Logs would have it. */
  readonly logs: string[] = [];
  readonly #world: FunctionWorld;
  readonly #directory: FunctionDirectory;
  readonly #clock: Clock;
  readonly #start: StartInstance;
  readonly #random: SeededRandom;
  readonly #pools = new Map<string, FunctionPool>();

  constructor(
    world: FunctionWorld,
    directory: FunctionDirectory,
    /** `clock` measures executions: real time where instances run in threads. */
    options: { readonly clock: Clock; readonly start: StartInstance },
  ) {
    this.#world = world;
    this.#directory = directory;
    this.#clock = options.clock;
    this.#start = options.start;
    this.#random = world.random.fork('function host');
  }

  /** Whether an address is that of a function here. */
  has(url: string): boolean {
    return this.#directory.find(addressOf(url)) !== undefined;
  }

  /** Sends a request to the function whose address it has. */
  fetch(request: Request): Promise<Response> {
    const { method, url, headers } = request;
    const read = () => this.#read(request);
    return this.#handle({ method, url, headers: Object.fromEntries(headers), read });
  }

  /** The same for a request that is here as a whole. */
  send(
    url: string,
    { method, headers, body }: { readonly method: string; readonly headers: Fields; readonly body: string },
  ): Promise<Response> {
    const bytes = Buffer.from(body);
    const read = async () => (bytes.length > MAX_BODY_BYTES ? 'too-large' : bytes);
    return this.#handle({ method, url, headers, read });
  }

  /** Instances of a function that are there. */
  instances(url: string): number {
    return this.#pools.get(this.#directory.find(addressOf(url))?.id ?? '')?.size ?? 0;
  }

  /** Ends all instances. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }

  async #handle(incoming: Incoming): Promise<Response> {
    const requestId = incoming.headers['x-request-id'] ?? this.#random.uuid();
    const { answer, warm } = await this.#answer({
      ...incoming,
      headers: { ...incoming.headers, 'x-request-id': requestId },
    });
    const headers = new Headers();
    for (const [name, value] of answer.headers) headers.append(name, value);
    headers.set('x-request-id', requestId);
    headers.set('x-faas-activation-id', this.#random.uuid());
    headers.set('x-faas-prewarmed', String(warm));
    headers.set('x-faas-result', answer.byCode ? 'success' : 'error');
    if (answer.byCode) headers.set('x-faas-actionstatus', String(answer.status));
    if (answer.message !== undefined) headers.set('x-faas-errormessage', asHeader(answer.message));
    const hasBody = answer.body.length > 0 && ![204, 205, 304].includes(answer.status);
    return new Response(hasBody ? new Uint8Array(answer.body) : null, { status: answer.status, headers });
  }

  async #answer({ method, url, headers, read }: Incoming): Promise<Answered> {
    const settings = this.#world.settings.functions;
    const found = this.#directory.find(addressOf(url));
    if (found === undefined) return refused(404, 'there is no such function');
    if (Buffer.byteLength(url) > MAX_URI_BYTES) return refused(414, 'the URI is too large');
    if (sizeOf(headers) > MAX_HEADER_BYTES) return refused(431, 'the headers are too large');
    const body = await read();
    if (body === 'late') return refused(408, 'the body did not arrive in time');
    if (body === 'too-large') return refused(413, 'the body is larger than 5 MB');
    const query = new URL(url).search.replace(/^\?/, '');
    const outcome = functionArgs({ method, path: found.path, query, headers, body }, settings);
    if (!outcome.ok) return refused(outcome.status, outcome.message);
    if (found.fn === undefined) return refused(424, 'the code cannot be had');
    return this.#call(found.id, found.fn, JSON.stringify(outcome.args));
  }

  async #call(id: string, fn: HostedFunction, args: string): Promise<Answered> {
    const settings = this.#world.settings.functions;
    const called = await this.#pool(id).call(fn, args);
    if (called === undefined) return refused(429, 'no more instances');
    const { outcome, warm } = called;
    switch (outcome.kind) {
      case 'late':
        return { answer: platformAnswer(299, 'the execution took too long'), warm };
      case 'unloadable':
        return { answer: platformAnswer(424, outcome.message), warm };
      case 'not-json':
        return { answer: platformAnswer(422, 'the result cannot be written as JSON'), warm };
      case 'thrown':
        return { answer: platformAnswer(settings.uncaughtError, outcome.message), warm };
      case 'result':
        return { answer: functionAnswer(outcome.json, settings), warm };
    }
  }

  #pool(id: string): FunctionPool {
    let pool = this.#pools.get(id);
    if (pool === undefined) {
      pool = new FunctionPool({
        clock: this.#clock,
        settings: this.#world.settings.functions,
        start: this.#start,
        log: (text) => this.logs.push(text),
      });
      this.#pools.set(id, pool);
    }
    return pool;
  }

  /** Reads the body, no further than the platform takes it, and no longer than it waits. */
  async #read(request: Request): Promise<Buffer | 'late' | 'too-large'> {
    const reader = request.body?.getReader();
    if (reader === undefined) return Buffer.alloc(0);
    const late = this.#clock
      .sleep(seconds(this.#world.settings.functions.readSeconds))
      .then(() => 'late' as const);
    const chunks: Uint8Array[] = [];
    for (let size = 0; ; ) {
      const part = await Promise.race([reader.read(), late]);
      if (part !== 'late' && part.done) return Buffer.concat(chunks);
      if (part !== 'late') {
        size += part.value.length;
        chunks.push(part.value);
      }
      if (part === 'late' || size > MAX_BODY_BYTES) {
        // What is still to come is not waited for.
        reader.cancel().catch(() => {});
        return part === 'late' ? 'late' : 'too-large';
      }
    }
  }
}

const addressOf = (url: string): string => url.replace(/[?#].*$/, '');

const sizeOf = (headers: Fields): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);

/** One line that a header may carry. */
const asHeader = (text: string): string => text.replace(/[^ -~]+/g, ' ').slice(0, 300);
