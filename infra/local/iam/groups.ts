import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Propagation } from './propagation.ts';

/** The group that everybody is in, in every account. @see https://cloud.ibm.com/docs/account?topic=account-public */
export const PUBLIC_ACCESS = 'AccessGroupId-PublicAccess';

export interface GroupState {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** Somebody in a group, from one change to the next. */
interface Membership {
  readonly groupId: string;
  readonly accountId: string;
  readonly iamId: string;
  readonly since: number;
  readonly addedBy: string;
  until?: number;
}

/** Access groups with members that were added one by one; dynamic rules are not simulated. */
export class Groups {
  readonly #host: Host;
  readonly #propagation: Propagation;
  readonly #random: SeededRandom;
  readonly #groups = new Map<string, GroupState>();
  readonly #memberships = new Map<string, Membership[]>();

  constructor(host: Host, propagation: Propagation) {
    this.#host = host;
    this.#propagation = propagation;
    this.#random = host.random.fork('access groups');
  }

  create(group: Pick<GroupState, 'accountId' | 'name'> & Partial<GroupState>): GroupState {
    const state = {
      id: `AccessGroupId-${this.#random.uuid()}`,
      description: '',
      createdAt: this.#host.now(),
      createdBy: 'IBM',
      ...group,
    };
    this.#groups.set(state.id, state);
    return state;
  }

  remove({ id }: GroupState): void {
    for (const { iamId } of this.members(id)) this.removeMember(id, iamId);
    this.#groups.delete(id);
  }

  get(id: string): GroupState | undefined {
    return this.#groups.get(id);
  }

  /** The groups of an account, the one of everybody first. */
  ofAccount(accountId: string): readonly GroupState[] {
    const everybody = {
      id: PUBLIC_ACCESS,
      accountId,
      name: 'Public Access',
      description: 'This group includes all users and service IDs by default.',
      createdAt: 0,
      createdBy: 'IBM',
    };
    return [everybody, ...[...this.#groups.values()].filter((group) => group.accountId === accountId)];
  }

  addMember({ id, accountId }: GroupState, iamId: string, addedBy: string, since = this.#host.now()): void {
    if (this.isMember(id, iamId)) return;
    const memberships = this.#memberships.get(iamId) ?? [];
    memberships.push({ groupId: id, accountId, iamId, since, addedBy });
    this.#memberships.set(iamId, memberships);
  }

  removeMember(groupId: string, iamId: string): void {
    for (const membership of this.#memberships.get(iamId) ?? [])
      if (membership.groupId === groupId) membership.until ??= this.#host.now();
  }

  members(groupId: string): readonly Membership[] {
    return [...this.#memberships.values()]
      .flat()
      .filter((membership) => membership.groupId === groupId && membership.until === undefined);
  }

  isMember(groupId: string, iamId: string): boolean {
    return (this.#memberships.get(iamId) ?? []).some(
      (membership) => membership.groupId === groupId && membership.until === undefined,
    );
  }

  /** The groups whose policies act for an identity, which may be later than the lists say. */
  groupsOf(iamId: string, accountId: string, at: number): readonly string[] {
    return (this.#memberships.get(iamId) ?? [])
      .filter((membership) => membership.accountId === accountId && this.#propagation.acts(membership, at))
      .map(({ groupId }) => groupId);
  }
}
