import { expect } from 'vitest';
import type { JobSpec, Project } from '../../../infra/local/code-engine/model.ts';
import type { World } from '../../../infra/local/world.ts';
import { aSite, type Site } from './site.ts';

/** The account of the world that is deployed to. */
export const EDGE = '9989c32096219819f54f6ed1c559e016';

/** A site to which everything was deployed. */
export async function deployed(): Promise<Site> {
  const site = aSite();
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  return site;
}

export function projectOf({ codeEngine }: World): Project {
  const [project] = codeEngine.projects.list(EDGE);
  if (project === undefined) throw new Error('no project');
  return project;
}

export const jobIn = ({ world }: Site, name: string): JobSpec => {
  const job = world.codeEngine.jobs.get(projectOf(world).id, name);
  if (job === undefined) throw new Error(`no job ${name}`);
  return job.spec;
};

/** No secret of the world is in anything that was printed, nor in the state. */
export function silent({ world, said, env }: Site): void {
  const texts = [
    ...said,
    ...world.file.accounts
      .flatMap(({ id }) => world.codeEngine.projects.list(id))
      .flatMap(
        ({ id, name }) =>
          world.codeEngine.configMaps.get(id, `${name}-deploy-state`)?.spec.data['state.json'] ?? [],
      ),
  ].join('\n');
  for (const secret of [...world.secretValues(), env['NOTIFY_TOKEN'] ?? '', 'TRACER'])
    expect(texts).not.toContain(secret);
}
