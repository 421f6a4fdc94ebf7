/** One line of a plot. */
interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn with dashes and without points: a bound, not a measurement. */
  readonly isBound?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [720, 440];
const FRAME = { left: 70, right: 190, top: 40, bottom: 50 };
const COLOURS = ['#0f62fe', '#da1e28', '#198038', '#8a3ffc', '#6f6f6f'];

/**
 * A plot with both axes logarithmic, as one SVG file. Who is named first lies on top of the others, and bounds on top of all:
 * dashes hide nobody.
 */
export function svgOf({ title, x, y, series }: Plot): string {
  const all = series.flatMap(({ points }) => points);
  const across = axis(
    all.map(([at]) => at),
    FRAME.left,
    WIDTH - FRAME.right,
  );
  const up = axis(
    all.map(([, at]) => at),
    HEIGHT - FRAME.bottom,
    FRAME.top,
  );
  const bottom = HEIGHT - FRAME.bottom;
  const drawn = ({ name, points, isBound = false }: Series, index: number): string => {
    const colour = (isBound ? undefined : COLOURS[index % COLOURS.length]) ?? '#161616';
    const at = points.map(([px, py]) => [across.at(px).toFixed(1), up.at(py).toFixed(1)] as const);
    const dashes = isBound ? ' stroke-dasharray="6 4"' : '';
    const beside = FRAME.top + 10 + index * 20;
    return [
      `<polyline points="${at.map((both) => both.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`,
      ...(isBound ? [] : at.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`)),
      `<line x1="${WIDTH - FRAME.right + 10}" y1="${beside}" x2="${WIDTH - FRAME.right + 34}" y2="${beside}" stroke="${colour}" stroke-width="2"${dashes}/>`,
      text(WIDTH - FRAME.right + 40, beside + 4, name),
    ].join('\n');
  };
  const order = series
    .toReversed()
    .toSorted((a, b) => Number(a.isBound ?? false) - Number(b.isBound ?? false));
  const parts = [
    text(WIDTH / 2 - FRAME.right / 2, 22, title, 'middle', 15),
    text((FRAME.left + WIDTH - FRAME.right) / 2, HEIGHT - 12, x, 'middle'),
    text(8, FRAME.top - 12, y),
    ...across.ticks.flatMap(({ at, label }) => [
      rule(at, FRAME.top, at, bottom),
      text(at, bottom + 16, label, 'middle'),
    ]),
    ...up.ticks.flatMap(({ at, label }) => [
      rule(FRAME.left, at, WIDTH - FRAME.right, at),
      text(FRAME.left - 6, at + 4, label, 'end'),
    ]),
    ...order.map((one) => drawn(one, series.indexOf(one))),
  ];
  const box = `viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${box} font-family="sans-serif">\n<rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** From the power of ten below the least value to the one above the greatest. */
function axis(values: readonly number[], from: number, to: number) {
  const least = Math.floor(Math.log10(Math.min(...values)));
  const most = Math.max(least + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value: number): number => from + ((Math.log10(value) - least) / (most - least)) * (to - from);
  const ticks = Array.from({ length: most - least + 1 }, (_, n) => 10 ** (least + n)).map((value) => ({
    at: at(value),
    label: String(value),
  }));
  return { at, ticks };
}

const rule = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#e0e0e0"/>`;

const text = (x: number, y: number, words: string, anchor = 'start', size = 12): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}">${words}</text>`;
