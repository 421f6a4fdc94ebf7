import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { days, formatInstant, hours } from '../../shared/domain/time.ts';
import { buildBundles } from '../build/bundle.ts';
import { loadWorld } from '../local/load-world.ts';
import { rehearse } from './in-process.ts';
import { disagreements, type Outcome, outcomeOf } from './outcome.ts';
import { rehearseServed } from './served.ts';

const USAGE = `usage: npm run rehearse [-- --hours N] [--days N] [--world NAME|FILE] [--seed N]

Deploys the keeper to the Code Engine of a simulated IBM Cloud and lets it live there by cron and rings alone: --hours (default
24) with the bundles that npm run build makes, each run a process of its own, and --days (default 7) in this process and in
virtual time. After --hours both must have come to the same. A whole day of processes takes some minutes.
`;

/** Log minutes of one job that may differ: processes take real time. */
const MINUTES = 3;

/** @returns whether both came to the same, and no run failed */
async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hours: { type: 'string', default: '24' },
      days: { type: 'string', default: '7' },
      world: { type: 'string', default: 'demo' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return true;
  }
  const [forHours, forDays, seed] = [values.hours, values.days, values.seed].map(positive);
  const file = loadWorld(values.world);
  const bundles = mkdtempSync(join(tmpdir(), 'logpush-keeper-bundles-'));
  try {
    await buildBundles(bundles);
    const served = await rehearseServed(file, { seed: seed ?? 1, bundles });
    let [real, startsAt] = [undefined as Outcome | undefined, 0];
    try {
      startsAt = served.cloud.world.file.startsAt;
      await served.until(startsAt + hours(forHours ?? 24));
      real = outcomeOf(served.cloud.world, served.lines());
    } finally {
      await served.close();
    }
    tell(`${values.hours} hours, each run a process`, real);
    const virtual = await rehearse({ file: { ...file, startsAt }, seed: seed ?? 1 });
    await virtual.until(startsAt + hours(forHours ?? 24));
    const then = outcomeOf(virtual.world, virtual.lines);
    tell(`${values.hours} hours in this process`, then);
    const differences = disagreements(real, then, MINUTES);
    for (const difference of differences) process.stdout.write(`they differ: ${difference}\n`);
    if (differences.length === 0) process.stdout.write('both came to the same\n\n');
    await virtual.until(startsAt + days(forDays ?? 7));
    const last = outcomeOf(virtual.world, virtual.lines);
    tell(`until ${formatInstant(virtual.clock.now())} in this process`, last);
    return differences.length === 0 && [real, last].every(({ runs }) => failed(runs) === 0);
  } finally {
    rmSync(bundles, { recursive: true, force: true });
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`"${text}" is not a number above 0\n\n${USAGE}`);
}

const failed = (runs: Outcome['runs']): number =>
  Object.entries(runs).reduce((sum, [name, count]) => sum + (name.endsWith(' completed') ? 0 : count), 0);

function tell(title: string, { jobs, findings, runs }: Outcome): void {
  const lost = jobs.reduce((sum, { lostMinutes }) => sum + lostMinutes, 0);
  const moved = jobs.filter(({ key }) => key === 'new').length;
  process.stdout.write(
    `${title}: ${jobs.filter(({ enabled }) => enabled).length} of ${jobs.length} jobs enabled, ${moved} with a new key, ` +
      `${Math.round(lost)} log minutes lost, ${findings.length} findings\n` +
      `${Object.entries(runs)
        .map(([name, count]) => `  ${name}: ${count}`)
        .toSorted()
        .join('\n')}\n`,
  );
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
