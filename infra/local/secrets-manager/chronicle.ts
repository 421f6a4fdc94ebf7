import type { Host } from '../host.ts';
import type { Happening, HappeningKind } from './happenings.ts';
import { expiryOf, type Secret } from './state.ts';

const ABOUT_EXPIRY: readonly HappeningKind[] = [
  'secret_about_to_expire',
  'secret_expiration_blocked',
  'secret_expired',
];

/** What Secrets Manager tells: the world's trace, and what Event Notifications has not taken yet. */
export class Chronicle {
  readonly #host: Host;
  #happenings: Happening[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  emit(at: number, kind: string, text: string): void {
    this.#host.emit({ at, kind, text });
  }

  happen(secret: Secret, kind: HappeningKind, by: string, at: number, subKind?: string): void {
    const { id, name, type, groupId, instanceId } = secret;
    const expiresAt = ABOUT_EXPIRY.includes(kind) ? expiryOf(secret) : undefined;
    this.#happenings.push({
      at,
      kind,
      subKind,
      by,
      instanceId,
      secret: { id, name, type, groupId },
      expiresAt,
    });
  }

  /** What happened since the last call, in the order of time. */
  take(): readonly Happening[] {
    const happenings = this.#happenings.toSorted((a, b) => a.at - b.at);
    this.#happenings = [];
    return happenings;
  }
}
