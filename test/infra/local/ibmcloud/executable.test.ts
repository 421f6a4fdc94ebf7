import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { serveWorld } from '../../../../infra/local/serve.ts';
import { toolWorldFile } from './tool-world.ts';

const run = promisify(execFile);

test('a served cloud brings the tool as a program, whose state is that of the cloud', async () => {
  const cloud = await serveWorld(toolWorldFile(), { seed: 1 });
  try {
    const folder = dirname(cloud.config);
    const ibmcloud = (...args: readonly string[]) =>
      run(join(folder, 'bin', 'ibmcloud'), args, { cwd: folder, env: {} });

    await ibmcloud('login', '--apikey', '@edge.apikey', '-r', 'us-south');
    await ibmcloud('ce', 'project', 'create', '--name', 'keeper', '--no-wait');
    const { stdout, stderr } = await ibmcloud('ce', 'project', 'current', '-q', '-o', 'json');

    expect(JSON.parse(stdout)).toMatchObject({ name: 'keeper' });
    expect(stderr).toBe('');
    await expect(ibmcloud('ce', 'fly')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('not a registered command'),
    });
  } finally {
    await cloud.close();
  }
});
