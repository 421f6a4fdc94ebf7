import { minutes, seconds } from '../../../shared/domain/time.ts';
import { ApiError } from '../../../shared/errors.ts';
import type { Clock } from '../../../shared/ports.ts';
import type { ComponentType, Link, Profile, ProfilesClient } from '../clients/profiles.ts';
import { MARK } from '../desired/access.ts';
import {
  ConflictError,
  type Fields,
  type Handler,
  idOf,
  LATER,
  type Live,
  same,
  type Target,
  textOf,
} from '../resource.ts';
import { conflicts } from './items.ts';

/** Whose clients do the work: those of an account of `keeper.yml`. */
export type InAccount<T> = (account: string) => T;

const liveProfile = (profile: Profile, { fields }: Target): Live => {
  const description = profile.description ?? '';
  return {
    id: profile.id,
    tag: profile.entity_tag,
    fields: { name: profile.name, description },
    marked: fields === undefined ? description.startsWith(MARK) : description === fields['description'],
    outputs: { id: profile.id, iamId: profile.iam_id },
  };
};

/** Trusted profiles. A name is unique in its account; the description is the mark. */
export const profilesIn = (clients: InAccount<ProfilesClient>): Handler => ({
  async look(targets) {
    const found = new Map<string, Live>();
    for (const target of targets) {
      const client = clients(target.account);
      const byId = target.id === undefined ? undefined : await client.get(target.id);
      const profile = byId ?? (await client.find(target.name));
      if (profile !== undefined) found.set(idOf(target), liveProfile(profile, target));
    }
    return found;
  },
  async create(wanted) {
    const client = clients(wanted.account);
    try {
      const profile = await client.create(wanted.name, textOf(wanted.fields['description']));
      return liveProfile(profile, wanted);
    } catch (error) {
      // Which status an existing name is refused with is not documented.
      const isRefused = error instanceof ApiError && [400, 409].includes(error.status ?? 0);
      if (isRefused && (await client.find(wanted.name)) !== undefined)
        throw new ConflictError(error.message, { cause: error });
      throw error;
    }
  },
  async update(wanted, live) {
    const body = { name: wanted.name, description: textOf(wanted.fields['description']) };
    const client = clients(wanted.account);
    return liveProfile(await conflicts(() => client.update(live.id, live.tag ?? '*', body)), wanted);
  },
  remove: ({ account }, live) => clients(account).remove(live.id),
});

const linkFields = ({ link, is_cross_account }: Link): Fields => ({
  crn: link.crn,
  component_type: link.component_type ?? '',
  component_name: link.component_name ?? '',
  is_cross_account: is_cross_account ?? false,
});

const liveLink = (link: Link): Live => ({ id: link.id, fields: linkFields(link) });

/** What may log in as a profile. Links have no update; of equal ones it does not matter which it is. */
export const linksIn = (clients: InAccount<ProfilesClient>, clock: Clock): Handler => ({
  async look(targets) {
    const found = new Map<string, Live>();
    for (const profile of new Set(targets.map(({ within = LATER }) => within))) {
      const here = targets.filter(({ within }) => within === profile);
      const [first] = here;
      if (profile === LATER || first === undefined) continue;
      const links = (await clients(first.account).links(profile)).filter(({ cr_type }) => cr_type === 'CE');
      for (const target of here) {
        const link =
          links.find(({ id }) => id === target.id) ??
          links.find((one) =>
            target.fields === undefined ? one.name === target.name : same(linkFields(one), target.fields),
          );
        if (link !== undefined) found.set(idOf(target), liveLink(link));
      }
    }
    return found;
  },
  async create({ account, name, within = '', fields }) {
    const client = clients(account);
    const link = await onceKnown(clock, () =>
      client.createLink(within, {
        name,
        crn: textOf(fields['crn']),
        componentType: fields['component_type'] as ComponentType,
        componentName: textOf(fields['component_name']),
        isCrossAccount: fields['is_cross_account'] === true,
      }),
    );
    return liveLink(link);
  },
  update: () => Promise.reject(new Error('a link has no update')),
  remove: ({ account, within = '' }, live) => clients(account).removeLink(within, live.id),
});

/** How long IAM may take to know everywhere what was just made. */
const UNKNOWN_MS = minutes(5);

/** Repeats what is refused because IAM does not know yet what was just made. */
export async function onceKnown<T>(clock: Clock, act: () => Promise<T>): Promise<T> {
  const until = clock.now() + UNKNOWN_MS;
  for (let waitMs = seconds(2); ; waitMs *= 2) {
    try {
      return await conflicts(act);
    } catch (error) {
      const isUnknown = error instanceof ApiError && error.status === 404;
      if (!isUnknown || clock.now() + waitMs > until) throw error;
      await clock.sleep(waitMs);
    }
  }
}
