import { seconds } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';
import type { SeededRandom } from '../random.ts';

/** A component of a Code Engine project, as the token in its file names it. */
export interface ComputeResource {
  readonly projectCrn: string;
  /** What claim rules may ask for; a project's name is unique only per region and account. */
  readonly projectName?: string;
  readonly componentType: 'application' | 'job' | 'function';
  readonly componentName: string;
}

/**
 * The tokens that Code Engine puts into the files of its workloads and rotates.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-trusted-profiles
 */
export class ComputeResources {
  readonly #host: Host;
  readonly #random: SeededRandom;
  readonly #tokens = new Map<string, { readonly resource: ComputeResource; readonly expiresAt: number }>();

  constructor(host: Host) {
    this.#host = host;
    this.#random = host.random.fork('compute resources');
  }

  /** The text of a file that was written at an instant; it serves as long as the world's `computeResourceTokenSeconds` say. */
  tokenFile(resource: ComputeResource, at: number): string {
    const token = `TRACER-cr-${this.#random.hex(48)}`;
    const expiresAt = at + seconds(this.#host.settings.iam.computeResourceTokenSeconds);
    this.#tokens.set(token, { resource, expiresAt });
    return token;
  }

  /** Whom a token names; undefined for one that is unknown or over. */
  resourceOf(token: string, at: number): ComputeResource | undefined {
    const known = this.#tokens.get(token.trim());
    return known === undefined || at >= known.expiresAt ? undefined : known.resource;
  }

  tokens(): readonly string[] {
    return [...this.#tokens.keys()];
  }
}
