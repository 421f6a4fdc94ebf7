import type { Exchange } from '../domain/doctor/exchange.ts';
import { jsonIn } from '../domain/json.ts';
import type { HttpResponse, TransportFailure } from '../ports.ts';

/** What is asked, and when. */
interface Asked {
  readonly service: string;
  readonly operation: string;
  readonly url: string;
  readonly sentAt: number;
  readonly answeredAt: number;
}

const PACE_HEADERS = ['ratelimit', 'ratelimit-policy', 'retry-after'] as const;

/** An exchange as an observer may see it. */
export function observed(asked: Asked, came: HttpResponse | TransportFailure): Exchange {
  const { service, operation, url, sentAt, answeredAt } = asked;
  const common = { service, operation, host: new URL(url).host, sentAt, answeredAt };
  if (typeof came === 'string') return { ...common, failure: came, pace: {} };
  const dateAt = Date.parse(came.headers['date'] ?? '');
  const shape = shapeOf(came.body);
  return {
    ...common,
    status: came.status,
    pace: Object.fromEntries(
      PACE_HEADERS.flatMap((name) => {
        const value = came.headers[name];
        return value === undefined ? [] : [[name, value.slice(0, 100)]];
      }),
    ),
    ...(Number.isNaN(dateAt) ? {} : { dateAt }),
    ...(shape === undefined ? {} : { shape }),
  };
}

const MOST_NAMES = 12;

/** Names alone, as IBM writes them: what somebody else put into a body is not among them. */
function shapeOf(body: string): string | undefined {
  const json = jsonIn(body);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return namesOf(json)
    .map((name) => `${name}${kindOf((json as Readonly<Record<string, unknown>>)[name])}`)
    .join(' ');
}

function kindOf(value: unknown): string {
  if (value === null) return ':null';
  if (!Array.isArray(value)) return '';
  const [first] = value as readonly unknown[];
  if (first === undefined) return '[]';
  return typeof first === 'object' && first !== null && !Array.isArray(first)
    ? `[${namesOf(first).join(' ')}]`
    : `[${Array.isArray(first) ? 'list' : typeof first}]`;
}

const namesOf = (record: object): readonly string[] =>
  Object.keys(record)
    .filter((name) => /^[a-z][a-z_]{0,29}$/i.test(name))
    .toSorted()
    .slice(0, MOST_NAMES);
