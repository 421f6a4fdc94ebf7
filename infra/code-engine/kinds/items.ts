import { Secret } from '../../../shared/domain/secret.ts';
import { ApiError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/ports.ts';
import { type CodeEngineClient, type Collection, type Item } from '../clients/code-engine.ts';
import { isConflict } from '../clients/rest.ts';
import { WEBHOOK_KEY, WEBHOOK_SECRET } from '../desired/workloads.ts';
import {
  ConflictError,
  type Fields,
  type Handler,
  idOf,
  type Live,
  textOf,
  type Wanted,
} from '../resource.ts';
import { dataBody, dataFields, readiness, workloadBody, workloadFields } from './wire.ts';

/** 32 random bytes. */
const WEBHOOK_DIGITS = 64;

/** How one collection of a project is spelled. */
interface Spelling {
  readonly collection: Collection;
  readonly fieldsOf: (item: Item) => Fields;
  readonly bodyOf: (wanted: Wanted, live?: Live) => Readonly<Record<string, unknown>>;
  /** Of a function: whether it serves by now, and where. */
  readonly settles: boolean;
}

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#list-config-maps */
export const CONFIG_MAPS: Spelling = {
  collection: 'config_maps',
  fieldsOf: (item) => dataFields(item, false),
  bodyOf: ({ fields }) => ({ data: dataBody(fields) }),
  settles: false,
};

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#list-secrets */
export const secretsWith = (random: Random): Spelling => ({
  collection: 'secrets',
  fieldsOf: (item) =>
    item.name === WEBHOOK_SECRET ? { made: webhookSecretIn(item) !== undefined } : dataFields(item, true),
  bodyOf: ({ name, fields }) => ({
    format: 'generic',
    data: name === WEBHOOK_SECRET ? { [WEBHOOK_KEY]: random.hex(WEBHOOK_DIGITS) } : dataBody(fields),
  }),
  settles: false,
});

/** What senders of alerts must know. @returns undefined when it is not in there */
export function webhookSecretIn(item: Item): Secret | undefined {
  const value = dataFields(item, true)[`data.${WEBHOOK_KEY}`];
  return value instanceof Secret && value.reveal() !== '' ? value : undefined;
}

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#list-jobs */
export const JOBS: Spelling = {
  collection: 'jobs',
  fieldsOf: (item) => workloadFields('jobs', item),
  bodyOf: ({ fields }, live) => workloadBody(fields, live?.fields),
  settles: false,
};

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#list-functions */
export const FUNCTIONS: Spelling = {
  collection: 'functions',
  fieldsOf: (item) => ({ ...workloadFields('functions', item), status: readiness(item).status }),
  bodyOf: ({ fields }, live) => workloadBody(fields, live?.fields),
  settles: true,
};

/** Config maps, secrets, jobs or functions of a project. Names are unique there, and nothing bears a mark. */
export function itemsOf(client: CodeEngineClient, projectId: string, spelling: Spelling): Handler {
  const { collection, fieldsOf, bodyOf, settles } = spelling;
  const settled = async (item: Item): Promise<Item> => {
    if (!settles || !readiness(item).isPassing) return item;
    const last = await client.until(
      () => client.get(projectId, collection, item.name),
      (now) => now === undefined || !readiness(now).isPassing,
    );
    if (last === undefined) throw new ConflictError(`${item.name} is gone`);
    return last;
  };
  const liveOf = (item: Item): Live => ({
    id: item.id,
    tag: item.entity_tag,
    fields: fieldsOf(item),
    outputs: {
      id: item.id,
      tag: item.entity_tag,
      ...(typeof item['endpoint'] === 'string' ? { endpoint: item['endpoint'] } : {}),
    },
  });
  /** @throws {ApiError} when what was just written does not serve */
  const written = async (item: Item): Promise<Live> => {
    const live = liveOf(await settled(item));
    const { status } = live.fields;
    if (!settles || status === 'ready') return live;
    const reason = `function ${item.name} did not become ready: ${textOf(status)}; see its logs in IBM Cloud Logs, and its code with npm run build`;
    throw new ApiError({ service: 'code-engine', operation: 'getFunction', effect: 'none', reason });
  };
  return {
    async look(targets) {
      if (targets.length === 0) return new Map();
      const items = new Map((await client.list(projectId, collection)).map((item) => [item.name, item]));
      const found = new Map<string, Live>();
      for (const target of targets) {
        const item = items.get(target.name);
        if (item !== undefined) found.set(idOf(target), liveOf(await settled(item)));
      }
      return found;
    },
    async create(wanted) {
      const body = { name: wanted.name, ...bodyOf(wanted) };
      return written(await conflicts(() => client.create(projectId, collection, body)));
    },
    async update(wanted, live) {
      const ref = { name: wanted.name, tag: live.tag ?? '' };
      return written(await conflicts(() => client.update(projectId, collection, ref, bodyOf(wanted, live))));
    },
    remove: ({ name }) => client.remove(projectId, collection, name),
    gone: (targets) =>
      client.gone(
        projectId,
        collection,
        targets.map(({ name }) => name),
      ),
  };
}

/** @throws {ConflictError} for an answer that says that the world is not as it was seen */
export async function conflicts<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isConflict(error)) throw new ConflictError((error as ApiError).message, { cause: error });
    throw error;
  }
}
