// Runs a program of this project on the Node version the project pins, installing what is missing first.
//
// Every npm script goes through here, so that a fresh clone needs only some Node 20+ and npm: `npm start` and
// `npm test` install once, and after that work without a network. This file itself must run on Node 20.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.logpush-keeper-installed');
const pinnedNode = join(
  root,
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/** What an installation depends on; a changed lock file or platform means installing again. */
function installationKey() {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return `${hash.digest('hex')} ${process.platform}-${process.arch}\n`;
}

const isInstalled = (wanted) =>
  existsSync(stamp) && existsSync(pinnedNode) && readFileSync(stamp, 'utf8') === wanted;

/** Two commands started at once in a fresh clone must not install into each other's feet: the second waits. */
function withInstallLock(install) {
  const lock = join(root, '.install.lock');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!ownerLives(lock)) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  try {
    return install();
  } finally {
    rmSync(lock, { force: true });
  }
}

function ownerLives(lock) {
  let owner;
  try {
    owner = Number(readFileSync(lock, 'utf8'));
  } catch {
    return true; // Released just now: look again.
  }
  if (!Number.isInteger(owner) || owner <= 0) return true; // Taken just now, not written yet.
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function installIfNeeded() {
  const wanted = installationKey();
  if (isInstalled(wanted)) return;
  const done = withInstallLock(() => isInstalled(wanted) || install(wanted));
  if (done) return;
  process.stderr.write(
    'logpush-keeper: the installation failed (see above). It needs npm 10 or later and access to an npm registry; ' +
      'run `npm ci` to see more.\n',
  );
  process.exit(1);
}

function install(wanted) {
  process.stderr.write('logpush-keeper: installing dependencies (once) …\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // Output goes to stderr: stdout belongs to the program that was asked for.
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0 || !existsSync(pinnedNode)) return false;
  writeFileSync(stamp, wanted);
  return true;
}

installIfNeeded();
const [program, ...rest] = process.argv.slice(2);
if (program === undefined) process.exit(0);
// Programs of the project are named from its root; the person's paths stay relative to where they stand.
// Types are stripped by Node itself, and the SDK of COS still uses url.parse: nobody who runs this can change either.
const quiet = ['ExperimentalWarning', 'DEP0169'].map((name) => `--disable-warning=${name}`);
const child = spawn(pinnedNode, [...quiet, resolve(root, program), ...rest], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
