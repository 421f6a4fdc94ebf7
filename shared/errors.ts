/**
 * The errors of the keeper. Each sets a literal `name`, so that a report can tell them apart without matching text,
 * and none of them ever carries a secret: messages are built from operation names, statuses and codes.
 */

/** One thing that is wrong with a configuration: where, what, and what to do. */
export interface ConfigProblem {
  /** File or environment variable. */
  readonly source: string;
  /** 1-based; 0 when the problem has no place (a missing file, say). */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}

/** The configuration is wrong. Lists every problem at once; nothing was called. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map((p) => `${p.source}:${p.line}:${p.column}: ${p.message} (${p.fix})`).join('\n'));
    this.problems = problems;
  }
}

/** What is known about the effect of a call that failed. */
export type Effect =
  /** The service answered that it did not do it. */
  | 'none'
  /** No answer, or an answer that does not say: it may have been done. Read back before doing it again. */
  | 'unknown';

export interface ApiErrorFields {
  readonly service: string;
  readonly operation: string;
  /** HTTP status; undefined when there was no answer at all. */
  readonly status?: number;
  /** The service's own code, for example `BXNIM0415E` or `1001`. */
  readonly code?: string;
  /** The service's id of this request, for support. */
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly effect: Effect;
  /** What happened, without credentials, for example `connection refused`. */
  readonly reason: string;
}

/** An IBM API refused, or did not answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly service: string;
  readonly operation: string;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly effect: Effect;
  readonly reason: string;

  constructor(fields: ApiErrorFields, options?: ErrorOptions) {
    const status = fields.status === undefined ? '' : ` ${fields.status}`;
    const code = fields.code === undefined ? '' : ` ${fields.code}`;
    super(`${fields.service} ${fields.operation}:${status}${code} ${fields.reason}`, options);
    this.service = fields.service;
    this.operation = fields.operation;
    this.status = fields.status;
    this.code = fields.code;
    this.requestId = fields.requestId;
    this.retryAfterMs = fields.retryAfterMs;
    this.effect = fields.effect;
    this.reason = fields.reason;
  }
}

/** An answer arrived and is not what the API's documentation says. The effect of a write is then unknown. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly service: string;
  readonly operation: string;

  constructor(service: string, operation: string, detail: string) {
    super(`${service} ${operation}: the answer is not what the API documents: ${detail}`);
    this.service = service;
    this.operation = operation;
  }
}

/** The deadline of the run is near: it stops cleanly and the next run goes on. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Another keeper wrote the ledger document first, or holds its lease. */
export class LedgerConflictError extends Error {
  override readonly name = 'LedgerConflictError';
}

/** The ledger cannot be read or written; without it the keeper only observes. */
export class LedgerUnavailableError extends Error {
  override readonly name = 'LedgerUnavailableError';
  /** What the store answered; absent when nothing came, or nothing that could be read. */
  readonly status: number | undefined;

  constructor(
    message: string,
    { status, ...options }: ErrorOptions & { readonly status?: number | undefined } = {},
  ) {
    super(message, options);
    this.status = status;
  }
}

/** The configuration does not let the run change anything any more: it stops, and what is left is not done. */
export class NotPermittedError extends Error {
  override readonly name = 'NotPermittedError';
}
