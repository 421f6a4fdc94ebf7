import { days } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Project } from './model.ts';

/** How long a deleted project may be had back, and its name is blocked. */
const SOFT_DELETE_MS = days(7);

export type NewProject = Pick<Project, 'name' | 'accountId' | 'region' | 'resourceGroupId'> &
  Partial<Pick<Project, 'id' | 'tags' | 'activeAt'>>;

/** The projects of all accounts. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-manage-project */
export class Projects {
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #all: Project[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.#random = host.random.fork('code engine projects');
  }

  /** Those that are there. */
  list(accountId: string): readonly Project[] {
    return this.#all.filter((one) => one.accountId === accountId && one.goneAt > this.#host.now());
  }

  get(id: string): Project | undefined {
    return this.#all.find((one) => one.id === id && one.goneAt > this.#host.now());
  }

  /** One that still blocks its name: it is there, or was deleted less than seven days ago. */
  blocking({ accountId, region, name }: Pick<Project, 'accountId' | 'region' | 'name'>): Project | undefined {
    return this.counted(accountId, region).find((one) => one.name === name);
  }

  /** Those that count for the quota: deleted ones too, for seven days. */
  counted(accountId: string, region: string): readonly Project[] {
    return this.#all.filter(
      (one) =>
        one.accountId === accountId &&
        one.region === region &&
        one.goneAt + SOFT_DELETE_MS > this.#host.now(),
    );
  }

  add(project: NewProject): Project {
    const now = this.#host.now();
    const added: Project = {
      id: this.#random.uuid(),
      tags: [],
      activeAt: now,
      subdomain: this.#random.hex(11),
      createdAt: now,
      goneAt: Number.POSITIVE_INFINITY,
      ...project,
    };
    this.#all.push(added);
    return added;
  }

  remove(project: Project, goneAt: number): void {
    project.goneAt = Math.min(project.goneAt, goneAt);
  }
}
