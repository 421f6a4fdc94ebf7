import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'vitest';

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Tests that need more than Node. Where a program is not installed they are skipped, and say so; where `KEEPER_REQUIRE`
 * (names with commas between) has their name they fail instead.
 *
 * @param install - the command that installs the programs
 */
export function whenInstalled(
  name: string,
  { programs, install }: { readonly programs: readonly string[]; readonly install: string },
  tests: () => void,
): void {
  const absent = programs.filter((program) => !isOnPath(program));
  if (absent.length === 0) {
    tests();
    return;
  }
  const message = `${name}: there is no ${absent.join(', ')}; install it with: ${install}`;
  const isRequired = (process.env['KEEPER_REQUIRE'] ?? '').split(',').includes(name);
  if (isRequired)
    test(message, () => {
      throw new Error(message);
    });
  else {
    console.log(`SKIPPED ${message}`);
    test.skip(message, () => {});
  }
}
