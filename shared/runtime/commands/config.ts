import { configJsonSchema } from '../config/config.ts';
import { readConfig } from '../prepare.ts';
import { asJson, type Command } from './command.ts';

/** The JSON Schema of `keeper.yml`, for editors. */
export const CONFIG_SCHEMA: Command = {
  words: ['config', 'schema'],
  takes: [],
  run({ output }) {
    output.out(asJson(configJsonSchema()));
    return 0;
  },
};

/** Reads the configuration, calls nothing, and says what is wrong with it. */
export const CONFIG_CHECK: Command = {
  words: ['config', 'check'],
  takes: ['config'],
  run({ options, env, output }) {
    const { bindings, instances } = readConfig(options.config, env);
    output.out(
      `the configuration is good: ${instances.length} CIS instance(s), ${bindings.length} binding(s)\n`,
    );
    return 0;
  },
};
