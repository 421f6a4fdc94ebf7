import { seconds } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Alarms } from './alarms.ts';
import { arrayIndices } from './array-spec.ts';
import { type ContainerParts, containerOf } from './container.ts';
import { MissingReference } from './environment.ts';
import type { Images } from './images.ts';
import { type IndexState, isOver, type JobRun, type Origin } from './job-run.ts';
import type { EnvVariable, JobSpec, Project } from './model.ts';
import { retentionMs } from './retention.ts';
import type { Workloads } from './workloads.ts';

/** Characters of a job run, or of a job, as JSON. */
export const LARGEST_DEFINITION = 10 * 1024;

export interface NewRun {
  readonly project: Project;
  /** Made up from the job's, when absent. */
  readonly name?: string | undefined;
  readonly jobName?: string | undefined;
  readonly spec: JobSpec;
  /** Variables of this run, which win over those of its job. */
  readonly variables?: readonly EnvVariable[];
  readonly arraySize?: number | undefined;
  readonly origin: Origin;
  /** `CE_*` of the event that starts it. */
  readonly event?: Readonly<Record<string, string>>;
}

interface Parts extends ContainerParts {
  readonly images: Images;
  readonly due: Alarms;
  readonly deadlines: Alarms;
  readonly onEnd: () => void;
}

/** Job runs of all projects: what waits, what runs, and what is kept of those that have ended. */
export class JobRuns {
  /** Who executes containers; without anybody a run waits for ever. */
  workloads: Workloads | undefined;
  /** How many runs have a container that runs. */
  executing = 0;
  readonly #host: Host;
  readonly #parts: Parts;
  readonly #random: SeededRandom;
  readonly #all: JobRun[] = [];
  #kept: readonly JobRun[] = [];
  readonly #stops = new Map<JobRun, AbortController>();
  #broken: { readonly error: unknown } | undefined;

  constructor(host: Host, parts: Parts) {
    this.#host = host;
    this.#parts = parts;
    this.#random = host.random.fork('code engine job runs');
  }

  /** Every run there ever was, those that are no longer kept included: the truth. */
  get all(): readonly JobRun[] {
    return this.#all;
  }

  /** Those that Code Engine still keeps. */
  list(projectId: string): readonly JobRun[] {
    this.#kept = this.#kept.filter(({ goneAt }) => goneAt > this.#host.now());
    return this.#kept.filter(({ project }) => project.id === projectId);
  }

  get(projectId: string, name: string): JobRun | undefined {
    return this.list(projectId).find((run) => run.name === name);
  }

  /** @returns why there is no run, in a word */
  start(wanted: NewRun): JobRun | 'quota' | 'size' {
    const { project, jobName, spec, variables = [], origin, event = {}, arraySize } = wanted;
    if (this.list(project.id).length >= this.#host.settings.codeEngine.jobRunQuota) return 'quota';
    if (JSON.stringify({ ...spec, variables, event }).length > LARGEST_DEFINITION) return 'size';
    const run: JobRun = {
      id: this.#random.uuid(),
      project,
      name: wanted.name ?? `${(jobName ?? 'run').slice(0, 53 - 14)}-jobrun-${this.#random.hex(5)}`,
      jobName,
      origin,
      spec,
      variables,
      event,
      arraySize,
      createdAt: this.#host.now(),
      entityTag: this.#random.hex(16),
      indices: new Map((arrayIndices(spec.scale_array_spec) ?? []).map((index) => [index, waiting()])),
      goneAt: Number.POSITIVE_INFINITY,
    };
    this.#all.push(run);
    this.#kept = [...this.#kept, run];
    const startsAt = run.createdAt + seconds(this.#host.settings.codeEngine.startDelaySeconds);
    this.#parts.due.set(startsAt, () => this.#begin(run));
    return run;
  }

  /** A run, or its job, is deleted: what runs is stopped at once, what is shown is gone a little later. */
  remove(run: JobRun, goneAt: number): void {
    run.goneAt = Math.min(run.goneAt, goneAt);
    this.#stops.get(run)?.abort('Deleted');
  }

  /** Runs go with their job. */
  removeOfJob(projectId: string, jobName: string, goneAt: number): void {
    for (const run of this.list(projectId)) if (run.jobName === jobName) this.remove(run, goneAt);
  }

  /** @throws what the workloads have thrown: they are broken, not the job */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #begin(run: JobRun): void {
    if (this.workloads === undefined || run.goneAt < Number.POSITIVE_INFINITY) return;
    this.executing += 1;
    this.#execute(run, this.workloads)
      .catch((error: unknown) => {
        this.#broken ??= { error };
      })
      .finally(() => {
        this.executing -= 1;
        this.#parts.onEnd();
      });
  }

  async #execute(run: JobRun, workloads: Workloads): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(run, stop);
    run.startedAt = this.#host.now();
    const endsAt = run.startedAt + seconds(run.spec.scale_max_execution_time);
    const inTime = this.#parts.deadlines.set(endsAt, () => stop.abort('MaxExecutionTimeExceeded'));
    const tries = [...run.indices].map(([index, state]) =>
      this.#runIndex(run, index, state, workloads, stop.signal),
    );
    await Promise.all(tries).finally(inTime);
    this.#stops.delete(run);
    run.completedAt = this.#host.now();
    const keptMs = retentionMs(run.origin, [...run.spec.run_env_variables, ...run.variables]);
    run.goneAt = Math.min(run.goneAt, run.completedAt + keptMs);
  }

  /** Tries until one succeeds, there are no more retries, or the time of the run is over. */
  async #runIndex(
    run: JobRun,
    index: number,
    state: IndexState,
    workloads: Workloads,
    stop: AbortSignal,
  ): Promise<void> {
    state.status = 'running';
    state.startedAt = this.#host.now();
    while (!isOver(state)) {
      const failure = await this.#try(run, index, state.retries, workloads, stop);
      if (failure === undefined) state.status = 'succeeded';
      else {
        state.lastFailureReason = failure.reason;
        if (failure.final || state.retries >= run.spec.scale_retry_limit) state.status = 'failed';
        else state.retries += 1;
      }
    }
    state.finishedAt = this.#host.now();
  }

  /** One container. @returns why it failed, and whether another one would fail the same way */
  async #try(
    run: JobRun,
    index: number,
    retry: number,
    workloads: Workloads,
    stop: AbortSignal,
  ): Promise<{ readonly reason: string; readonly final: boolean } | undefined> {
    const { run_commands, run_arguments, image_reference, image_secret } = run.spec;
    const image = this.#parts.images.find(image_reference, [...run_commands, ...run_arguments]);
    const lacksSecret =
      image_secret !== undefined && this.#parts.dataOf(run.project)('secret', image_secret) === undefined;
    if (image === 'no-image' || lacksSecret) return { reason: 'ImagePullFailed', final: true };
    if (image === 'no-command') return { reason: 'ExecutableNotFound', final: false };
    let container: ReturnType<typeof containerOf>;
    try {
      container = containerOf(run, index, retry, this.#parts, this.#host.now());
    } catch (error) {
      if (!(error instanceof MissingReference)) throw error;
      return { reason: 'CreateContainerConfigError', final: true };
    }
    const stopped = new Promise<'stopped'>((resolve) => {
      stop.addEventListener('abort', () => resolve('stopped'), { once: true });
    });
    const exit = await Promise.race([workloads.runJob(container, stop), stopped]);
    if (exit === 'stopped') return { reason: String(stop.reason), final: true };
    return exit === 0 ? undefined : { reason: `ContainerExitedCode${exit}`, final: false };
  }
}

const waiting = (): IndexState => ({ status: 'pending', retries: 0 });
