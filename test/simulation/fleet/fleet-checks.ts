import type { World } from '../../../infra/local/world.ts';
import type { Incident, IncidentRecord } from '../../../shared/domain/repair/incident.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import type { RotationRecord } from '../../../shared/domain/rotation/record.ts';
import { formatInstant, hours, minutes } from '../../../shared/domain/time.ts';
import type { HttpRequest, LedgerStore } from '../../../shared/ports.ts';
import type { Troubles } from './fleet-events.ts';
import { type FleetWorld, type Group, SECRETS_MANAGER_ID } from './fleet-world.ts';

/** What the API shows of a job, as far as an owner worries. */
type Shown = 'failing' | 'disabled' | 'fine';

/** The first request comes within this of the end of a cause: one schedule, and what a run takes. */
const FIRST_MS = minutes(8);
const SCHEDULE_MS = minutes(5);
/** A dead key is replaced within a schedule of `rotate-keys`, and the ten minutes that IAM may take to know a new one. */
const REPLACED_MS = minutes(15) + minutes(10) + minutes(1);
/** A run that a fault hit adds a schedule; a new key that could not be tried is tried by one job first, which adds another. */
const HIT_ROTATION_MS = 2 * minutes(15);

/** The keeper makes no more keys than this for one secret within a day. */
const MINTS_PER_DAY = 3;

interface Waiting {
  readonly since: number;
  /** Runs of `reenable-logpush` that nothing hit, that could have enabled one more job, and that left this one as it was. */
  runs: number;
  /** Runs that a fault hit: each adds one schedule. */
  hits: number;
  /** How many jobs waited at the same time, at most. */
  most: number;
}

/**
 * Holds what the keeper says and does against the world's truth: outages are found in the next pass, jobs are enabled
 * soon after their cause has ended and once, and what is said to be lost was lost.
 */
export class FleetChecks {
  readonly violations: string[] = [];
  /** From the end of a cause to the request that enabled its job, in milliseconds. */
  readonly delays: number[] = [];
  outages = 0;
  readonly #world: World;
  readonly #fleet: FleetWorld;
  readonly #troubles: Troubles;
  readonly #ledger: LedgerStore;
  readonly #waiting = new Map<number, Waiting>();
  #shown = new Map<number, Shown>();
  /** Jobs that no clean pass has seen since they changed. */
  readonly #unseen = new Set<number>();
  readonly #twice: number[] = [];
  /** Jobs that a request of this run is to enable. */
  readonly #asked = new Set<number>();
  /** How many causes there had been when a job was enabled, and whether one was still there. */
  readonly #enabledIn = new Map<number, string>();
  readonly #dead = new Map<Group, { readonly since: number; hits: number }>();
  /** Told already. */
  readonly #late = new Set<number>();

  constructor(world: World, fleet: FleetWorld, troubles: Troubles, ledger: LedgerStore) {
    this.#world = world;
    this.#fleet = fleet;
    this.#troubles = troubles;
    this.#ledger = ledger;
  }

  #violated(detail: string): void {
    this.violations.push(`${formatInstant(this.#world.now())} ${detail}`);
  }

  /** Before a run: what a pass that starts now has to find. */
  before(): void {
    const shown = this.#look();
    for (const [id, state] of shown) if (this.#shown.get(id) !== state) this.#unseen.add(id);
    this.#shown = shown;
  }

  #look(): Map<number, Shown> {
    return new Map(
      [...this.#world.cis.jobs()].map((job) => {
        const fails = job.lastErrorAt !== undefined && job.lastErrorAt > (job.lastCompleteAt ?? 0);
        return [job.id, job.enabled ? (fails ? 'failing' : 'fine') : job.wanted ? 'disabled' : 'fine'];
      }),
    );
  }

  /** After a run of `check-logpush`: it must have told of each job that failed or was disabled when it began. */
  afterHealth(report: RunReport | undefined, isHit: boolean): void {
    if (isHit || report === undefined) return;
    if (report.outcome === 'failed' || report.outcome === 'partial')
      this.#violated(
        `a pass that nothing hit is ${report.outcome}: ${report.findings.map((of) => of.detail).join('; ')}`,
      );
    const now = this.#look();
    for (const [id, state] of this.#shown) {
      this.#unseen.delete(id);
      if (state === 'fine' || now.get(id) !== state) continue;
      const told = report.findings
        .filter(({ subject }) => subject.startsWith(`job ${id} (`))
        .map(({ code }) => code as string);
      // Whom people have had their hands in may be unclear.
      const wanted = state === 'failing' ? 'job-failing' : 'job-disabled-by-failures';
      const isTold = told.includes(wanted) || (this.#troubles.touched.has(id) && told.length > 0);
      if (!isTold)
        this.#violated(`job ${id} is ${state}, and the pass tells ${told.join(', ') || 'nothing'}`);
    }
  }

  /** A request that enables a job which is enabled already, unless an answer was lost. */
  beforeCall(request: HttpRequest | undefined): void {
    if (request?.method !== 'PUT' || typeof request.body !== 'string') return;
    if (!request.body.includes('"enabled":true')) return;
    const id = Number(request.url.split('/').at(-1));
    const job = [...this.#world.cis.jobs()].find((candidate) => candidate.id === id);
    if (job?.enabled === true) this.#twice.push(id);
    else this.#asked.add(id);
  }

  afterRun(isHit: boolean): void {
    if (!isHit) for (const id of this.#twice) this.#violated(`job ${id} is enabled once more`);
    this.#twice.length = 0;
    for (const job of this.#world.cis.jobs()) {
      if (!this.#asked.has(job.id) || !job.enabled) continue;
      const group = this.#fleet.groups.find(({ jobIds }) => jobIds.includes(job.id));
      if (group === undefined) continue;
      // A cause that a try does not show, as a quota that the next object crosses, costs one enabling in vain.
      const when = `${this.#troubles.epoch(group)} ${this.#troubles.refuses(group)}`;
      if (this.#enabledIn.get(job.id) === when && !this.#troubles.touched.has(job.id))
        this.#violated(`job ${job.id} is enabled a second time, and nothing has been wrong since the first`);
      this.#enabledIn.set(job.id, when);
    }
    this.#asked.clear();
  }

  /** At every step of the clock: nobody waits longer than faults and batches explain. */
  checkWaiting(): void {
    for (const [id, { since, hits, most }] of this.#waiting) {
      const batches = Math.ceil(most / this.#fleet.maxChanges);
      const allowedMs = FIRST_MS + (batches - 1 + hits + 2) * SCHEDULE_MS;
      if (this.#world.now() - since <= allowedMs || this.#late.has(id)) continue;
      this.#late.add(id);
      this.#violated(`job ${id} could be enabled since ${formatInstant(since)}, and nothing comes`);
    }
  }

  /** At every change of the world: since when each job could be enabled. */
  async track(): Promise<void> {
    const now = this.#world.now();
    // Those of people take their places in a batch too.
    let competing = 0;
    for (const group of this.#fleet.groups) {
      await this.#trackKeys(group);
      const rotation = (await this.#record(group))?.current;
      for (const job of [...this.#world.cis.jobs()].filter(({ id }) => group.jobIds.includes(id))) {
        const { id } = job;
        const isDown = !job.enabled && job.wanted;
        const key = `${job.instanceCrn}/${job.zoneId}/${id}`;
        const isMoving =
          rotation !== undefined && (rotation.jobs[key] === undefined || rotation.rollback !== undefined);
        const isPossible = isDown && !isMoving && this.#delivers(group) && !(await this.#isQuarantined(key));
        if (isPossible) competing += 1;
        // After people had their hands in it may be unclear who disabled it.
        const isReady = isPossible && !this.#troubles.touched.has(id);
        const known = this.#waiting.get(id);
        if (known !== undefined && isDown && !isReady) this.#waiting.delete(id);
        if (known === undefined && isReady) this.#waiting.set(id, { since: now, runs: 0, hits: 0, most: 0 });
        if (known !== undefined && !isDown) this.#enabled(id, known);
      }
    }
    for (const waiting of this.#waiting.values()) waiting.most = Math.max(waiting.most, competing);
  }

  #enabled(id: number, { since, runs, hits, most }: Waiting): void {
    this.#waiting.delete(id);
    const job = [...this.#world.cis.jobs()].find((candidate) => candidate.id === id);
    const delay = (job?.enabledAt ?? this.#world.now()) - since;
    this.delays.push(delay);
    const batches = Math.ceil(most / this.#fleet.maxChanges);
    if (runs === 0 && delay > FIRST_MS + (hits + batches - 1) * SCHEDULE_MS)
      this.#violated(
        `job ${id} is enabled ${delay / 60_000} minutes after it could have been (${hits} runs hit)`,
      );
  }

  /** Since when a group has jobs whose key is dead although a new one would do: nobody waits long for that one. */
  async #trackKeys(group: Group): Promise<void> {
    const now = this.#world.now();
    const jobs = [...this.#world.cis.jobs()].filter(({ id, wanted }) => wanted && group.jobIds.includes(id));
    const isDead = jobs.some((job) => !this.#isAlive(job.destination.apiKey ?? ''));
    const known = this.#dead.get(group);
    if (!isDead || this.#troubles.refuses(group) || this.#troubles.hinders) this.#dead.delete(group);
    else if (known === undefined) this.#dead.set(group, { since: now, hits: 0 });
    else if (now - known.since > REPLACED_MS + known.hits * HIT_ROTATION_MS) {
      const record = await this.#record(group);
      const mints = record?.mints.filter((at) => now - at < hours(24)) ?? [];
      // A rotation that is halted is a person's turn, and says so.
      if (mints.length < MINTS_PER_DAY && record?.current?.halted === undefined)
        this.#violated(`jobs of ${group.keyName} carry a dead key since ${formatInstant(known.since)}`);
      this.#dead.set(group, { since: now, hits: 0 });
    }
  }

  /** After a run of `rotate-keys` that a fault hit. */
  afterRotation(isHit: boolean): void {
    if (isHit) for (const dead of this.#dead.values()) dead.hits += 1;
  }

  #isAlive(value: string): boolean {
    const key = this.#world.iam.liveKeyByValue(value);
    return key !== undefined && !key.disabled && (key.expiresAt ?? Infinity) > this.#world.now();
  }

  /** After a run of `reenable-logpush` that began when these jobs were ready. */
  afterRepair(ready: ReadonlySet<number>, report: RunReport | undefined, isHit: boolean): void {
    const done = report?.actions.filter(({ outcome }) => outcome === 'applied').length ?? 0;
    for (const [id, waiting] of this.#waiting) {
      if (!ready.has(id)) continue;
      if (isHit) waiting.hits += 1;
      else if (done < this.#fleet.maxChanges) waiting.runs += 1;
      // A run that a fault hit may have left its look, its attempt or its claim half done.
      if (waiting.runs > waiting.hits + (this.#unseen.has(id) ? 1 : 0))
        this.#violated(
          `job ${id} could be enabled since ${formatInstant(waiting.since)}, and ${waiting.runs} runs did not`,
        );
    }
  }

  ready(): ReadonlySet<number> {
    return new Set(this.#waiting.keys());
  }

  /** In the end: what is said of each outage lies around the truth. */
  async checkLosses(): Promise<void> {
    for (const key of await this.#ledger.list('observations/')) {
      const { jobs } = JSON.parse((await this.#ledger.read(key))?.body ?? '{}') as {
        jobs: Record<string, Observed>;
      };
      for (const [name, { outages }] of Object.entries(jobs))
        for (const outage of outages) this.#checkLoss(name, outage);
    }
  }

  #checkLoss(name: string, { from, until, lost }: Observed['outages'][number]): void {
    this.outages += 1;
    if (from === undefined) return;
    const [instanceCrn = '', zoneId = '', jobId = ''] = name.split(/\/(?=[0-9a-f]{32}\/)|\/(?=\d+$)/);
    const ref = { instanceCrn, zoneId, jobId: Number(jobId) };
    const truth = this.#world.logpush.lostBetween(ref, from, until) / minutes(1);
    if (truth < lost.min || truth > (lost.max ?? Infinity))
      this.#violated(
        `job ${jobId} lost ${truth} minutes from ${formatInstant(from)}, not ${lost.min} to ${lost.max}`,
      );
  }

  /** Whether the secret's key would do what the group's jobs do. */
  #delivers(group: Group): boolean {
    if (this.#troubles.refuses(group) || this.#troubles.hinders) return false;
    const value = this.#world.secretsManager.currentPayload(SECRETS_MANAGER_ID, group.secretId) ?? '';
    return this.#isAlive(value);
  }

  async #record({ secretId }: Group): Promise<RotationRecord | undefined> {
    const body = (await this.#ledger.read(`rotations/${secretId}.json`))?.body;
    return body === undefined ? undefined : (JSON.parse(body) as RotationRecord);
  }

  /** Faults can make three tries fail within a day. */
  async #isQuarantined(key: string): Promise<boolean> {
    for (const name of await this.#ledger.list('incidents/')) {
      const { open } = JSON.parse((await this.#ledger.read(name))?.body ?? '{}') as IncidentRecord;
      const incident: Incident | undefined = open[key];
      const recent = incident?.attempts.filter(({ at }) => this.#world.now() - at < hours(24)) ?? [];
      if (recent.length >= 3) return true;
    }
    return false;
  }
}

interface Observed {
  readonly outages: readonly {
    readonly from?: number;
    readonly until: number;
    readonly lost: { readonly min: number; readonly max?: number };
  }[];
}
