import { readFileSync, writeFileSync } from 'node:fs';
import { describeUnread } from '../draft-file.ts';
import { bareConfig, type Initial, type InitRequest, initialConfig } from '../init.ts';
import {
  type Command,
  errorCode,
  type Invoked,
  lookOptions,
  type Options,
  surroundingsOf,
  wrongUse,
} from './command.ts';

/**
 * Writes a starter `keeper.yml` from what the accounts hold. Exit code 0, 2 when something could not be read or must be
 * filled in, 1 when there is nothing to write.
 */
export const CONFIG_INIT: Command = {
  words: ['config', 'init'],
  takes: [
    'account',
    'account-id',
    'api-key-env',
    'instance',
    'endpoints',
    'ledger',
    'read-secrets',
    'alone',
    'out',
    'overwrite',
    'verbose',
  ],
  async run(invoked) {
    const { options, env, output } = invoked;
    const { account: names, 'account-id': ids, 'api-key-env': variables } = options;
    if (names.length !== ids.length || names.length !== variables.length)
      return wrongUse(
        output,
        'each --account needs its --account-id and its --api-key-env, in the same order',
      );
    if (options.overwrite && options.out === undefined)
      return wrongUse(output, '--overwrite goes with --out FILE');
    let endpoints: string | undefined;
    try {
      if (options.endpoints !== undefined) endpoints = readFileSync(options.endpoints, 'utf8');
    } catch (error) {
      return wrongUse(output, `${options.endpoints} cannot be read: ${errorCode(error)}`);
    }
    const request: InitRequest = {
      accounts: names.map((name, i) => ({ name, accountId: ids[i] ?? '', apiKeyEnv: variables[i] ?? '' })),
      instances: options.instance,
      readSecrets: options['read-secrets'],
      ...(endpoints === undefined ? {} : { endpoints }),
      ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
    };
    const config = bareConfig(request, env);
    const surroundings = await surroundingsOf(config, invoked);
    try {
      return write(
        invoked,
        await initialConfig(config, surroundings, request, { env, look: lookOptions(invoked) }),
      );
    } finally {
      await surroundings.close();
    }
  },
};

function write({ options, output }: Invoked, { survey, text }: Initial): number {
  for (const one of survey.unread)
    output.err(`could not be read: ${describeUnread(one)}
`);
  if (text === undefined)
    return wrongUse(
      output,
      'no CIS instance was found: give Viewer on internet-svcs, or name one with --instance CRN',
    );
  if (options.out === undefined) output.out(text);
  else {
    const problem = writeNew(options.out, text, options);
    if (problem !== undefined) return wrongUse(output, problem);
    output.out(
      `${options.out} was written: ${survey.instances.length} CIS instance(s), ${survey.jobs.length} Logpush jobs\n`,
    );
  }
  return survey.unread.some(({ mayBeNone }) => mayBeNone !== true) || text.includes('# NOT YET: ') ? 2 : 0;
}

/** A file that is there is somebody's work. */
function writeNew(path: string, text: string, { overwrite }: Options): string | undefined {
  try {
    writeFileSync(path, text, { flag: overwrite ? 'w' : 'wx' });
    return undefined;
  } catch (error) {
    if (errorCode(error) === 'EEXIST')
      return `${path} is there already: name another file, or add --overwrite`;
    return `${path} cannot be written: ${errorCode(error)}`;
  }
}
