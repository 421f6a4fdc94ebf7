import * as z from 'zod';
import { jsonIn } from '../domain/json.ts';
import { holderOf, LEASE_MARGIN_MS, LEASE_MS, LEASE_RENEW_MS, type Lease } from '../domain/lease.ts';
import { whyUnread } from '../domain/ledger-document.ts';
import { LedgerConflictError, LedgerUnavailableError } from '../errors.ts';
import type { Instants, Ports } from '../ports.ts';

const Document = z.lazy(() =>
  z.looseObject({
    schema: z.literal(1),
    secretId: z.string(),
    generation: z.int(),
    holder: z.string(),
    until: z.number().optional(),
  }),
);

const keyOf = (secretId: string): string => `leases/${secretId}.json`;

type Holding = Pick<Ports, 'ledger' | 'random' | 'clock'>;

/**
 * One run's view of the lease of a secret. It is looked at before anything else is and taken when there is something to do:
 * taking it fails if anybody has held it since the look, so that everything seen in between still stands.
 *
 * If the process dies before it takes the lease nothing has happened; later, the lease ends by itself. It is given back by
 * writing it over, never by deleting it: a conditional delete is not documented.
 */
export class SecretLease {
  readonly #ports: Holding;
  readonly #runId: string;
  readonly #secretId: string;
  #lease: Lease | undefined;
  #tag: string | undefined;
  #isHeld = false;
  #renewing: Promise<void> | undefined;

  private constructor(ports: Holding, runId: string, secretId: string) {
    this.#ports = ports;
    this.#runId = runId;
    this.#secretId = secretId;
  }

  /** @throws {LedgerUnavailableError} when it cannot be read, or is not of this version */
  static async look(ports: Holding, runId: string, secretId: string): Promise<SecretLease> {
    const lease = new SecretLease(ports, runId, secretId);
    const stored = await ports.ledger.read(keyOf(secretId));
    if (stored === undefined) return lease;
    lease.#lease = parse(stored.body, secretId);
    lease.#tag = stored.tag;
    return lease;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Until when another run holds it, on this process's clock; undefined when none does. */
  heldUntil(): number | undefined {
    const now = this.#storeNow();
    const holder = holderOf(this.#lease, now.atLeast);
    return holder === undefined ? undefined : this.#ports.clock.now() + (holder.until - now.atLeast);
  }

  /** @throws {LedgerConflictError} when another run holds it, or has held it since the look */
  async take(): Promise<void> {
    if (this.heldUntil() !== undefined)
      throw new LedgerConflictError(`another run is at work on secret ${this.#secretId}`);
    await this.#write((this.#lease?.generation ?? 0) + 1, this.#storeNow().atMost + LEASE_MS);
    this.#isHeld = true;
  }

  /**
   * Called before each request under the lease. Prolongs it when it ends soon.
   *
   * @returns by when the request must have ended, on this process's clock
   * @throws {LedgerConflictError} when it has ended and another run has taken it
   */
  readonly guard = async (): Promise<number> => {
    if (!this.#isHeld) throw new LedgerConflictError(`the lease of secret ${this.#secretId} is not held`);
    if (this.#leftMs() < LEASE_RENEW_MS) await this.#renew();
    return this.#ports.clock.now() + this.#leftMs() - LEASE_MARGIN_MS;
  };

  /** Gives it back; without effect when it is not held, or not any more. */
  async release(): Promise<void> {
    if (!this.#isHeld || this.#lease === undefined) return;
    this.#isHeld = false;
    try {
      await this.#write(this.#lease.generation, undefined);
    } catch (error) {
      // Others wait until it ends, or have it already.
      if (!(error instanceof LedgerConflictError) && !(error instanceof LedgerUnavailableError)) throw error;
    }
  }

  /** Requests run side by side; one of them prolongs the lease for all. */
  async #renew(): Promise<void> {
    this.#renewing ??= this.#write(this.#lease?.generation ?? 1, this.#storeNow().atMost + LEASE_MS);
    try {
      await this.#renewing;
    } finally {
      this.#renewing = undefined;
    }
  }

  #leftMs(): number {
    return (this.#lease?.until ?? 0) - this.#storeNow().atMost;
  }

  #storeNow(): Instants {
    const { ledger, clock } = this.#ports;
    return ledger.now?.() ?? { atLeast: clock.now(), atMost: clock.now() };
  }

  async #write(generation: number, until: number | undefined): Promise<void> {
    const { ledger, random } = this.#ports;
    const lease: Lease = { schema: 1, secretId: this.#secretId, generation, holder: this.#runId };
    const next = until === undefined ? lease : { ...lease, until };
    const body = `${JSON.stringify({ ...next, nonce: random.hex(16) })}\n`;
    this.#tag = await ledger.write(keyOf(this.#secretId), body, this.#tag);
    this.#lease = next;
  }
}

function parse(body: string, secretId: string): Lease {
  const json = jsonIn(body);
  const parsed = Document.safeParse(json);
  if (!parsed.success || parsed.data.secretId !== secretId)
    throw new LedgerUnavailableError(whyUnread(keyOf(secretId), json, 'a lease', 1));
  const { generation, holder, until } = parsed.data;
  return { schema: 1, secretId, generation, holder, ...(until === undefined ? {} : { until }) };
}
