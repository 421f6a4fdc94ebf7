import { expect } from 'vitest';
import type { World } from '../../infra/local/world.ts';
import { runCli } from '../../shared/runtime/cli.ts';

/** Runs the command line against a served world, and searches what it prints for every secret of that world. */
export async function runKeeper(world: World, ...args: readonly string[]) {
  let [out, err] = ['', ''];
  const code = await runCli(
    args,
    {},
    { out: (text) => void (out += text), err: (text) => void (err += text) },
  );
  for (const secret of world.iam.secretValues()) expect(`${out}${err}`).not.toContain(secret);
  return { code, out, err };
}
