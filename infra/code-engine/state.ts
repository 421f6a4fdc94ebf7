import * as z from 'zod';
import { type Entry, idOf, KINDS } from './resource.ts';

/** Bumped when an older deployer would misread it. */
const SCHEMA = 1;

const EntryWire = z.strictObject({
  kind: z.enum(KINDS),
  key: z.string(),
  name: z.string(),
  account: z.string(),
  within: z.string().optional(),
  id: z.string().optional(),
  refused: z.int().optional(),
});

const StateWire = z.strictObject({
  schema: z.literal(SCHEMA),
  revision: z.int().min(1),
  /** Of the deployment that wrote it last: two at once notice each other. */
  writer: z.string(),
  tool: z.string(),
  project: z.strictObject({ id: z.string(), made: z.boolean() }),
  resources: z.array(EntryWire),
});

/** What a deployment has made, as `state.json` in the config map `<project>-deploy-state` says. */
export interface State {
  readonly revision: number;
  readonly writer: string;
  readonly tool: string;
  /** `made`: by us; else it was there before and stays. */
  readonly project: { readonly id: string; readonly made: boolean };
  readonly resources: readonly Entry[];
}

export const STATE_KEY = 'state.json';
export const stateName = (project: string): string => `${project}-deploy-state`;

/** @returns undefined when it is no state that this version can read */
export function parseState(text: string): State | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = StateWire.safeParse(json);
  if (!parsed.success) return undefined;
  const { revision, writer, tool, project, resources } = parsed.data;
  return { revision, writer, tool, project, resources: resources.map(toEntry) };
}

const toEntry = ({ within, id, refused, ...entry }: z.infer<typeof EntryWire>): Entry => ({
  ...entry,
  ...(within === undefined ? {} : { within }),
  ...(id === undefined ? {} : { id }),
  ...(refused === undefined ? {} : { refused }),
});

export const serializeState = (state: State): string =>
  `${JSON.stringify({ schema: SCHEMA, ...state }, undefined, 1)}\n`;

/** The state with an entry put in, or in the place of the one that it follows. */
export const withEntry = (state: State, entry: Entry): State => ({
  ...state,
  resources: state.resources.some((known) => idOf(known) === idOf(entry))
    ? state.resources.map((known) => (idOf(known) === idOf(entry) ? entry : known))
    : [...state.resources, entry],
});

export const withoutEntry = (state: State, entry: Pick<Entry, 'kind' | 'key'>): State => ({
  ...state,
  resources: state.resources.filter((known) => idOf(known) !== idOf(entry)),
});
