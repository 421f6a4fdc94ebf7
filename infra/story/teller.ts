import type { ReportedAction, RunReport } from '../../shared/domain/report.ts';
import { days, formatInstant } from '../../shared/domain/time.ts';
import type { World } from '../local/world.ts';

/** Turns reports and the world's own events into lines, each thing once, in the order of time. */
export class Teller {
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
