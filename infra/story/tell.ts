import type { ReportedAction, RunReport } from '../../shared/domain/report.ts';
import { days, formatDuration, formatInstant } from '../../shared/domain/time.ts';
import type { LedgerStore, Transport } from '../../shared/ports.ts';
import { type Config, loadConfig } from '../../shared/runtime/config.ts';
import { isFunctionName, runFunction } from '../../shared/runtime/invocation.ts';
import { createLog } from '../../shared/runtime/log.ts';
import { keeperConfig, type LocalEndpoints } from '../local/keeper-config.ts';
import type { World } from '../local/world.ts';
import type { WorldFile } from '../local/world-file.ts';
import { readSchedules } from '../schedule.ts';
import { type RunFunction, runStory } from './story.ts';

/** Any loopback address will do: requests never leave the process. */
const ENDPOINTS: LocalEndpoints = {
  iam: 'http://127.0.0.1/iam',
  cis: 'http://127.0.0.1/cis',
  secretsManager: 'http://127.0.0.1/secrets-manager',
  cloudLogs: 'http://127.0.0.1/cloud-logs',
  cos: 'http://127.0.0.1/cos',
  cosConfig: 'http://127.0.0.1/cos-config',
};

export interface TellOptions {
  readonly file: WorldFile;
  readonly seed: number;
  readonly ledger: LedgerStore;
  /** Path of the `manifest.yml` whose schedules run. */
  readonly manifest: string;
  readonly write: (line: string) => void;
  /** Leaves out everything but the closing table. */
  readonly quiet: boolean;
  /** Stands between the keeper and the network; for tests that suppress or watch calls. */
  readonly wrapTransport?: (transport: Transport) => Transport;
}

export interface Told {
  readonly treated: World;
  readonly untreated: World;
  readonly reports: readonly RunReport[];
  /** Everything the keeper logged. */
  readonly log: readonly string[];
  /** No log minute was lost with the keeper. */
  readonly wentWell: boolean;
}

/** Runs a world with the keeper and without, telling each thing as it happens, and closes with what was lost. */
export async function tellStory(options: TellOptions): Promise<Told> {
  const { file, seed } = options;
  const write = options.quiet ? () => {} : options.write;
  options.write(`${file.name}: ${file.about}`);
  options.write(
    `${jobCount(file)} Logpush jobs, ${file.days} days from ${formatInstant(file.startsAt)}, seed ${seed}\n`,
  );
  const reports: RunReport[] = [];
  const log: string[] = [];
  const teller = new Teller(write);
  const treated = await runStory({
    file,
    seed,
    ledger: options.ledger,
    log: (clock) => createLog({ write: (line) => log.push(line), clock }),
    keeper: { schedules: readSchedules(options.manifest), run: runWithConfig(file, options.wrapTransport) },
    onReport: (report, world) => {
      reports.push(report);
      teller.tell(report, world);
    },
  });
  teller.tellWorld(treated);
  const untreated = await runStory({
    file,
    seed,
    ledger: options.ledger,
    log: (clock) => createLog({ write: () => {}, clock }),
  });
  for (const line of closingTable(file, treated, untreated, reports)) options.write(line);
  return { treated, untreated, reports, log, wentWell: lostMinutes(treated) === 0 };
}

const jobCount = (file: WorldFile): number =>
  file.cis.reduce((sum, cis) => sum + cis.zones.reduce((inner, zone) => inner + zone.jobs.length, 0), 0);

/** The keeper as the world's `keeper.yml` configures it. */
function runWithConfig(file: WorldFile, wrap: TellOptions['wrapTransport']): RunFunction {
  const variable = (account: string): string => `APIKEY_${account.toUpperCase()}`;
  const text = keeperConfig(file, ENDPOINTS, (account) => ({ env: variable(account) }), 'file:./ledger');
  let config: Config | undefined;
  return (name, ports, world) => {
    if (!isFunctionName(name))
      throw new Error(`manifest.yml names the function "${name}", which does not exist`);
    config ??= loadConfig({
      text,
      source: 'keeper.yml',
      env: Object.fromEntries(
        file.accounts.flatMap((account) =>
          account.keeper === undefined
            ? []
            : [[variable(account.name), world.keyValue(account.keeper.apiKey)]],
        ),
      ),
    });
    const transport = wrap?.(ports.transport) ?? ports.transport;
    return runFunction(name, config, { ...ports, transport }, { plan: false });
  };
}

export const lostMinutes = (world: World): number =>
  world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0);

/** Turns reports and the world's own events into lines, each thing once, in the order of time. */
class Teller {
  readonly #write: (line: string) => void;
  readonly #findings = new Set<string>();
  #events = 0;
  #day = -1;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  tell(report: RunReport, world: World): void {
    const lines = [...this.#eventLines(world)];
    for (const action of report.actions)
      lines.push({ at: action.at, who: 'keeper', text: actionText(action) });
    for (const finding of report.findings) {
      const key = `${finding.code} ${finding.subject}`;
      if (this.#findings.has(key)) continue;
      this.#findings.add(key);
      lines.push({
        at: report.finishedAt,
        who: 'keeper',
        text: `finding ${finding.code}: ${finding.subject}: ${finding.detail}`,
      });
    }
    this.#writeAll(lines);
  }

  /** What happened in the world since the last line. */
  tellWorld(world: World): void {
    this.#writeAll([...this.#eventLines(world)]);
  }

  *#eventLines(world: World): Generator<Line> {
    for (const { at, text } of world.events.slice(this.#events)) yield { at, who: 'cloud', text };
    this.#events = world.events.length;
  }

  /** In the order of time; within a second the keeper's deed stands before what it brought about. */
  #writeAll(lines: readonly Line[]): void {
    const second = (line: Line): number => Math.floor(line.at / 1_000);
    const order = (line: Line): number => second(line) * 2 + (line.who === 'keeper' ? 0 : 1);
    for (const line of lines.toSorted((a, b) => order(a) - order(b))) this.#writeLine(line);
  }

  #writeLine({ at, who, text }: Line): void {
    const day = Math.floor(at / days(1));
    if (day !== this.#day) {
      this.#day = day;
      this.#write(`\n${formatInstant(at).slice(0, 10)}`);
    }
    this.#write(`  ${formatInstant(at).slice(11, 19)}  ${who.padEnd(6)}  ${shortened(text)}`);
  }
}

interface Line {
  readonly at: number;
  readonly who: 'cloud' | 'keeper';
  readonly text: string;
}

/** The first eight digits tell ids apart well enough for a reader; the reports have them whole. */
const shortened = (text: string): string =>
  text.replaceAll(/\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '$1');

const actionText = (action: ReportedAction): string =>
  `${action.kind} ${action.subject}: ${action.detail}${action.outcome === 'failed' ? ' (failed)' : ''}`;

function* closingTable(
  file: WorldFile,
  treated: World,
  untreated: World,
  reports: readonly RunReport[],
): Generator<string> {
  const without = new Map(untreated.logpush.truth().map((job) => [job.ref.jobId, job]));
  yield '';
  yield `  ${'job'.padEnd(44)} ${'log minutes lost'.padStart(18)}`;
  yield `  ${''.padEnd(44)} ${'keeper'.padStart(8)} ${'without'.padStart(9)}`;
  for (const job of treated.logpush.truth()) {
    const twin = without.get(job.ref.jobId);
    const name = `${job.ref.jobId} ${job.name}${job.enabled ? '' : ' (disabled)'}`;
    yield `  ${name.padEnd(44)} ${String(job.lostMinutes).padStart(8)} ${String(twin?.lostMinutes ?? '?').padStart(9)}`;
  }
  yield `  ${'total'.padEnd(44)} ${String(lostMinutes(treated)).padStart(8)} ${String(lostMinutes(untreated)).padStart(9)}`;
  yield '';
  yield `rotations: ${rotationText(reports)}`;
  const calls = reports.reduce(
    (sum, report) => sum + Object.values(report.calls).reduce((a, b) => a + b, 0),
    0,
  );
  yield `${reports.length} runs of the keeper, ${calls} calls, in ${formatDuration(days(file.days))} of virtual time`;
}

function rotationText(reports: readonly RunReport[]): string {
  const done = reports
    .flatMap((report) => report.actions)
    .filter((action) => action.kind === 'release-previous');
  return `${done.filter((action) => action.outcome === 'applied').length} complete`;
}
