import { readConfig } from '../prepare.ts';
import { renderStatus } from '../render-rotations.ts';
import { readStatus } from '../status.ts';
import { asJson, COMMON, type Command, surroundingsOf } from './command.ts';

/** All rotations as the ledger knows them. Exit code 0, or 2 when one of them needs a person or cannot be read. */
export const STATUS: Command = {
  words: ['status'],
  takes: [...COMMON, 'json'],
  async run(invoked) {
    const { options, env, output } = invoked;
    const config = readConfig(options.config, env);
    const surroundings = await surroundingsOf(config, invoked);
    try {
      const status = await readStatus(config, surroundings.ledger, surroundings.clock.now());
      output.out(options.json ? asJson(status) : renderStatus(status));
      const rotations = status.bindings.flatMap((binding) => binding.rotations);
      const isHalted = rotations.some((rotation) => rotation.state === 'halted');
      return isHalted || status.unreadable.length > 0 ? 2 : 0;
    } finally {
      await surroundings.close();
    }
  },
};
