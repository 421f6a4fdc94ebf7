import { writeFileSync } from 'node:fs';
import type { FleetReport } from '../../domain/fleet-report.ts';
import { verdictOf } from '../../domain/fleet-verdict.ts';
import { readFleet } from '../fleet.ts';
import { fleetReportJsonSchema } from '../fleet-schema.ts';
import { readConfig } from '../prepare.ts';
import { renderFleetText } from '../render-fleet.ts';
import { renderFleetHtml } from '../render-html.ts';
import { renderMetrics } from '../render-metrics.ts';
import {
  asJson,
  COMMON,
  type Command,
  errorCode,
  type Invoked,
  surroundingsOf,
  wrongUse,
} from './command.ts';

/**
 * The report of the fleet, from the ledger alone: a page, or text or JSON. Exit code 0, or 2 when something needs a person or
 * is not known.
 */
export const REPORT: Command = {
  words: ['report'],
  takes: [...COMMON, 'json', 'text', 'out'],
  run(invoked) {
    const { json, text } = invoked.options;
    if (json && text) return wrongUse(invoked.output, '--json and --text do not go together');
    const render = json ? asJson : text ? renderFleetText : renderFleetHtml;
    return write(invoked, render, (fleet) => (verdictOf(fleet).level === 'ok' ? 0 : 2));
  },
};

/** The JSON Schema of what `report --json` prints. */
export const REPORT_SCHEMA: Command = {
  words: ['report', 'schema'],
  takes: [],
  run({ output }) {
    output.out(asJson(fleetReportJsonSchema()));
    return 0;
  },
};

/** The report in numbers. Exit code 0 whatever they say: who collects them decides what is bad. */
export const METRICS: Command = {
  words: ['metrics'],
  takes: [...COMMON, 'out'],
  run: (invoked) => write(invoked, renderMetrics, () => 0),
};

/** @param codeOf - the exit code of a report that could be written */
async function write(
  invoked: Invoked,
  render: (fleet: FleetReport) => string,
  codeOf: (fleet: FleetReport) => number,
): Promise<number> {
  const { options, env, output } = invoked;
  const config = readConfig(options.config, env);
  const surroundings = await surroundingsOf(config, invoked);
  try {
    const fleet = await readFleet(config, surroundings.ledger, surroundings.clock.now());
    const text = render(fleet);
    if (options.out === undefined) output.out(text);
    else {
      try {
        writeFileSync(options.out, text);
      } catch (error) {
        return wrongUse(output, `${options.out} cannot be written: ${errorCode(error)}`);
      }
    }
    return codeOf(fleet);
  } finally {
    await surroundings.close();
  }
}
