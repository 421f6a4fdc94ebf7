/** What stands in the registries that jobs pull from: an image is here the set of commands that it can run. */
export class Images {
  readonly #commands = new Map<string, readonly string[]>();

  /** @param commands - whole command lines, for example `node check-logpush/main.js`; more arguments may follow */
  register(reference: string, commands: readonly string[]): void {
    this.#commands.set(withRegistry(reference), commands);
  }

  /** Whether an image is there and has a command. An empty command is the image's own. */
  find(reference: string, command: readonly string[]): 'found' | 'no-image' | 'no-command' {
    const known = this.#commands.get(withRegistry(reference));
    if (known === undefined) return 'no-image';
    const line = command.join(' ');
    const has = line === '' || known.some((one) => line === one || line.startsWith(`${one} `));
    return has ? 'found' : 'no-command';
  }
}

/** A name without a registry is one of Docker's. */
const withRegistry = (reference: string): string =>
  /^[^/]*[.:][^/]*\//.test(reference) ? reference : `docker.io/${reference}`;
