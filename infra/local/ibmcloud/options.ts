/** A flag of a command: its names (`name`, short ones of one letter), and what follows it. */
export interface Flag {
  readonly names: readonly string[];
  /** `switch` takes nothing, or `=true` or `=false`; `list` may be repeated. */
  readonly kind: 'text' | 'list' | 'switch';
  readonly required?: boolean;
}

export const text = (...names: readonly string[]): Flag => ({ names, kind: 'text' });
export const required = (...names: readonly string[]): Flag => ({ names, kind: 'text', required: true });
export const list = (...names: readonly string[]): Flag => ({ names, kind: 'list' });
export const flag = (...names: readonly string[]): Flag => ({ names, kind: 'switch' });

/** A command failed; the message is for a person. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** What a command was given. */
export class Options {
  readonly args: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(args: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.args = args;
    this.#values = values;
  }

  /** By the first of a flag's names; of one that is repeated, the last counts. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  /** Of a flag that must be there. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new Failure(`Required option '--${name}' is not specified.`);
    return value;
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** `NAME=VALUE`, repeated. */
  pairs(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.list(name).map((pair) => {
        const [, key = '', value = ''] = /^([^=]+)=([\s\S]*)$/.exec(pair) ?? [];
        if (key === '') throw new Failure(`'--${name}' takes NAME=VALUE.`);
        return [key, value] as const;
      }),
    );
  }

  is(name: string): boolean {
    return this.text(name) === 'true';
  }

  get json(): boolean {
    const output = this.text('output')?.toLowerCase();
    if (output !== undefined && output !== 'json')
      throw new Failure(`The local cloud does not print '${output}'; use '--output json'.`);
    return output !== undefined;
  }
}

/** @throws {Failure} for an unknown flag, a value that is missing, a required flag that is missing, or too many arguments */
export function parseOptions(
  words: readonly string[],
  flags: readonly Flag[],
  most: { readonly args: number },
): Options {
  const values = new Map<string, readonly string[]>();
  const args: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, dashes, name = '', attached] = /^(--?)([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (dashes === undefined) {
      args.push(word);
      continue;
    }
    const found = flags.find(({ names }) => names.includes(name) && (dashes === '--' || name.length === 1));
    if (found === undefined)
      throw new Failure(`Incorrect Usage: flag provided but not defined: ${dashes}${name}`);
    const value = attached ?? (found.kind === 'switch' ? 'true' : rest.shift());
    if (value === undefined) throw new Failure(`Incorrect Usage: flag needs an argument: ${dashes}${name}`);
    if (found.kind === 'switch' && value !== 'true' && value !== 'false')
      throw new Failure(`Incorrect Usage: ${dashes}${name} takes true or false`);
    const [key = ''] = found.names;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  const missing = flags.find(({ names, required: must }) => must === true && !values.has(names[0] ?? ''));
  if (missing !== undefined) throw new Failure(`Required option '--${missing.names[0]}' is not specified.`);
  const [extra] = args.slice(most.args);
  if (extra !== undefined) throw new Failure(`Incorrect Usage: unexpected argument '${extra}'`);
  return new Options(args, values);
}
