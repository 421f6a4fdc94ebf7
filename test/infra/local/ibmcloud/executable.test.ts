import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type ServedCloud, serveWorld } from '../../../../infra/local/serve.ts';
import { ACCOUNT, toolWorldFile } from './tool-world.ts';

const run = promisify(execFile);

test('a served cloud brings the tool as a program, whose state is that of the cloud', async () => {
  const cloud = await serveWorld(
    toolWorldFile({ codeEngine: { startDelaySeconds: 0, projectDelaySeconds: 0 } }),
    { seed: 1 },
  );
  try {
    const folder = dirname(cloud.config);
    const ibmcloud = (...args: readonly string[]) =>
      run(join(folder, 'bin', 'ibmcloud'), args, { cwd: folder, env: {} });

    await ibmcloud('login', '--apikey', '@edge.apikey', '-r', 'us-south');
    await ibmcloud('ce', 'project', 'create', '--name', 'keeper', '--no-wait');
    const { stdout, stderr } = await ibmcloud('ce', 'project', 'current', '-q', '-o', 'json');

    expect(JSON.parse(stdout)).toMatchObject({ name: 'keeper' });
    expect(stderr).toBe('');

    mkdirSync(join(folder, 'app', 'hello'), { recursive: true });
    writeFileSync(join(folder, 'app', 'Dockerfile'), 'FROM node:24');
    writeFileSync(join(folder, 'app', 'hello', 'main.js'), 'console.log("hello " + process.env.WHOM);');
    await ibmcloud('ce', 'buildrun', 'submit', '--source', 'app', '--image', 'example.com/hello:1', '--wait');
    await addJob(cloud, 'example.com/hello:1');
    await ibmcloud(
      'ce',
      'jobrun',
      'submit',
      '--job',
      'hello',
      '--name',
      'first',
      '--env',
      'WHOM=world',
      '--wait',
    );
    expect((await ibmcloud('ce', 'jobrun', 'logs', '--name', 'first')).stdout).toMatch(/\nhello world\n$/);

    await expect(ibmcloud('ce', 'fly')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('not a registered command'),
    });
  } finally {
    await cloud.close();
  }
});

async function addJob({ world, endpoints }: ServedCloud, image: string): Promise<void> {
  const granted = world.iam.grantToken(world.keyValue('deployer-key'), world.now());
  const [project] = world.codeEngine.projects.list(ACCOUNT);
  const url = `${endpoints.codeEngine}/v2/projects/${project?.id}/jobs?version=2025-07-10`;
  const headers = {
    authorization: `Bearer ${granted.ok ? granted.token : ''}`,
    'content-type': 'application/json',
  };
  const work = { run_commands: ['node'], run_arguments: ['hello/main.js'] };
  const body = JSON.stringify({ name: 'hello', image_reference: image, ...work });
  expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(201);
}
