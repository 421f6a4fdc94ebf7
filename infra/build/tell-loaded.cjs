'use strict';
// Loaded into a run before anything else: tells as its last line which files and which parts of Node it has loaded.
process.on('exit', () => {
  const parts = process.moduleLoadList.flatMap((entry) => /^NativeModule (\S+)$/.exec(entry)?.[1] ?? []);
  process.stdout.write(`${JSON.stringify({ files: Object.keys(require.cache), parts })}\n`);
});
