import type { CosSpec, CronSpec, Subscription, SubscriptionSpec } from '../code-engine/subscriptions.ts';
import { Failure, type Options } from './options.ts';

const DESTINATIONS = { cron: ['app', 'function', 'job'], cos: ['app', 'job'] } as const;

/** What the options say, over what was there before. */
export function specOf(
  options: Options,
  kind: 'cron' | 'cos',
  before: Subscription | undefined,
): SubscriptionSpec {
  const type = options.text('destination-type') ?? before?.destination.type ?? 'app';
  const allowed: readonly string[] = DESTINATIONS[kind];
  if (!allowed.includes(type))
    throw new Failure(`Invalid destination type '${type}': it is one of ${allowed.join(', ')}.`);
  if (options.text('path') !== undefined && type !== 'app') throw new Failure("Only an app takes '--path'.");
  const extensions = Object.fromEntries(
    Object.entries({ ...before?.extensions, ...options.pairs('extension') }).filter(
      ([name]) => !options.list('extension-rm').includes(name),
    ),
  );
  const common = {
    name: options.required('name'),
    destination: {
      type: type as 'app' | 'function' | 'job',
      name: options.text('destination') ?? before?.destination.name ?? '',
    },
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  };
  return kind === 'cron'
    ? { ...common, ...cronOf(options, before?.kind === 'cron' ? before : undefined) }
    : { ...common, ...cosOf(options, before?.kind === 'cos' ? before : undefined) };
}

type Own<Spec> = Omit<Spec, 'name' | 'destination' | 'extensions'>;

function cronOf(options: Options, before: CronSpec | undefined): Own<CronSpec> {
  const encoded = options.text('data-base64');
  if (encoded !== undefined && options.text('data') !== undefined)
    throw new Failure("'--data' and '--data-base64' exclude each other.");
  const data = encoded === undefined ? options.text('data') : Buffer.from(encoded, 'base64').toString('utf8');
  return {
    kind: 'cron',
    schedule: options.text('schedule') ?? before?.schedule ?? '* * * * *',
    timezone: options.text('time-zone') ?? before?.timezone ?? 'UTC',
    data: data ?? before?.data,
    contentType: options.text('content-type') ?? before?.contentType,
  };
}

function cosOf(options: Options, before: CosSpec | undefined): Own<CosSpec> {
  const eventType = options.text('event-type') ?? before?.eventType ?? 'all';
  if (eventType !== 'all' && eventType !== 'write' && eventType !== 'delete')
    throw new Failure(`Invalid event type '${eventType}': it is one of all, write, delete.`);
  return {
    kind: 'cos',
    bucket: before?.bucket ?? options.required('bucket'),
    eventType,
    prefix: options.text('prefix') ?? before?.prefix,
    suffix: options.text('suffix') ?? before?.suffix,
  };
}
