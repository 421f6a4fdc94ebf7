import { type Cell, FAULT_KINDS, ROWS, whyNever } from './grid.ts';

/** How often each fault has hit each phase; `–` where it cannot. */
export class HitTable {
  readonly #counts = new Map<string, number>();

  add(hits: readonly Cell[]): void {
    for (const { phase, kind } of hits) this.#counts.set(`${phase}/${kind}`, this.count(phase, kind) + 1);
  }

  count(phase: Cell['phase'], kind: Cell['kind']): number {
    return this.#counts.get(`${phase}/${kind}`) ?? 0;
  }

  /** Cells that can be hit and were not. */
  get empty(): readonly string[] {
    return this.#all((cell, count) => count === 0 && whyNever(cell.phase, cell.kind) === undefined);
  }

  /** Cells that were hit although they are said to be impossible. */
  get impossible(): readonly string[] {
    return this.#all((cell, count) => count > 0 && whyNever(cell.phase, cell.kind) !== undefined);
  }

  #all(wanted: (cell: Cell, count: number) => boolean): readonly string[] {
    return FAULT_KINDS.flatMap((kind) =>
      ROWS.filter((phase) => wanted({ phase, kind }, this.count(phase, kind))).map(
        (phase) => `${kind} in ${phase}`,
      ),
    );
  }

  toString(): string {
    const first = Math.max(...FAULT_KINDS.map((kind) => kind.length));
    const cell = (text: string, row: string): string => text.padStart(row.length + 1);
    return [
      `${'fault'.padEnd(first)}${ROWS.map((row) => cell(row, row)).join('')}`,
      ...FAULT_KINDS.map(
        (kind) =>
          kind.padEnd(first) +
          ROWS.map((row) =>
            cell(whyNever(row, kind) === undefined ? String(this.count(row, kind)) : '–', row),
          ).join(''),
      ),
    ].join('\n');
  }
}
