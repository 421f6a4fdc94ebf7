import { seconds } from '../../../shared/domain/time.ts';
import type { Host } from '../host.ts';
import type { Images } from './images.ts';
import type { Component, FunctionSpec } from './model.ts';

/** @see https://cloud.ibm.com/apidocs/codeengine/v2#get-function */
interface FunctionStatus {
  readonly status: 'deploying' | 'ready' | 'failed';
  readonly reason:
    | 'deploying'
    | 'no_code_bundle'
    | 'ready'
    | 'ready_last_update_failed'
    | 'ready_update_in_progress';
}

/** What of each function is deployed: the newest code that could be, while newer code is on its way or cannot be. */
export class Deployments {
  readonly #host: Host;
  readonly #images: Images;
  readonly #served = new WeakMap<Component<FunctionSpec>, FunctionSpec>();

  constructor(host: Host, images: Images) {
    this.#host = host;
    this.#images = images;
  }

  /** What answers requests now; undefined when nothing does. Must be asked before each change, too. */
  servedBy(component: Component<FunctionSpec>): FunctionSpec | undefined {
    if (this.#isDeployed(component) && this.#hasCode(component.spec))
      this.#served.set(component, component.spec);
    return this.#served.get(component);
  }

  statusOf(component: Component<FunctionSpec>): FunctionStatus {
    const served = this.servedBy(component);
    if (!this.#isDeployed(component)) {
      const { statusWhileUpdated } = this.#host.settings.codeEngine;
      return served !== undefined && statusWhileUpdated === 'ready'
        ? { status: 'ready', reason: 'ready_update_in_progress' }
        : { status: 'deploying', reason: 'deploying' };
    }
    if (served === undefined) return { status: 'failed', reason: 'no_code_bundle' };
    return { status: 'ready', reason: served === component.spec ? 'ready' : 'ready_last_update_failed' };
  }

  #isDeployed({ updatedAt }: Component<FunctionSpec>): boolean {
    return this.#host.now() >= updatedAt + seconds(this.#host.settings.codeEngine.deployDelaySeconds);
  }

  #hasCode({ code_reference: code }: FunctionSpec): boolean {
    if (!code.startsWith('data:')) return this.#images.find(code, []) === 'found';
    const base64 = /^data:text\/plain;base64,([A-Za-z0-9+/]+={0,2})$/.exec(code)?.[1] ?? '';
    return base64 !== '' && base64.length % 4 === 0;
  }
}
