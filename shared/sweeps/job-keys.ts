import { type Binding, claimOf } from '../domain/binding.ts';
import type { KeySource, SeenKey } from '../domain/diagnosis/key.ts';
import type { ApiKey } from '../domain/keys.ts';
import { jobKey, type LogpushJob, mayBeKeyless } from '../domain/logpush.ts';
import { isCarriedBy } from '../domain/rotation/carried.ts';
import type { RotationRecord } from '../domain/rotation/record.ts';
import { versionOf } from '../domain/rotation/versions.ts';
import type { Secret } from '../domain/secret.ts';
import { ApiError } from '../errors.ts';
import { describeError, isExpected, type SweepContext } from './context.ts';
import { keyIdOfSecret, keyStoreOf } from './key-store.ts';
import type { SeenJob } from './observe.ts';
import { Once } from './once.ts';
import { readRecord } from './records.ts';
import type { ShownKeys } from './shown-keys.ts';

type Keyed = { readonly key: ApiKey | null } | { readonly unread: string };

/** Finds the API keys that jobs carry, as IAM shows them; each once a run. Nobody logs in with one. */
export class JobKeys {
  readonly #context: SweepContext;
  readonly #shown: ShownKeys;
  readonly #byValue = new Once<Keyed>();
  readonly #byId = new Once<Keyed>();
  readonly #records = new Once<RotationRecord>();
  readonly #ofSecrets = new Once<string | null>();

  constructor(context: SweepContext, shown: ShownKeys) {
    this.#context = context;
    this.#shown = shown;
  }

  /** @param binding - the one that says that the job carries its key */
  async of({ job, zone }: SeenJob, binding: Binding | undefined): Promise<SeenKey> {
    try {
      const { destinationKey, ...shown } = await this.#shown.of(job);
      if (destinationKey.state === 'visible')
        return told(await this.#valued(job, destinationKey.key, binding), 'job');
      if (this.#context.bindings.some((other) => claimOf(other, job, zone) === 'ownership'))
        return { seen: 'none' };
      if (binding !== undefined) return await this.#believed(binding, job);
      const state = destinationKey.state === 'masked' ? 'hides' : 'does not show';
      const orNone = mayBeKeyless({ destinationKey, ...shown }) ? ', if there is one' : '';
      return {
        seen: 'nothing',
        why: `CIS ${state} the key of the job${orNone}, and no binding says which it is`,
      };
    } catch (error) {
      if (!isExpected(error)) throw error;
      return { seen: 'nothing', why: `${describeError(error)}${rightFor(error)}` };
    }
  }

  /** A key that CIS hides is taken for the one that the job was given, else for the one in its secret. */
  async #believed(binding: Binding, job: LogpushJob): Promise<SeenKey> {
    const { ledger } = this.#context.ports;
    const record = await this.#records.get(
      binding.name,
      async () => (await readRecord(ledger, binding.name, binding.secret)).record,
    );
    const given = givenKeyId(record, job);
    if (given !== undefined) return told(await this.#identified(binding.account, given), 'ledger');
    const keyId = await this.#ofSecrets.get(binding.name, async () => {
      const store = keyStoreOf(this.#context.ports.services, binding);
      const current = versionOf(await store.versions(), 'current');
      return keyIdOfSecret(store, this.#context.ports.services.iam(binding.account), current);
    });
    if (keyId === null) return { seen: 'key', key: null, from: 'secret' };
    return told(await this.#identified(binding.account, keyId), 'secret');
  }

  /** A binding says whose key it is. Of another one each account is asked, and none of them need know it. */
  async #valued(job: LogpushJob, value: Secret, binding: Binding | undefined): Promise<Keyed> {
    if (binding !== undefined) return this.#lookedUp(binding.account, value);
    const { instances, bindings } = this.#context;
    const own = instances.find(({ crn }) => crn === job.ref.instanceCrn)?.account ?? '';
    const unread: string[] = [];
    for (const account of new Set([own, ...[...instances, ...bindings].map((one) => one.account)])) {
      const looked = await this.#lookedUp(account, value);
      if ('unread' in looked) unread.push(looked.unread);
      else if (looked.key !== null) return looked;
    }
    const why = 'no account of the configuration knows it: it was deleted, or belongs to another account';
    return { unread: [...new Set([...unread, why])].join('; ') };
  }

  #lookedUp(account: string, value: Secret): Promise<Keyed> {
    const iam = this.#context.ports.services.iam(account);
    return this.#byValue.get(`${account} ${value.reveal()}`, () => asked(() => iam.findApiKey(value)));
  }

  #identified(account: string, keyId: string): Promise<Keyed> {
    const iam = this.#context.ports.services.iam(account);
    return this.#byId.get(`${account} ${keyId}`, () => asked(() => iam.getApiKey(keyId)));
  }
}

/** The key that the keeper itself has put into the job. */
function givenKeyId(record: RotationRecord, job: LogpushJob): string | undefined {
  const { current, carried } = record;
  const moved = current?.jobs[jobKey(job.ref)];
  if (moved !== undefined) return moved.state === 'moved-back' ? current?.oldKeyId : current?.newKeyId;
  return isCarriedBy(record, job) ? carried?.keyId : undefined;
}

async function asked(ask: () => Promise<ApiKey | undefined>): Promise<Keyed> {
  try {
    return { key: (await ask()) ?? null };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { unread: `${describeError(error)}${rightFor(error)}` };
  }
}

/** What it takes to see what was refused. */
function rightFor(error: unknown): string {
  if (!(error instanceof ApiError) || error.status !== 403) return '';
  if (error.service === 'iam')
    return ': it takes Editor on the IAM identity service, on the service ID of the key';
  if (error.service === 'secrets-manager')
    return ': it takes SecretsReader on Secrets Manager, on the secret';
  return '';
}

const told = (keyed: Keyed, from: KeySource): SeenKey =>
  'unread' in keyed ? { seen: 'nothing', why: keyed.unread } : { seen: 'key', key: keyed.key, from };
