import { fleetMetrics, type MetricFamily, type Sample } from '../domain/fleet-metrics.ts';
import type { FleetReport } from '../domain/fleet-report.ts';

/**
 * The report of the fleet as OpenMetrics text, version 1.0.
 *
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const renderMetrics = (report: FleetReport): string =>
  [...fleetMetrics(report).flatMap(renderFamily), '# EOF', ''].join('\n');

const renderFamily = ({ name, type, unit, help, samples }: MetricFamily): readonly string[] => [
  `# TYPE ${name} ${type}`,
  ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
  `# HELP ${name} ${escaped(help)}`,
  ...samples.map((sample) => renderSample(name, sample)),
];

function renderSample(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`;
}

const escaped = (text: string): string =>
  text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
