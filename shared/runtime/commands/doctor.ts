import { runDoctor } from '../doctor-report.ts';
import { readConfig } from '../prepare.ts';
import { renderDoctor } from '../render-doctor.ts';
import { asJson, COMMON, type Command, lookOptions, surroundingsOf } from './command.ts';

const EXIT_CODES = { ok: 0, failed: 1, attention: 2 } as const;

/** A look at the accounts, before anything runs. Exit code 0 nothing is missing, 1 nobody could log in, 2 something is missing or could not be told. */
export const DOCTOR: Command = {
  words: ['doctor'],
  takes: [...COMMON, 'json', 'alone'],
  async run(invoked) {
    const { options, env, output } = invoked;
    const config = readConfig(options.config, env);
    const surroundings = await surroundingsOf(config, invoked);
    try {
      const report = await runDoctor(config, surroundings, lookOptions(invoked));
      output.out(options.json ? asJson(report) : renderDoctor(report));
      return EXIT_CODES[report.outcome];
    } finally {
      await surroundings.close();
    }
  },
};
