import { seconds } from '../../../shared/domain/time.ts';
import type { Clock } from '../../../shared/ports.ts';
import type { Settings } from '../settings.ts';
import { MissingReference } from './environment.ts';
import type { CallOutcome, FunctionCode, FunctionInstance, StartInstance } from './function-instance.ts';

/** A function as the host runs it. */
export interface HostedFunction extends Omit<FunctionCode, 'env'> {
  /** Another one after each update of the function: its instances are then new ones. */
  readonly revision: unknown;
  /** Resolved when an instance starts: one that is warm keeps what it was started with. */
  readonly env: () => Readonly<Record<string, string>>;
  /** Path → content, kept fresh while an instance lives: the token that says which function it is. */
  readonly files: () => Readonly<Record<string, string>>;
  /** `scale_concurrency`: requests at once in one instance. */
  readonly concurrency: number;
  /** `scale_down_delay`, in seconds: how long an idle instance is kept. */
  readonly scaleDownDelay: number;
  /** `scale_max_execution_time`, in seconds. */
  readonly maxExecutionTime: number;
}

interface Pooled {
  readonly instance: FunctionInstance;
  readonly revision: unknown;
  active: number;
  idleSince: number;
}

/** Instances that may be active in a project; only those of one function are counted here. */
const MAX_INSTANCES = 250;

export interface PoolHost {
  readonly clock: Clock;
  readonly settings: Settings['functions'];
  readonly start: StartInstance;
  /** What functions write to their outputs. */
  log(text: string): void;
}

const NO_ENVIRONMENT = { kind: 'unloadable', message: 'its environment names what is not there' } as const;

function resolved(env: HostedFunction['env']): ReturnType<HostedFunction['env']> | undefined {
  try {
    return env();
  } catch (error) {
    if (error instanceof MissingReference) return undefined;
    throw error;
  }
}

/** The instances of one function. */
export class FunctionPool {
  readonly #host: PoolHost;
  readonly #instances = new Set<Pooled>();

  constructor(host: PoolHost) {
    this.#host = host;
  }

  /** Instances that are there. */
  get size(): number {
    return this.#instances.size;
  }

  /**
   * Calls the function in an instance that has room, or in a new one. When its time is over the instance is ended at once.
   *
   * @returns undefined where no instance may be added
   */
  async call(
    fn: HostedFunction,
    args: string,
  ): Promise<
    { readonly outcome: CallOutcome | { readonly kind: 'late' }; readonly warm: boolean } | undefined
  > {
    this.#endStale(fn);
    const free = this.#host.settings.instances === 'always-cold' ? undefined : this.#free(fn);
    if (free === undefined && this.#instances.size >= MAX_INSTANCES) return undefined;
    const pooled = free ?? this.#start(fn);
    if (pooled === undefined) return { outcome: NO_ENVIRONMENT, warm: false };
    pooled.active += 1;
    const outcome = await Promise.race([
      pooled.instance.call(args, fn.files(), this.#host.clock.now()),
      this.#host.clock.sleep(seconds(fn.maxExecutionTime)).then(() => ({ kind: 'late' }) as const),
    ]);
    pooled.active -= 1;
    this.#leave(fn, pooled, outcome);
    return { outcome, warm: free !== undefined };
  }

  /** Ends every instance. */
  close(): void {
    for (const pooled of this.#instances) this.#end(pooled);
  }

  /** @returns undefined where a secret or config map that it names is not there */
  #start({ source, main, revision, env }: HostedFunction): Pooled | undefined {
    const environment = resolved(env);
    if (environment === undefined) return undefined;
    const code = { source, main, env: environment };
    const instance = this.#host.start(code, (text) => this.#host.log(text));
    const pooled = { instance, revision, active: 0, idleSince: this.#host.clock.now() };
    this.#instances.add(pooled);
    return pooled;
  }

  #free({ revision, concurrency }: HostedFunction): Pooled | undefined {
    return [...this.#instances].find((one) => one.revision === revision && one.active < concurrency);
  }

  /** What is left of earlier revisions, once it has answered, and what was idle for too long. */
  #endStale({ revision, scaleDownDelay }: HostedFunction): void {
    const keepSince = this.#host.clock.now() - seconds(scaleDownDelay);
    const stays = this.#host.settings.instances === 'always-warm';
    for (const pooled of this.#instances) {
      const isOld = pooled.revision !== revision || (pooled.idleSince < keepSince && !stays);
      if (pooled.active === 0 && isOld) this.#end(pooled);
    }
  }

  #leave(fn: HostedFunction, pooled: Pooled, outcome: CallOutcome | { readonly kind: 'late' }): void {
    const isOver =
      outcome.kind === 'late' ||
      outcome.kind === 'unloadable' ||
      (outcome.kind === 'thrown' && outcome.stopped) ||
      this.#host.settings.instances === 'always-cold';
    if (isOver) return this.#end(pooled);
    pooled.idleSince = this.#host.clock.now();
    if (this.#host.settings.instances === 'always-warm') return;
    void this.#host.clock.sleep(seconds(fn.scaleDownDelay) + 1).then(() => {
      const idleMs = this.#host.clock.now() - pooled.idleSince;
      if (pooled.active === 0 && idleMs > seconds(fn.scaleDownDelay)) this.#end(pooled);
    });
  }

  #end(pooled: Pooled): void {
    this.#instances.delete(pooled);
    pooled.instance.kill();
  }
}
