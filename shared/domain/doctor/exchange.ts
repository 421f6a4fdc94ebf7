/** What one HTTP exchange showed, without anything that may be a secret: no path, no credential, no value of a body. */
export interface Exchange {
  readonly service: string;
  readonly operation: string;
  readonly host: string;
  /** On our own clock. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Absent when no answer came. */
  readonly status?: number;
  /** Why no answer came: `dns`, `tls`, `refused`, `timeout`, … */
  readonly failure?: string;
  /** The server's own clock, in whole seconds. */
  readonly dateAt?: number;
  /** `Ratelimit`, `Ratelimit-Policy` and `Retry-After`, where the answer has them. */
  readonly pace: Readonly<Record<string, string>>;
  /** The names at the top of a JSON body and what kind of thing each is, such as `errors[code message] result:null`. */
  readonly shape?: string;
}
