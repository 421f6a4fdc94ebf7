import { abandon } from '../abandon.ts';
import { readConfig } from '../prepare.ts';
import { COMMON, type Command, surroundingsOf } from './command.ts';

/**
 * Ends a rotation as it stands, or says what that would mean. Exit code 0 done, 1 nothing to abandon, 2 only told. A plan
 * only tells, whatever else is asked for.
 */
export const ABANDON: Command = {
  words: ['rotation', 'abandon'],
  takesArgument: true,
  takes: [...COMMON, 'plan', 'yes'],
  async run(invoked, name) {
    const { options, env, output } = invoked;
    const config = readConfig(options.config, env);
    const surroundings = await surroundingsOf(config, invoked);
    try {
      const { code, told, problem } = await abandon(config, surroundings, name, options.yes && !options.plan);
      output.out(told.map((line) => `${line}\n`).join(''));
      if (problem !== undefined) output.err(`${problem}\n`);
      return code;
    } finally {
      await surroundings.close();
    }
  },
};
