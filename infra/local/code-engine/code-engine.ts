import type { Clock } from '../../../shared/ports.ts';
import type { CosForCodeEngine, Host, IamForCodeEngine } from '../host.ts';
import { Alarms } from './alarms.ts';
import { Components } from './components.ts';
import { Deployments } from './deployments.ts';
import type { FindData } from './environment.ts';
import { EventSources } from './event-sources.ts';
import { Images } from './images.ts';
import { statusOf } from './job-run.ts';
import { JobRuns } from './job-runs.ts';
import type { Component, ConfigMapSpec, FunctionSpec, JobSpec, Project, SecretSpec } from './model.ts';
import { Projects } from './projects.ts';

/** How often a run under way is looked after where the clock may be moved by hand. */
const GLANCE_MS = 50;

/** What Code Engine needs from its world. */
export type CodeEngineHost = Host & {
  readonly clock: Clock & { advance(ms: number): void };
  catchUp(): void;
};

/** Code Engine: projects, what is in them, and what runs there. @see https://cloud.ibm.com/docs/codeengine */
export class CodeEngine {
  readonly projects: Projects;
  readonly configMaps: Components<ConfigMapSpec>;
  readonly secrets: Components<SecretSpec>;
  readonly jobs: Components<JobSpec>;
  readonly functions: Components<FunctionSpec>;
  readonly runs: JobRuns;
  readonly events: EventSources;
  readonly images = new Images();
  /** What of each function is deployed. */
  readonly deployments: Deployments;
  /** Where functions are reached here: `<base>/<project>/<name>`; IBM's own host names when absent. */
  functionBase: string | undefined;
  readonly #host: CodeEngineHost;
  readonly #due = new Alarms(() => this.#wake());
  readonly #deadlines = new Alarms(() => this.#wake());
  readonly #waiters: (() => void)[] = [];

  constructor(host: CodeEngineHost, iam: IamForCodeEngine, cos: CosForCodeEngine) {
    this.#host = host;
    this.projects = new Projects(host);
    this.configMaps = new Components(host, 'config maps');
    this.secrets = new Components(host, 'secrets');
    this.jobs = new Components(host, 'jobs');
    this.functions = new Components(host, 'functions');
    this.deployments = new Deployments(host, this.images);
    const { projects, jobs, functions, images } = this;
    const dataOf = (project: Project): FindData => this.dataOf(project);
    this.runs = new JobRuns(host, {
      iam,
      images,
      dataOf,
      due: this.#due,
      deadlines: this.#deadlines,
      onEnd: () => this.#wake(),
    });
    this.events = new EventSources(host, {
      iam,
      cos,
      projects,
      jobs,
      functions,
      runs: this.runs,
      due: this.#due,
    });
  }

  get subscriptions(): EventSources['subscriptions'] {
    return this.events.subscriptions;
  }

  /** The public address of a function. */
  endpointOf({ id, subdomain, region }: Project, { name }: Component<FunctionSpec>): string {
    return this.functionBase === undefined
      ? `https://${name}.${subdomain}.${region}.codeengine.appdomain.cloud`
      : `${this.functionBase}/${id}/${name}`;
  }

  /** A project is deleted, and everything in it stops. */
  removeProject(project: Project, goneAt: number): void {
    this.projects.remove(project, goneAt);
    for (const run of this.runs.list(project.id)) this.runs.remove(run, goneAt);
  }

  /** Every value that a secret ever had, for searches in what must not hold them. */
  secretValues(): readonly string[] {
    return this.secrets.everHeld().flatMap(({ data }) => Object.values(data));
  }

  /** Every run there was, and every event that started none: what Code Engine itself soon forgets. */
  truth() {
    const instant = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
    return {
      runs: this.runs.all.map((run) => ({
        name: run.name,
        job: run.jobName,
        origin: run.origin,
        status: statusOf(run),
        reasons: [...run.indices.values()].flatMap(({ lastFailureReason: reason }) => reason ?? []),
        createdAt: instant(run.createdAt),
        startedAt: instant(run.startedAt),
        completedAt: instant(run.completedAt),
      })),
      lost: this.events.deliveries
        .filter(({ lost }) => lost !== undefined)
        .map(({ at, ...delivery }) => ({ at: instant(at), ...delivery })),
    };
  }

  /** How components of a project find the secrets and config maps that they name. */
  dataOf({ id }: Project): FindData {
    return (kind, name) => (kind === 'secret' ? this.secrets : this.configMaps).get(id, name)?.spec.data;
  }

  /** Everything that is due by now happens, in its order: ticks, events, starts, deadlines. */
  settle(): void {
    this.#host.catchUp();
    const next = (): Alarms => (this.#deadlines.nextAt() < this.#due.nextAt() ? this.#deadlines : this.#due);
    for (let alarms = next(); alarms.nextAt() <= this.#host.now(); alarms = next()) alarms.ringNext();
    this.runs.check();
  }

  /** When something is due next; Infinity when nothing is. */
  nextAt(): number {
    return Math.min(this.#due.nextAt(), this.#deadlines.nextAt());
  }

  /**
   * Lives until an instant: starts what is due, lets runs go on beside each other, and waits for those that are under way
   * then; nothing new starts meanwhile. In virtual time the clock's `run` drives it.
   */
  async live(until: number): Promise<void> {
    const { clock } = this.#host;
    for (;;) {
      const isOver = clock.now() >= until;
      if (clock.now() <= until) this.settle();
      else this.#endOverdue();
      if (isOver && this.runs.executing === 0) return this.runs.check();
      const starts = isOver ? Number.POSITIVE_INFINITY : Math.min(this.#due.nextAt(), until);
      await this.#until(Math.min(starts, this.#deadlines.nextAt()));
    }
  }

  /**
   * Moves the clock to an instant, from one due time to the next, and each time only when nothing runs any more: a day of
   * real processes in the time that they take.
   */
  async fastForward(until: number): Promise<void> {
    const { clock } = this.#host;
    for (;;) {
      this.settle();
      if (this.runs.executing > 0) await this.#until(clock.now() + GLANCE_MS);
      else if (clock.now() >= until) return;
      else clock.advance(Math.max(0, Math.min(this.#due.nextAt(), until) - clock.now()));
    }
  }

  /** Ends runs whose time is over, and starts nothing. */
  #endOverdue(): void {
    while (this.#deadlines.nextAt() <= this.#host.now()) this.#deadlines.ringNext();
  }

  /** Waits for an instant, or until something new is to come or has ended. */
  #until(at: number): Promise<void> {
    const { clock } = this.#host;
    const something = new Promise<void>((resolve) => {
      this.#waiters.push(resolve);
    });
    return at === Number.POSITIVE_INFINITY
      ? something
      : Promise.race([something, clock.sleep(at - clock.now())]);
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
