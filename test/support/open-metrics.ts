/**
 * A small parser of OpenMetrics text 1.0, independent of what writes it and strict about what it may be.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export interface Family {
  readonly type: string;
  readonly unit?: string;
  readonly help?: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

const fail = (why: string, line: string): never => {
  throw new Error(`${why}: ${JSON.stringify(line)}`);
};

const unescaped = (text: string): string =>
  text.replaceAll(/\\(["\\n])/g, (_, character: string) => (character === 'n' ? '\n' : character));

/** @throws {Error} naming the first line that is not as it must be */
export function parseOpenMetrics(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n# EOF\n')) fail('no end', text.slice(-20));
  const families = new Map<string, Family>();
  let current = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const meta = /^# (TYPE|UNIT|HELP) (\S+) (.*)$/.exec(line);
    if (meta === null) {
      addSample(line, current, families);
      continue;
    }
    const [, kind = '', name = '', rest = ''] = meta;
    if (kind === 'TYPE') {
      if (NAME.exec(name)?.[0] !== name || families.has(name)) fail('a family that cannot be', line);
      if (!['gauge', 'counter', 'stateset', 'info', 'unknown'].includes(rest)) fail('no type', line);
      families.set(name, { type: rest, samples: [] });
      current = name;
      continue;
    }
    const family = families.get(name);
    if (family === undefined || name !== current || family.samples.length > 0) fail('out of its place', line);
    if (kind === 'UNIT' && !name.endsWith(`_${rest}`)) fail('the name does not end with its unit', line);
    families.set(name, { ...(family as Family), [kind.toLowerCase()]: rest });
  }
  return families;
}

const keyOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function addSample(line: string, current: string, families: ReadonlyMap<string, Family>): void {
  const name = NAME.exec(line)?.[0] ?? fail('no sample', line);
  const family = families.get(name) ?? fail('a sample without a family', line);
  if (name !== current) fail('families that mix', line);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [whole = '', label = '', value = ''] = LABEL.exec(rest) ?? fail('no label', line);
      if (Object.hasOwn(labels, label)) fail('a label twice', line);
      labels[label] = unescaped(value);
      rest = rest.slice(whole.length);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) fail('labels without a comma', line);
    }
    rest = rest.slice(1);
  }
  const number = rest.slice(1);
  if (!rest.startsWith(' ') || !NUMBER.test(number)) fail('no number', line);
  const value = number.endsWith('Inf') ? (number.startsWith('-') ? -Infinity : Infinity) : Number(number);
  if (family.samples.some((sample) => keyOf(sample.labels) === keyOf(labels)))
    fail('the same sample twice', line);
  if (family.type === 'stateset' && (labels[name] === undefined || ![0, 1].includes(value)))
    fail('no state', line);
  family.samples.push({ labels, value });
}
