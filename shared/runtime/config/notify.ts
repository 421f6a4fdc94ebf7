import type { MinSeverity } from '../../domain/notify.ts';
import type { Secret } from '../../domain/secret.ts';
import type { ConfigProblem } from '../../errors.ts';
import { type ConfigDocument, fieldsOf, type Path } from './document.ts';
import { type KeySources, readSource } from './keys.ts';
import { isLoopback, ONCE } from './leaves.ts';
import { Notify, UrlSource } from './schema-notify.ts';

/** Who is told, and of what. */
export interface NotifyConfig {
  /** Takes messages. The URL is a credential. */
  readonly webhook?: Secret;
  /** Is called after good runs. The URL is a credential. */
  readonly heartbeat?: Secret;
  readonly minSeverity: MinSeverity;
  /** Where the page of the fleet is, for messages. */
  readonly link?: string;
}

/** The part `notify` of a configuration with its URLs, and what is wrong with those. */
export function readNotify(
  document: ConfigDocument,
  sources: KeySources,
): { readonly notify: NotifyConfig | undefined; readonly problems: readonly ConfigProblem[] } {
  const value = fieldsOf(document.value)['notify'];
  const problems: ConfigProblem[] = [];
  // Each by itself: what is wrong with the rest hides nothing of it.
  const urlOf = (raw: unknown, path: Path): Secret | undefined => {
    const source = UrlSource.safeParse(raw, ONCE).data;
    if (source === undefined) return undefined;
    const found = readUrl(source, sources);
    if ('key' in found) return found.key;
    const from = source.env === undefined ? 'file' : 'env';
    const place = document.has([...path, from]) ? [...path, from] : path;
    problems.push(document.problem(place, found.message, found.fix));
    return undefined;
  };
  const { webhook: hook, heartbeatUrl } = fieldsOf(value);
  const webhook = urlOf(fieldsOf(hook)['url'], ['notify', 'webhook', 'url']);
  const heartbeat = urlOf(heartbeatUrl, ['notify', 'heartbeatUrl']);
  const parsed = Notify.safeParse(value, ONCE).data;
  if (parsed === undefined) return { notify: undefined, problems };
  const { minSeverity, link } = parsed;
  return {
    notify: {
      minSeverity,
      ...(webhook === undefined ? {} : { webhook }),
      ...(heartbeat === undefined ? {} : { heartbeat }),
      ...(link === undefined ? {} : { link }),
    },
    problems,
  };
}

type Found = { readonly key: Secret } | { readonly message: string; readonly fix: string };

function readUrl(source: UrlSource, sources: KeySources): Found {
  const { env, file } = source;
  if (env !== undefined && file !== undefined)
    return { message: 'the URL comes from two places', fix: 'keep one of env and file' };
  const found = readSource(source, sources, 'URL');
  if (found === undefined)
    return { message: 'it is not said where the URL is', fix: 'write { env: NAME } or { file: PATH }' };
  if (!('key' in found) || isUsable(found.key)) return found;
  return {
    message: `${env === undefined ? 'the URL file' : `the environment variable ${env}`} holds something else than an https URL, or an http one on loopback`,
    fix: 'put the URL into it as the service shows it, without user and fragment',
  };
}

function isUsable(secret: Secret): boolean {
  const text = secret.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}
