import type { Host } from '../host.ts';
import { Components } from './components.ts';
import { Images } from './images.ts';
import type { ConfigMapSpec, FunctionSpec, JobSpec, SecretSpec } from './model.ts';
import { Projects } from './projects.ts';
import { Subscriptions } from './subscriptions.ts';

/** Code Engine: projects, what is in them, and what runs there. @see https://cloud.ibm.com/docs/codeengine */
export class CodeEngine {
  readonly projects: Projects;
  readonly configMaps: Components<ConfigMapSpec>;
  readonly secrets: Components<SecretSpec>;
  readonly jobs: Components<JobSpec>;
  readonly functions: Components<FunctionSpec>;
  readonly subscriptions: Subscriptions;
  readonly images = new Images();

  constructor(host: Host) {
    this.projects = new Projects(host);
    this.configMaps = new Components(host, 'config maps');
    this.secrets = new Components(host, 'secrets');
    this.jobs = new Components(host, 'jobs');
    this.functions = new Components(host, 'functions');
    this.subscriptions = new Subscriptions(host);
  }
}
