'use strict';
// Becomes main.js of each job, and of what it loads on the way: runs the code beside it, from what V8 has compiled of it before.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const filename = __filename.replace(/\.js$/, '.code.js');

/** What is of another version of Node, or for other code, V8 leaves aside. */
function compiledBefore() {
  try {
    return readFileSync(`${filename}.cache`);
  } catch {
    return undefined;
  }
}

// It is ASCII.
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: compiledBefore() });
script.runInThisContext()(module, exports, require, require.main === module);
