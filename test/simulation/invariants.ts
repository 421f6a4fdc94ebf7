import type { KeyTruth } from '../../infra/local/iam/iam.ts';
import type { World } from '../../infra/local/world.ts';
import { formatInstant, hours, minutes } from '../../shared/domain/time.ts';
import { FOREIGN_KEY_ID, SECRET_ID, SECRETS_MANAGER_ID } from './small-world.ts';

/** A broken promise, by the number of the invariant; 0 is the promise itself: no log lost to a key. */
export interface Violation {
  readonly invariant: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  readonly at: number;
  readonly detail: string;
}

export const ALL_INVARIANTS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const satisfies readonly Violation['invariant'][];

interface Held {
  readonly keyId: string | undefined;
  /** The key that it held until then. */
  readonly before: string | undefined;
  readonly since: number;
}

const DRAIN_MS = minutes(135);
const MOST_CALLS = 300;
const STAMP = 'logpush-keeper.';

interface Watched {
  readonly instanceId: string;
  readonly id: string;
  /** Of a `kv` secret: which member holds the key. */
  readonly member?: string;
}

/** The secret of the small world. */
export const SMALL: Watched = { instanceId: SECRETS_MANAGER_ID, id: SECRET_ID };

/**
 * Watches a world for broken invariants, from the world's own truth and never from what the keeper says. `check` runs
 * after every external call and every step of the clock.
 */
export class Invariants {
  readonly violations: Violation[] = [];
  /** Keys and jobs that an outside event changed: what follows for them is not the keeper's doing. */
  readonly tampered = new Set<string>();
  /** Jobs that a person disabled. */
  readonly disabledByHand = new Set<number>();
  readonly #world: World;
  readonly #held = new Map<number, Held>();
  /** Jobs that carried no key when they were first seen. */
  readonly #keyless = new Set<number>();
  /** Keys that a job carried at some time. */
  readonly #used = new Set<string>();
  readonly #alive = new Map<string, boolean>();
  readonly #secrets: readonly Watched[];
  readonly #currentVersions = new Map<string, string | undefined>();
  readonly #applying: ReadonlySet<Violation['invariant']>;
  #callsAtStart = 0;

  constructor(
    world: World,
    secrets: readonly Watched[] = [SMALL],
    applying: readonly Violation['invariant'][] = ALL_INVARIANTS,
  ) {
    this.#world = world;
    this.#secrets = secrets;
    this.#applying = new Set(applying);
    for (const job of world.cis.jobs()) if (!job.enabled) this.disabledByHand.add(job.id);
    for (const key of world.iam.keys()) this.#alive.set(key.id, !key.disabled && !key.deleted);
    for (const { id } of secrets) this.#currentVersions.set(id, this.#current(id)?.id);
  }

  startRun(): void {
    this.#callsAtStart = this.#world.calls.length;
  }

  /** Where several run at once, each counts its own calls. */
  checkRun(calls: number): void {
    if (calls > MOST_CALLS) this.violated(8, `one run made more than ${MOST_CALLS} calls`);
  }

  check(): void {
    this.#checkJobs();
    this.#checkKeys();
    this.#checkVersions();
    const calls = this.#world.calls.length - this.#callsAtStart;
    if (calls > MOST_CALLS) this.violated(8, `one run made ${calls} calls`);
    const last = this.#world.calls.at(-1);
    if (last?.status === 429) this.violated(8, `${last.service} ${last.operation} was answered 429`);
  }

  /** What must not hold a secret. */
  checkText(where: string, text: string): void {
    if (/TRACER-|eyJ[\w-]{8,}\./.test(text)) this.violated(7, `a secret value in ${where}`);
  }

  /** After the rotation, once faults have stopped: everything is accounted for, nothing was lost. */
  checkEnd(ended: boolean, lossIsOurs: boolean): void {
    this.#world.catchUp();
    this.check();
    if (!ended) this.violated(4, 'the rotation did not end in its time');
    for (const key of this.leftKeys())
      this.violated(
        4,
        `key ${key.name} is left ${key.disabled ? 'disabled' : 'alive'}, and nothing names it`,
      );
    const lost = this.#world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0);
    if (lossIsOurs && lost > 0) this.violated(0, `${lost} log minutes are lost`);
  }

  /** Keys with our stamp that are still there although neither a secret nor a job holds them. */
  leftKeys(): readonly KeyTruth[] {
    const named = new Set(this.#secrets.map((secret) => this.#currentKeyId(secret)));
    for (const job of this.#world.cis.jobs()) named.add(this.#world.iam.keyIdOf(job.destination.apiKey));
    return this.#world.iam
      .keys()
      .filter(
        (key) =>
          key.name.startsWith(STAMP) && !key.deleted && !named.has(key.id) && !this.tampered.has(key.id),
      );
  }

  #checkJobs(): void {
    const now = this.#world.now();
    for (const job of this.#world.cis.jobs()) {
      if (job.enabled && this.disabledByHand.has(job.id))
        this.violated(9, `job ${job.id}, which a person disabled, is enabled`);
      if (job.destination.apiKey === undefined) {
        this.#keyless.add(job.id);
        continue;
      }
      const keyId = this.#world.iam.keyIdOf(job.destination.apiKey);
      if (this.#keyless.has(job.id)) this.violated(5, `job ${job.id}, which carried no key, was given one`);
      const held = this.#held.get(job.id);
      if (held?.keyId !== keyId) this.#held.set(job.id, { keyId, before: held?.keyId, since: now });
      if (keyId !== undefined) this.#used.add(keyId);
      if (!job.enabled) continue;
      const isOurs = !this.tampered.has(keyId ?? '') && !this.tampered.has(`job ${job.id}`);
      if (isOurs && !this.#isValid(keyId))
        this.violated(1, `enabled job ${job.id} holds key ${keyId}, which is not valid`);
    }
  }

  #checkKeys(): void {
    const names = new Set<string>();
    for (const key of this.#world.iam.keys()) {
      const alive = !key.disabled && !key.deleted;
      const before = this.#alive.get(key.id);
      this.#alive.set(key.id, alive);
      if (key.name.startsWith(STAMP)) {
        if (names.has(key.name)) this.violated(3, `two keys are named ${key.name}`);
        names.add(key.name);
        // A key that no job ever carried needs no drain.
        const isRetired = before === true && !alive && this.#used.has(key.id);
        if (isRetired && !this.tampered.has(key.id)) this.#checkRetired(key);
      } else if (key.id === FOREIGN_KEY_ID && !alive && !this.tampered.has(key.id)) {
        this.violated(5, `key ${key.id} without our stamp was changed`);
      }
    }
  }

  /** A key has just been disabled: nobody may need it any more. */
  #checkRetired({ id: keyId, createdAt, iamId }: KeyTruth): void {
    const now = this.#world.now();
    for (const job of this.#world.cis.jobs()) {
      const held = this.#held.get(job.id);
      if (held === undefined || this.tampered.has(`job ${job.id}`)) continue;
      const successor = this.#world.iam.keys().find((key) => key.id === held.keyId);
      if (held.keyId === keyId) this.violated(2, `key ${keyId} is disabled while job ${job.id} holds it`);
      // The drain is that of the key that it held last.
      if (held.before !== keyId) continue;
      // A key that failed is younger than the one its jobs went back to; there is no drain for it.
      if (successor === undefined || successor.createdAt < createdAt || successor.iamId !== iamId) continue;
      if (now - held.since < DRAIN_MS)
        this.violated(2, `key ${keyId} is disabled ${formatInstant(held.since)} after job ${job.id} moved`);
      const isProven = job.lastCompleteAt !== undefined && job.lastCompleteAt >= held.since + DRAIN_MS;
      if (job.enabled && !isProven && now - held.since < hours(24))
        this.violated(2, `key ${keyId} is disabled before job ${job.id} is proven`);
      const { instanceCrn, zoneId, id: jobId } = job;
      const lastKey = this.#world.logpush.lastDeliveredWith({ instanceCrn, zoneId, jobId });
      if (job.enabled && lastKey !== undefined && this.#world.iam.keyIdOf(lastKey) === keyId)
        this.violated(2, `key ${keyId} is disabled and job ${job.id} last pushed with it`);
    }
  }

  #checkVersions(): void {
    for (const secret of this.#secrets) {
      const stamps = this.#versions(secret.id).flatMap((version) =>
        Object.entries(version.metadata).flatMap(([what, value]) =>
          /(^|\.)rotation$/.test(what) && typeof value === 'string' ? [value] : [],
        ),
      );
      if (new Set(stamps).size < stamps.length) this.violated(3, 'one rotation made two versions');
      const current = this.#current(secret.id);
      if (current === undefined || current.id === this.#currentVersions.get(secret.id)) continue;
      this.#currentVersions.set(secret.id, current.id);
      this.#checkMembers(secret);
      const keyId = this.#currentKeyId(secret);
      if (!this.#isValid(keyId) && !this.tampered.has(keyId ?? ''))
        this.violated(6, `the secret now holds key ${keyId}, which is not valid`);
    }
  }

  /** What a `kv` secret holds beside the key is nobody's to change. */
  #checkMembers({ instanceId, id }: Watched): void {
    const secret = this.#world.file.secretsManagers
      .flatMap(({ secrets }) => secrets)
      .find((candidate) => candidate.id === id);
    if (secret?.type !== 'kv') return;
    for (const [member, held] of Object.entries(secret.data)) {
      const now = this.#world.secretsManager.currentPayload(instanceId, id, member);
      if (typeof held === 'string' && now !== held)
        this.violated(6, `member ${member} of the secret is lost`);
    }
  }

  #isValid(keyId: string | undefined): boolean {
    const key = this.#world.iam.keys().find((candidate) => candidate.id === keyId);
    return (
      key !== undefined &&
      !key.disabled &&
      !key.deleted &&
      (key.expiresAt === undefined || key.expiresAt > this.#world.now())
    );
  }

  #versions(secretId: string) {
    return this.#world.secretsManager.truth().find((secret) => secret.id === secretId)?.versions ?? [];
  }

  #current(secretId: string) {
    return this.#versions(secretId).find((version) => version.alias === 'current');
  }

  #currentKeyId({ instanceId, id, member }: Watched): string | undefined {
    return this.#world.iam.keyIdOf(this.#world.secretsManager.currentPayload(instanceId, id, member) ?? '');
  }

  violated(invariant: Violation['invariant'], detail: string): void {
    if (!this.#applying.has(invariant)) return;
    if (this.violations.some((known) => known.invariant === invariant && known.detail === detail)) return;
    this.violations.push({ invariant, at: this.#world.now(), detail });
  }
}
