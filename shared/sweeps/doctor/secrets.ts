import type { Binding } from '../../domain/binding.ts';
import type { SecretReport } from '../../domain/doctor/report.ts';
import type { SecretMetadata } from '../../domain/keys.ts';
import { whyUnfit } from '../../domain/rotation/secret-fits.ts';
import type { Secret } from '../../domain/secret.ts';
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
  { ports: { services } }: SweepContext,
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
  await look('secret-versions.list', () => store.versions());
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
  const read = await look('secret-version.read', () => store.read('current'));
  const value = valueOf(read);
  return {
    report,
    ...group,
    ...(value === undefined ? {} : { value }),
    whyNoValue: 'why' in read ? read.why : 'its current version gives no value',
  };
}

/** A refusal is an answer. */
const didAnswer = (seen: Seen<unknown> | undefined): boolean =>
  seen !== undefined && ('value' in seen || seen.status !== undefined);

const groupOf = ({ groupId }: SecretMetadata) => (groupId === undefined ? {} : { groupId });
