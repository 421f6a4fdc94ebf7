import type { Binding } from '../domain/binding.ts';
import { type Finding, type FindingCode, finding } from '../domain/finding.ts';
import type { Hold } from '../domain/hold.ts';
import type { SecretVersion } from '../domain/keys.ts';
import { changedDestination } from '../domain/logpush.ts';
import { enabledAgain, type Incident } from '../domain/repair/incident.ts';
import type { ReportedAction } from '../domain/report.ts';
import { versionOf } from '../domain/rotation/versions.ts';
import { ApiError, DeadlineError, SchemaError } from '../errors.ts';
import type { Services } from '../ports.ts';
import { describeError, type SweepContext } from './context.ts';
import type { IncidentBook } from './incident-book.ts';
import { keyStoreOf } from './key-store.ts';
import { withKeyLease } from './key-under-lease.ts';
import type { SeenJob } from './observe.ts';
import { JobHeldError, mayWrite, permitted } from './permission.ts';
import { type Cause, nameOfVersion } from './repair-cause.ts';

type GoneCause = Extract<Cause, { kind: 'gone' }>;

/** What is told of the jobs that were to be enabled. */
interface Told {
  readonly findings: Finding[];
  readonly actions: ReportedAction[];
}

/** Enables jobs of one CIS instance; a key goes into the job with the same request, and under the lease of its secret. */
export class JobEnabler {
  readonly #context: SweepContext;
  readonly #account: string;
  readonly #book: IncidentBook;
  readonly #told: Told;
  /** The finding that a job stays as it is, if these holds say so. */
  readonly #whyHeld: (seen: SeenJob, incident: Incident, holds: readonly Hold[]) => Finding | undefined;

  constructor(
    context: SweepContext,
    account: string,
    book: IncidentBook,
    told: Told,
    whyHeld: (seen: SeenJob, incident: Incident, holds: readonly Hold[]) => Finding | undefined,
  ) {
    this.#context = context;
    this.#account = account;
    this.#book = book;
    this.#told = told;
    this.#whyHeld = whyHeld;
  }

  /** What stands against it was ruled out by what was seen; what may have changed since is asked again. */
  async enable(seen: SeenJob, incident: Incident, cause: GoneCause, detail: string): Promise<void> {
    const { binding } = cause;
    if (binding === undefined) {
      await this.#put(seen, incident, cause, detail, permitted(this.#context, seen));
      return;
    }
    const wait = (code: FindingCode, why: string): void =>
      void this.#told.findings.push(finding(code, `job ${seen.label}`, why, incident.seenAt));
    const withheld = await withKeyLease(this.#context, binding, async (leased) => {
      const current = await currentVersion(leased, binding);
      if (typeof current === 'string') wait('repair-unclear', current);
      else if (current === undefined || nameOfVersion(current) !== cause.name)
        wait('repair-waits-its-turn', 'its secret has a new version since it was read');
      else await this.#put(seen, incident, cause, detail, permitted(leased, seen));
    });
    if (withheld === undefined) return;
    const code = withheld.because === 'rotation' ? 'repair-waits-for-rotation' : 'repair-waits-its-turn';
    wait(code, withheld.detail);
  }

  /** The request that enables the job; what stands against it was ruled out. */
  async #put(
    seen: SeenJob,
    incident: Incident,
    cause: GoneCause,
    detail: string,
    services: Services,
  ): Promise<void> {
    const { ports } = this.#context;
    const subject = `job ${seen.label}`;
    const attempt = { at: ports.clock.now(), cause: cause.name };
    const tried: Incident = { ...incident, attempts: [...incident.attempts, attempt] };
    try {
      await this.#book.file(seen.job.ref, tried);
      if (!(await this.#mayEnable(seen, incident))) return;
      const { key: given } = cause;
      const change =
        given === undefined
          ? { enabled: true }
          : { enabled: true, destination: { ...given.destination, apiKey: given.value } };
      const { job, answeredAt } = await services.cis(this.#account).updateLogpushJob(seen.job.ref, change);
      await this.#book.file(seen.job.ref, enabledAgain(tried, answeredAt));
      this.report(subject, detail, 'applied', answeredAt);
      this.#told.findings.push(
        finding('job-enabled-again', subject, seen.classified.reason, incident.seenAt),
      );
      const changed =
        cause.key === undefined ? undefined : changedDestination(cause.key.destination, job.destination);
      if (changed !== undefined)
        this.#told.findings.push(finding('job-destination-changed', subject, changed));
    } catch (error) {
      if (error instanceof JobHeldError) {
        this.#sayHeld(seen, incident, error.holds);
        return;
      }
      const isOfCis = error instanceof ApiError || error instanceof SchemaError;
      if (!isOfCis && !(error instanceof DeadlineError)) throw error;
      this.report(subject, detail, 'failed', ports.clock.now());
      this.#told.findings.push(finding('repair-failed', subject, describeError(error), incident.seenAt));
    }
  }

  /** The last question before the request. An attempt that was noted and not made is taken back. */
  async #mayEnable(seen: SeenJob, incident: Incident): Promise<boolean> {
    const takeBack = () => this.#book.file(seen.job.ref, incident);
    let holds: readonly Hold[] | undefined;
    try {
      holds = await mayWrite(this.#context, seen);
    } catch (error) {
      await takeBack();
      throw error;
    }
    if (holds === undefined) return true;
    await takeBack();
    this.#sayHeld(seen, incident, holds);
    return false;
  }

  #sayHeld(seen: SeenJob, incident: Incident, holds: readonly Hold[]): void {
    const held = this.#whyHeld(seen, incident, holds);
    if (held !== undefined) this.#told.findings.push(held);
  }

  report(subject: string, detail: string, outcome: ReportedAction['outcome'], at: number): void {
    this.#told.actions.push({ kind: 'enable-job', subject, detail, outcome, at });
    const { log } = this.#context.ports;
    log.info('repair action', { runId: this.#context.runId, subject, outcome });
  }
}

/** @returns why it cannot be seen, or undefined when there is none */
async function currentVersion(
  { ports }: SweepContext,
  binding: Binding,
): Promise<SecretVersion | string | undefined> {
  try {
    return versionOf(await keyStoreOf(ports.services, binding).versions(), 'current');
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof SchemaError)) throw error;
    return describeError(error);
  }
}
