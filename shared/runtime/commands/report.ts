import { writeFileSync } from 'node:fs';
import { verdictOf } from '../../domain/fleet-verdict.ts';
import { readFleet } from '../fleet.ts';
import { readConfig } from '../prepare.ts';
import { renderFleetHtml } from '../render-html.ts';
import { asJson, type Command, errorCode, surroundingsOf, wrongUse } from './command.ts';

/** The page of the fleet, from the ledger alone. Exit code 0, or 2 when something needs a person or is not known. */
export const REPORT: Command = {
  words: ['report'],
  async run(invoked) {
    const { options, env, output } = invoked;
    const config = readConfig(options.config, env);
    const surroundings = await surroundingsOf(config, invoked);
    try {
      const fleet = await readFleet(config, surroundings.ledger, surroundings.clock.now());
      const text = options.json ? asJson(fleet) : renderFleetHtml(fleet);
      if (options.out === undefined) output.out(text);
      else {
        try {
          writeFileSync(options.out, text);
        } catch (error) {
          return wrongUse(output, `${options.out} cannot be written: ${errorCode(error)}`);
        }
      }
      return verdictOf(fleet).level === 'ok' ? 0 : 2;
    } finally {
      await surroundings.close();
    }
  },
};
