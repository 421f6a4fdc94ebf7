/**
 * A value that must not be seen: an API key, a token, a destination string.
 *
 * It prints as `[secret]` however it is printed: as a string, in JSON, by `console.log`, inside an error. Only
 * `reveal()` gives the value, and only clients call it, where the value goes onto the wire.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Whether both hold the same value, without revealing either. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
