import { type Look, lookKey } from '../../domain/doctor/judge-right.ts';
import { ApiError } from '../../errors.ts';
import { describeError, isExpected } from '../context.ts';

/** What is read with whose credentials, and which actions that takes. */
export interface Asked {
  readonly account: string;
  /** What it is about: a CRN, an IAM id, the id of a secret, a bucket. */
  readonly target: string;
  readonly actions: readonly string[];
  /** Whose actions these are, where they are the platform's own; absent = they name it themselves. */
  readonly service?: string;
}

/** What came of a look: the value, or why there is none. */
export type Seen<T> =
  | { readonly value: T }
  | { readonly why: string; readonly status?: number; readonly code?: string };

/** Reads one thing after the other, and files which rights that showed. Nothing that a service answers ends it. */
export class Looker {
  readonly looks = new Map<string, Look>();
  /** Accounts that cannot log in: nothing is asked with their credentials. */
  readonly #out = new Set<string>();

  noLogin(account: string): void {
    this.#out.add(account);
  }

  canLogIn(account: string): boolean {
    return !this.#out.has(account);
  }

  /** @param act - reads, and changes nothing */
  async look<T>(asked: Asked, act: () => Promise<T>): Promise<Seen<T>> {
    if (this.#out.has(asked.account)) {
      const why = `account ${asked.account} could not log in`;
      this.file(asked, { came: 'unclear', detail: why });
      return { why };
    }
    try {
      const value = await act();
      const what = asked.actions.map((action) => action.split('.').slice(1).join('.')).join(', ');
      this.file(asked, { came: 'allowed', detail: `${what}: it was read` });
      return { value };
    } catch (error) {
      if (!isExpected(error)) throw error;
      const why = describeError(error);
      if (!(error instanceof ApiError)) {
        this.file(asked, { came: 'unclear', detail: why });
        return { why };
      }
      const { status, code } = error;
      this.file(asked, { came: status === 403 ? 'refused' : 'unclear', detail: why });
      return {
        why,
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code }),
      };
    }
  }

  /** One thing that was seen weighs more than others of its kind that were not. */
  file({ account, target, actions, service }: Asked, look: Look): void {
    for (const action of actions) {
      const key = lookKey(account, action, target, service);
      if (this.looks.get(key)?.came !== 'allowed') this.looks.set(key, look);
    }
  }
}

export const valueOf = <T>(seen: Seen<T>): T | undefined => ('value' in seen ? seen.value : undefined);
