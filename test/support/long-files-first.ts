import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the files are that may take a minute. */
const LONG = /^test\/(?:scenarios|docs|bench)\//;

/**
 * Test files in an order that the seed decides, those that may take long before all others: the last one of a run keeps one core
 * busy and the rest waiting.
 */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root, sequence } = this.ctx.config;
    const ranked = files.map((file) => {
      const path = relative(root, file.moduleId);
      const drawn = createHash('sha256').update(`${sequence.seed} ${path}`).digest('hex');
      return { file, rank: `${LONG.test(path) ? 0 : 1} ${drawn}` };
    });
    return ranked.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ file }) => file);
  }
}
