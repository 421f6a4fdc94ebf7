import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';
import type { Component } from './model.ts';

/** The things of one kind, in all projects. A name is taken until its delete is done. */
export class Components<Spec> {
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #all = new Map<string, Component<Spec>>();
  readonly #held: Spec[] = [];

  constructor(host: Host, kind: string) {
    this.#host = host;
    this.#random = host.random.fork(`code engine ${kind}`);
  }

  /** By name, as lists show them. */
  list(projectId: string): readonly Component<Spec>[] {
    return this.all()
      .filter((one) => one.projectId === projectId)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Of every project. */
  all(): readonly Component<Spec>[] {
    return [...this.#all.values()].filter((one) => one.goneAt > this.#host.now());
  }

  /** Everything that ever stood in one, for searches in what must not hold it. */
  everHeld(): readonly Spec[] {
    return this.#held;
  }

  get(projectId: string, name: string): Component<Spec> | undefined {
    const found = this.#all.get(`${projectId}/${name}`);
    return found !== undefined && found.goneAt > this.#host.now() ? found : undefined;
  }

  /** @throws {Error} when the name is taken */
  add(projectId: string, name: string, spec: Spec): Component<Spec> {
    if (this.get(projectId, name) !== undefined) throw new Error(`"${name}" exists`);
    const now = this.#host.now();
    const component = {
      id: this.#random.uuid(),
      projectId,
      name,
      spec,
      createdAt: now,
      updatedAt: now,
      entityTag: this.#random.hex(16),
      goneAt: Number.POSITIVE_INFINITY,
    };
    this.#all.set(`${projectId}/${name}`, component);
    this.#held.push(spec);
    return component;
  }

  /** @throws {Error} when there is none of that name */
  update(projectId: string, name: string, spec: Spec): Component<Spec> {
    const component = this.#existing(projectId, name);
    component.spec = spec;
    this.#held.push(spec);
    component.updatedAt = this.#host.now();
    component.entityTag = this.#random.hex(16);
    return component;
  }

  /** @param goneAt - when it is gone; now, when absent. @throws {Error} when there is none of that name */
  remove(projectId: string, name: string, goneAt = this.#host.now()): void {
    const component = this.#existing(projectId, name);
    component.goneAt = Math.min(component.goneAt, goneAt);
  }

  #existing(projectId: string, name: string): Component<Spec> {
    const component = this.get(projectId, name);
    if (component === undefined) throw new Error(`there is no "${name}"`);
    return component;
  }
}
