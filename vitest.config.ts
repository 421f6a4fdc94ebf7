import { defineConfig } from 'vitest/config';
import { LongFilesFirst } from './test/support/long-files-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: one worker each. Test files share nothing, so they may run in any order.
    maxWorkers: 2,
    sequence: { shuffle: true, sequencer: LongFilesFirst },
    // The longest ones live thousands of simulated weeks; no test waits for real time.
    testTimeout: 900_000,
  },
});
