import type { Binding } from '../../domain/binding.ts';
import type { SecretReport } from '../../domain/doctor/report.ts';
import type { SecretMetadata, SecretVersion } from '../../domain/keys.ts';
import { whyUnfit } from '../../domain/rotation/secret-fits.ts';
import { versionOf } from '../../domain/rotation/versions.ts';
import type { Secret } from '../../domain/secret.ts';
import { formatInstant, minutes } from '../../domain/time.ts';
import type { SweepContext } from '../context.ts';
import { keyStoreOf } from '../key-store.ts';
import { type Looker, type Seen, valueOf } from './looker.ts';

/** The secret of a binding as it could be seen. */
export interface SecretSeen {
  readonly report: SecretReport;
  readonly groupId?: string;
  /** The key in it; absent when it could not, or must not, be read. */
  readonly value?: Secret;
  readonly whyNoValue: string;
}

/**
 * Reads a secret: metadata first, and its value only when that says that reading does no harm. Where the configured network
 * does not answer the other one is asked.
 */
export async function lookAtSecret(
  { ports: { services, clock } }: SweepContext,
  looker: Looker,
  binding: Binding,
): Promise<SecretSeen> {
  const { secret } = binding;
  const { account, network: configuredNetwork, instanceId, id } = secret;
  const look = <T>(action: string, act: () => Promise<T>) =>
    looker.look({ account, target: id, actions: [`secrets-manager.${action}`] }, act);
  const store = keyStoreOf(services, binding);
  const seen = await look('secret-metadata.read', () => store.metadata());
  const common = { instanceId, configuredNetwork };
  if ('why' in seen) {
    const isSilent = seen.status === undefined && looker.canLogIn(account);
    const other = configuredNetwork === 'public' ? 'private' : 'public';
    const elsewhere = isSilent
      ? await look('secret-metadata.read', () =>
          services.secretsManager(account, { ...secret, network: other }).getMetadata(id),
        )
      : undefined;
    const answeredOn = didAnswer(seen) ? configuredNetwork : didAnswer(elsewhere) ? other : undefined;
    return {
      report: { ...common, ...(answeredOn === undefined ? {} : { answeredOn }) },
      whyNoValue: seen.why,
    };
  }
  const metadata = seen.value;
  const versions = await look('secret-versions.list', () => store.versions());
  await look('secret-locks.list', () => store.locks([]));
  const unfit = whyUnfit(binding, metadata);
  const report: SecretReport = {
    ...common,
    answeredOn: configuredNetwork,
    type: metadata.type,
    ...(unfit === undefined ? {} : { unfit: unfit.detail }),
  };
  const group = groupOf(metadata);
  if (unfit !== undefined) return { report, ...group, whyNoValue: unfit.detail };
  const mint =
    metadata.type === 'iam_credentials' ? whyReadMints(valueOf(versions), metadata, clock.now()) : undefined;
  if (mint !== undefined) return { report, ...group, whyNoValue: mint };
  const read = await look('secret-version.read', () => store.read('current'));
  const value = valueOf(read);
  return {
    report,
    ...group,
    ...(value === undefined ? {} : { value }),
    whyNoValue: 'why' in read ? read.why : 'its current version gives no value',
  };
}

/**
 * Whether the secrets of each Secrets Manager may be listed. Who may see one group is perhaps shown that one, so that only a
 * refusal tells.
 */
export async function lookAtSecretLists(
  { bindings, ports: { services } }: SweepContext,
  looker: Looker,
): Promise<void> {
  const places = new Map(bindings.map(({ secret }) => [`${secret.account} ${secret.instanceId}`, secret]));
  for (const secret of places.values()) {
    const { account, instanceId: target } = secret;
    const listed = await looker.look({ account, target, actions: [] }, () =>
      services.secretsManager(account, secret).listSecrets(),
    );
    if ('why' in listed)
      looker.file(
        { account, target, actions: ['secrets-manager.secrets.list'] },
        { came: listed.status === 403 ? 'refused' : 'unclear', detail: listed.why },
      );
  }
}

/**
 * Once the lease of a key is over, reading makes another: it is read only while its version says that it lives.
 *
 * @returns why it is not read; undefined = reading does no harm
 * @see https://cloud.ibm.com/docs/secrets-manager?topic=secrets-manager-iam-credentials
 */
function whyReadMints(
  versions: readonly SecretVersion[] = [],
  { expiresAt }: SecretMetadata,
  now: number,
): string | undefined {
  const endsAt = versionOf(versions, 'current')?.expiresAt ?? expiresAt;
  if (endsAt === undefined)
    return 'could not be told: when the lease of its key ends is not shown, and reading it after that makes another key';
  return endsAt - now > LEASE_MARGIN_MS
    ? undefined
    : `could not be told: the lease of its key ends ${formatInstant(endsAt)}, and reading it from then on makes another key`;
}

/** Clocks differ, and a request takes its time. */
const LEASE_MARGIN_MS = minutes(5);

/** A refusal is an answer. */
const didAnswer = (seen: Seen<unknown> | undefined): boolean =>
  seen !== undefined && ('value' in seen || seen.status !== undefined);

const groupOf = ({ groupId }: SecretMetadata) => (groupId === undefined ? {} : { groupId });
