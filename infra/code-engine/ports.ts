import type { Clock, Random, Transport } from '../../shared/ports.ts';

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts programs of this machine. In tests it is a function. */
export interface Subprocess {
  /**
   * Runs a program to its end, without a shell. What it is given in `env` is all that it sees beside `PATH`.
   *
   * @throws {NoProgramError} when there is no such program on the `PATH`, or it did not end within `timeoutMs`
   */
  run(
    program: string,
    args: readonly string[],
    options: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number },
  ): Promise<Ended>;
}

/** A program could not be run at all. */
export class NoProgramError extends Error {
  override readonly name = 'NoProgramError';
  readonly why: 'absent' | 'timeout' | 'other';

  constructor(program: string, why: NoProgramError['why']) {
    const what = {
      absent: 'is not on the PATH',
      timeout: 'did not end in time',
      other: 'could not be started',
    };
    super(`the program ${program} ${what[why]}`);
    this.why = why;
  }
}

/** Everything that a deployment needs of the machine that it runs on. */
export interface DeployPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly subprocess: Subprocess;
  /** An empty folder for the driver tool's own files; nobody else's login is in it. */
  readonly home: () => string;
  /** Reads a file whole, or throws as `node:fs` does. */
  readonly readFile: (path: string) => Uint8Array;
}
