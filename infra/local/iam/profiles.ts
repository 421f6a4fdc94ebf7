import { seconds } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import { type ClaimRule, ruleMatches } from './claim-rules.ts';
import type { ComputeResource } from './compute-resources.ts';

/** A trusted profile: an identity that others become. */
export interface ProfileState {
  readonly id: string;
  /** `iam-` and the id. */
  readonly iamId: string;
  name: string;
  readonly accountId: string;
  description: string | undefined;
  email: string | undefined;
  readonly createdAt: number;
  modifiedAt: number;
  entityTag: string;
  /** IAM ids that may assume it. */
  readonly trusts: readonly string[];
}

/** A component of a compute resource that may become a profile. There is no update of a link. */
export interface LinkState {
  readonly id: string;
  readonly entityTag: string;
  readonly createdAt: number;
  readonly name?: string;
  /** `CE`, `VSI`, … */
  readonly crType: string;
  readonly isCrossAccount?: boolean;
  readonly crn: string;
  /** Of `CE`. What no component is, is accepted and never matches. */
  readonly componentType?: string;
  readonly componentName?: string;
  /** Of `IKS_SA` and `ROKS_SA`: a Kubernetes namespace, and a service account in it. */
  readonly namespace?: string;
  readonly serviceAccount?: string;
}

/** A claim rule of a profile. */
export interface RuleState extends ClaimRule {
  readonly id: string;
  readonly entityTag: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

type Stamp = 'id' | 'entityTag' | 'createdAt';

/** Trusted profiles of every account, what they trust, and who becomes them. */
export class Profiles {
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #startedAt: number;
  readonly #profiles = new Map<string, ProfileState>();
  readonly #links = new Map<string, LinkState[]>();
  readonly #rules = new Map<string, RuleState[]>();
  /** IAM ids of those that are there or were. */
  readonly #known = new Set<string>();

  constructor(host: Host) {
    this.#host = host;
    this.#random = host.random.fork('profiles');
    this.#startedAt = host.now();
  }

  create(
    profile: Pick<ProfileState, 'name' | 'accountId'> &
      Partial<Pick<ProfileState, 'id' | 'description' | 'email' | 'trusts'>>,
  ): ProfileState {
    const id = profile.id ?? `Profile-${this.#random.uuid()}`;
    const state: ProfileState = {
      id,
      iamId: `iam-${id}`,
      name: profile.name,
      accountId: profile.accountId,
      description: profile.description,
      email: profile.email,
      createdAt: this.#host.now(),
      modifiedAt: this.#host.now(),
      entityTag: this.#newTag(),
      trusts: profile.trusts ?? [],
    };
    this.#profiles.set(id, state);
    this.#known.add(state.iamId);
    return state;
  }

  change(profile: ProfileState, to: Partial<Pick<ProfileState, 'name' | 'description' | 'email'>>): void {
    Object.assign(profile, to, { modifiedAt: this.#host.now(), entityTag: this.#newTag() });
  }

  /** Takes its links and rules with it. Its policies stay. */
  remove({ id }: ProfileState): void {
    this.#profiles.delete(id);
    this.#links.delete(id);
    this.#rules.delete(id);
  }

  get(id: string): ProfileState | undefined {
    return this.#profiles.get(id);
  }

  ofAccount(accountId: string): readonly ProfileState[] {
    return [...this.#profiles.values()].filter((profile) => profile.accountId === accountId);
  }

  /** By its name, which is unique in its account. */
  named(name: string, accountId: string): ProfileState | undefined {
    return this.ofAccount(accountId).find((profile) => profile.name === name);
  }

  /** Whether an IAM id is that of a profile that is there or was: issued tokens outlive their profile. */
  everHad(iamId: string): boolean {
    return this.#known.has(iamId);
  }

  link({ id }: ProfileState, link: Omit<LinkState, Stamp>): LinkState {
    const state = { ...link, ...this.#stamp('link') };
    this.#links.set(id, [...this.links(id), state]);
    return state;
  }

  links(profileId: string): readonly LinkState[] {
    return this.#links.get(profileId) ?? [];
  }

  unlink(profileId: string, linkId: string): void {
    const kept = this.links(profileId).filter(({ id }) => id !== linkId);
    this.#links.set(profileId, kept);
  }

  addRule({ id }: ProfileState, rule: ClaimRule): RuleState {
    const state = { ...rule, ...this.#stamp('ClaimRule'), modifiedAt: this.#host.now() };
    this.#rules.set(id, [...this.rules(id), state]);
    return state;
  }

  rules(profileId: string): readonly RuleState[] {
    return this.#rules.get(profileId) ?? [];
  }

  replaceRule(profileId: string, rule: RuleState, by: ClaimRule): RuleState {
    const { id, createdAt } = rule;
    const state = { ...by, id, createdAt, modifiedAt: this.#host.now(), entityTag: this.#newTag() };
    this.#rules.set(
      profileId,
      this.rules(profileId).map((one) => (one.id === id ? state : one)),
    );
    return state;
  }

  removeRule(profileId: string, ruleId: string): void {
    const kept = this.rules(profileId).filter(({ id }) => id !== ruleId);
    this.#rules.set(profileId, kept);
  }

  /** Whether a link or a claim rule of a profile lets a compute resource become it, at this instant. */
  trusts({ id, accountId }: ProfileState, resource: ComputeResource, at: number): boolean {
    const acts = ({ createdAt }: { readonly createdAt: number }): boolean =>
      createdAt <= this.#startedAt || at >= createdAt + seconds(this.#host.settings.iam.linkDelaySeconds);
    const isOwn = accountIdOf(resource.projectCrn) === accountId;
    return (
      this.links(id).some(
        (link) =>
          acts(link) &&
          link.crType === 'CE' &&
          link.crn === resource.projectCrn &&
          link.componentType === resource.componentType &&
          link.componentName === resource.componentName,
      ) || this.rules(id).some((rule) => isOwn && acts(rule) && ruleMatches(rule, resource))
    );
  }

  #stamp(kind: string): Pick<LinkState, Stamp> {
    return {
      id: `${kind}-${this.#random.uuid()}`,
      entityTag: this.#newTag(),
      createdAt: this.#host.now(),
    };
  }

  #newTag(): string {
    return `1-${this.#random.hex(32)}`;
  }
}

/** The account in the scope of a CRN, `a/<account>`. */
export const accountIdOf = (crn: string): string | undefined =>
  /^a\/(.+)$/.exec(crn.split(':')[6] ?? '')?.[1];
