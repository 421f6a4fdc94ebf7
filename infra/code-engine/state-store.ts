import { ApiError } from '../../shared/errors.ts';
import type { Random } from '../../shared/ports.ts';
import type { CodeEngineClient, Item } from './clients/code-engine.ts';
import { isConflict } from './clients/rest.ts';
import { textOf } from './resource.ts';
import { parseState, STATE_KEY, type State, serializeState, stateName } from './state.ts';

/** Another deployment has written the state since this one read it. */
export class StateConflictError extends Error {
  override readonly name = 'StateConflictError';
}

/** The state cannot be read by this version. */
export class StateUnreadableError extends Error {
  override readonly name = 'StateUnreadableError';
}

/** The state of one project, and the tag that the next write must name. */
export class StateStore {
  readonly #client: CodeEngineClient;
  readonly #project: { readonly id: string; readonly name: string };
  /** Of this deployment: a write whose answer was lost is known by it. */
  readonly #writer: string;
  #tag: string | undefined;

  constructor(
    client: CodeEngineClient,
    project: { readonly id: string; readonly name: string },
    random: Random,
  ) {
    this.#client = client;
    this.#project = project;
    this.#writer = random.hex(16);
  }

  /** @returns undefined when there is none. @throws {StateUnreadableError} */
  async read(): Promise<State | undefined> {
    const item = await this.#get();
    this.#tag = item?.entity_tag;
    return item === undefined ? undefined : this.#parse(item);
  }

  /**
   * Writes the next revision.
   *
   * @throws {StateConflictError} when somebody else was faster: then this deployment has nothing to say any more
   */
  async write(state: State): Promise<State> {
    const next: State = { ...state, revision: state.revision + 1, writer: this.#writer };
    const { id } = this.#project;
    const name = stateName(this.#project.name);
    const data = { [STATE_KEY]: serializeState(next) };
    try {
      const item =
        this.#tag === undefined
          ? await this.#client.create(id, 'config_maps', { name, data })
          : await this.#client.update(id, 'config_maps', { name, tag: this.#tag }, { data });
      this.#tag = item.entity_tag;
    } catch (error) {
      const isUnclear = error instanceof ApiError && error.effect === 'unknown';
      if (!isUnclear && !isConflict(error)) throw error;
      await this.#settle(next, error);
    }
    return next;
  }

  async remove(): Promise<void> {
    const { id, name } = this.#project;
    await this.#client.remove(id, 'config_maps', stateName(name));
    // Who deployed again before it is gone would write into what goes.
    await this.#client.gone(id, 'config_maps', [stateName(name)]);
    this.#tag = undefined;
  }

  /** Whether a write that was not answered, or answered twice, was done. */
  async #settle(wanted: State, error: unknown): Promise<void> {
    const item = await this.#get();
    // It is as it was: nobody has written, this deployment neither.
    if (!isConflict(error) && item?.entity_tag === this.#tag) throw error;
    const found = item === undefined ? undefined : this.#parse(item);
    if (item === undefined || found?.writer !== this.#writer || found.revision !== wanted.revision)
      throw new StateConflictError(
        `another deployment of project ${this.#project.name} is at work, or has just been: let it finish, then run plan and apply again`,
      );
    this.#tag = item.entity_tag;
  }

  #get(): Promise<Item | undefined> {
    return this.#client.get(this.#project.id, 'config_maps', stateName(this.#project.name));
  }

  #parse(item: Item): State {
    const data = item['data'] as Readonly<Record<string, unknown>> | undefined;
    const state = parseState(textOf(data?.[STATE_KEY]));
    if (state !== undefined) return state;
    throw new StateUnreadableError(
      `config map ${item.name} does not hold a state that this version can read: was it edited, or written by a newer version?`,
    );
  }
}
