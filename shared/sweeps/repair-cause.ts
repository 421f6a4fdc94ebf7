import { type Binding, claimOf, keyBindingOf } from '../domain/binding.ts';
import type { FindingCode } from '../domain/finding.ts';
import type { SecretVersion } from '../domain/keys.ts';
import { destinationName, isKeyed, jobKey, type KeyedDestination, whyUnclear } from '../domain/logpush.ts';
import { versionOf } from '../domain/rotation/versions.ts';
import type { Secret } from '../domain/secret.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import { keyStoreOf } from './key-store.ts';
import type { SeenJob } from './observe.ts';
import { Once } from './once.ts';
import { type KeyOwner, type Probe, probeKey } from './qualify.ts';
import { readRecord } from './records.ts';
import type { ShownKeys } from './shown-keys.ts';

/** Whether the cause is gone, and what the job needs to be enabled. */
export type Cause =
  | {
      readonly kind: 'gone';
      /** Names the cause and the key, so that a change of either is another cause. */
      readonly name: string;
      readonly binding?: Binding;
      /** The key goes into the job in the same request; absent = the job holds a good one. */
      readonly key?: { readonly value: Secret; readonly destination: KeyedDestination };
      /** Other jobs need not wait for this one to prove it. */
      readonly certain: boolean;
    }
  | {
      readonly kind: 'there';
      readonly code: FindingCode;
      readonly detail: string;
      /** Something that stops pushes was seen, not only that it cannot be told. */
      readonly seen?: true;
    };

interface CurrentVersion {
  readonly version?: SecretVersion;
  readonly value?: Secret;
}

/** Finds out about causes, each once a run however many jobs share it. */
export class Causes {
  readonly #context: SweepContext;
  readonly #shown: ShownKeys;
  readonly #probes = new Once<Probe>();
  readonly #versions = new Once<CurrentVersion>();

  constructor(context: SweepContext, shown: ShownKeys) {
    this.#context = context;
    this.#shown = shown;
  }

  /** Why this job was disabled, as far as it is still so. Never throws for what a service answers. */
  async of(seen: SeenJob): Promise<Cause> {
    try {
      const { job, zone } = seen;
      const claims = this.#context.bindings.map((binding) => ({
        binding,
        claim: claimOf(binding, job, zone),
      }));
      const isKeyless = claims.some(({ claim }) => claim === 'ownership');
      const keyed = isKeyless ? undefined : claims.find(({ claim }) => claim === 'key');
      if (keyed !== undefined) return await this.#ofBinding(seen, keyed.binding);
      const { destination, destinationKey } = await this.#shown.of(job);
      if (isKeyed(destination) && destinationKey.state === 'visible')
        return await this.#ofVisibleKey(job.ref.instanceCrn, destinationKey.key, destination);
      if (isKeyless)
        return {
          kind: 'there',
          code: 'repair-without-key',
          detail: 'nothing shows whether its bucket takes objects',
        };
      if (claims.some(({ claim }) => claim === 'unclear'))
        return { kind: 'there', code: 'destination-unreadable', detail: whyUnclear(job) };
      return {
        kind: 'there',
        code: 'repair-unbound',
        detail: 'no binding selects it, and its key is hidden',
      };
    } catch (error) {
      if (!isExpected(error)) throw error;
      return { kind: 'there', code: 'repair-unclear', detail: describeError(error) };
    }
  }

  #accountOf(instanceCrn: string): string {
    return this.#context.instances.find(({ crn }) => crn === instanceCrn)?.account ?? '';
  }

  /** Nothing is known of the key but what the job shows: it is enabled as it is. */
  async #ofVisibleKey(instanceCrn: string, key: Secret, destination: KeyedDestination): Promise<Cause> {
    const account = this.#accountOf(instanceCrn);
    const probe = await this.#probe({ account }, key, destination);
    if (probe.verdict === 'no' && probe.at === 'login')
      return {
        kind: 'there',
        code: 'repair-unbound',
        detail: `${probe.detail}, and no binding rotates it`,
        seen: true,
      };
    if (probe.verdict !== 'yes') return stillThere(probe);
    const keyId = (await this.#context.ports.services.iam(account).findApiKey(key))?.id ?? 'unknown to us';
    return { kind: 'gone', name: `its own key, ${keyId}`, certain: true };
  }

  /** Whether the key that the job would have is tried at what a push does. */
  isTried({ job, zone }: SeenJob): boolean {
    const binding = keyBindingOf(this.#context.bindings, job, zone);
    return binding?.qualify !== 'token';
  }

  /** How the cause of a job would be named that a binding selects; nothing is tried for it. */
  async nameOf({ job, zone }: SeenJob): Promise<string | undefined> {
    const binding = keyBindingOf(this.#context.bindings, job, zone);
    if (binding === undefined) return undefined;
    try {
      const { version } = await this.#current(binding);
      return version === undefined ? undefined : nameOfVersion(version);
    } catch (error) {
      if (!isExpected(error)) throw error;
      return undefined;
    }
  }

  /** The job gets the secret's key, unless a rotation under way has given it the new one already. */
  async #ofBinding({ job }: SeenJob, binding: Binding): Promise<Cause> {
    const { ports } = this.#context;
    const { record } = await readRecord(ports.ledger, binding.name, binding.secret);
    const { current } = record;
    const progress = current?.jobs[jobKey(job.ref)];
    if (current !== undefined && (progress === undefined || current.rollback !== undefined)) {
      const detail = `a rotation of binding ${binding.name} is under way and has yet to give it a key`;
      return { kind: 'there', code: 'repair-waits-for-rotation', detail };
    }
    const { version, value } = await this.#current(binding);
    if (value === undefined || version === undefined || !isKeyed(job.destination))
      return { kind: 'there', code: 'repair-unclear', detail: 'the secret gives no key' };
    const probe = await this.#probe(binding, value, job.destination);
    if (probe.verdict !== 'yes') return stillThere(probe);
    return {
      kind: 'gone',
      name: nameOfVersion(version),
      certain: binding.qualify === 'action',
      ...(current === undefined
        ? { binding, key: { value, destination: job.destination } }
        : // The rotation has moved it; whoever else sets a key now would undo that.
          {}),
    };
  }

  /** The secret's current version. */
  #current(binding: Binding): Promise<CurrentVersion> {
    return this.#versions.get(binding.name, () => this.#read(binding));
  }

  async #read(binding: Binding): Promise<CurrentVersion> {
    const store = keyStoreOf(this.#context.ports.services, binding);
    const version = versionOf(await store.versions(), 'current');
    if (version === undefined) return {};
    const value = await store.read(version.id);
    return { version, ...(value === undefined ? {} : { value }) };
  }

  #probe(owner: KeyOwner, value: Secret, destination: KeyedDestination): Promise<Probe> {
    const of = `${destinationName(destination)} ${owner.iamId} ${owner.qualify} ${value.reveal()}`;
    return this.#probes.get(of, () => this.#tried(owner, value, destination));
  }

  /** A plan sends nothing: it assumes what a run would have to find. */
  #tried(owner: KeyOwner, value: Secret, destination: KeyedDestination): Promise<Probe> {
    if (this.#context.mode !== 'act') return Promise.resolve({ verdict: 'yes' });
    return probeKey(this.#context, owner, value, destination);
  }
}

/** What refuses was seen; a try that tells nothing has shown nothing, neither that a cause is there nor that it may be gone later. */
function stillThere(probe: Exclude<Probe, { verdict: 'yes' }>): Cause {
  const { detail } = probe;
  if (probe.verdict === 'unknown') return { kind: 'there', code: 'repair-unclear', detail };
  return { kind: 'there', code: CODES[probe.at], detail, seen: true };
}

const CODES = {
  login: 'repair-waits-for-rotation',
  identity: 'identity-mismatch',
  destination: 'repair-waits-for-destination',
} as const satisfies Record<string, FindingCode>;

/** How a cause is called whose job gets the key of this version. */
export const nameOfVersion = ({ id }: SecretVersion): string => `version ${id}`;
