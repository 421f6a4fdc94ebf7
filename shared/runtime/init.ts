import * as z from 'zod';
import type { Survey } from '../domain/draft/survey.ts';
import { Secret } from '../domain/secret.ts';
import { ConfigError } from '../errors.ts';
import { survey } from '../sweeps/survey.ts';
import { type Config, loadConfig, toEndpoints } from './config/config.ts';
import { parseCrn, splitHint } from './config/leaves.ts';
import { parseLedger } from './config/ledger-place.ts';
import { rotationPolicy } from './config/rotation.ts';
import { Account, Endpoints, Policies } from './config/schema.ts';
import { connect, type Surroundings } from './connect.ts';
import { draftFile } from './draft-file.ts';
import type { Environment } from './prepare.ts';
import { type LookOptions, progressOf } from './progress.ts';

/** What a person says of the accounts that a configuration is to be made for. */
export interface InitRequest {
  readonly accounts: readonly {
    readonly name: string;
    readonly accountId: string;
    readonly apiKeyEnv: string;
  }[];
  /** CRNs of CIS instances, for accounts that may not list them. */
  readonly instances: readonly string[];
  /** Whether values of secrets may be read, to find which holds the key of which jobs. */
  readonly readSecrets: boolean;
  /** The text of a file with endpoints: those alone, or the line that a served local cloud prints. */
  readonly endpoints?: string;
  /** As `keeper.yml` spells it; a folder beside the file when absent. */
  readonly ledger?: string;
}

/** What is known before a configuration is. @throws {ConfigError} with every option that is wrong */
export function bareConfig(request: InitRequest, env: Environment): Config {
  const endpoints = endpointsOf(request.endpoints);
  checkLedger(request);
  const accounts = request.accounts.map((account) => [account.name, credentialOf(account, env)] as const);
  if (accounts.length === 0)
    throw wrong(
      '--account',
      'no account was named',
      'name one: --account NAME --account-id ID --api-key-env NAME',
    );
  const { rotation, cis } = Policies.parse({});
  return {
    version: 1,
    mode: 'observe',
    functions: {},
    ledger: { kind: 'file', path: '.keeper' },
    endpoints,
    accounts: Object.fromEntries(accounts),
    instances: request.instances.map((crn) => ({ crn, account: ownerOf(crn, request) })),
    bindings: [],
    logpushJobs: [],
    policies: { rotation: rotationPolicy(rotation), cis, repair: { onFirstLook: 'report' } },
    holds: [],
  };
}

function credentialOf(
  { name, accountId, apiKeyEnv }: InitRequest['accounts'][number],
  env: Environment,
): Config['accounts'][string] {
  const parsed = Account.safeParse({ accountId, apiKey: { env: apiKeyEnv } });
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name))
    throw wrong('--account', 'it is no name', 'write up to 41 lower-case letters, digits and dashes');
  if (!parsed.success) {
    const isId = parsed.error.issues.some(({ path }) => path[0] === 'accountId');
    throw isId
      ? wrong(
          '--account-id',
          'it is no account id',
          'write the 32 hexadecimal digits that `ibmcloud account show` prints',
        )
      : wrong(
          '--api-key-env',
          'it is no name of an environment variable',
          'write the name, such as KEEPER_EDGE_APIKEY; never the key itself',
        );
  }
  const value = (Object.hasOwn(env, apiKeyEnv) ? env[apiKeyEnv] : undefined)?.trim() ?? '';
  if (!/^[\x21-\x7e]+$/.test(value) || value.startsWith('{'))
    throw wrong(
      '--api-key-env',
      `the environment variable ${apiKeyEnv} holds no API key`,
      'set it to the API key and nothing else',
    );
  return { accountId, credential: { kind: 'api-key', apiKey: new Secret(value) } };
}

function ownerOf(crn: string, { accounts }: InitRequest): string {
  const accountId = parseCrn(crn);
  const owner = accounts.find((account) => account.accountId === accountId);
  if (accountId === undefined)
    throw wrong(
      '--instance',
      'it is no CRN of a CIS instance',
      'write it as `ibmcloud cis instances` shows it',
    );
  if (owner === undefined)
    throw wrong('--instance', `its account ${accountId} is none of those named`, 'name that account as well');
  return owner.name;
}

function checkLedger({ ledger, accounts }: InitRequest): void {
  if (ledger === undefined) return;
  const parsed = parseLedger(ledger);
  if (typeof parsed === 'string') {
    const { mustBe, fix } = splitHint(parsed);
    throw wrong('--ledger', `it must be ${mustBe}`, fix);
  }
  const owner = parsed.kind === 'cos' ? parsed.account : undefined;
  if (owner !== undefined && accounts.every(({ name }) => name !== owner))
    throw wrong(
      '--ledger',
      `it names the account "${owner}", which is none of those named`,
      'name that account as well',
    );
}

function endpointsOf(text: string | undefined): Config['endpoints'] {
  const given = text === undefined ? {} : firstJson(text);
  if (given === undefined)
    throw wrong(
      '--endpoints',
      'the file is not JSON, and no line of it is',
      'write {"iam": URL, …}, or the line of the local cloud',
    );
  const line = z.object({ endpoints: z.unknown() }).safeParse(given);
  const parsed = Endpoints.safeParse(line.success ? line.data.endpoints : given);
  if (!parsed.success)
    throw wrong(
      '--endpoints',
      'the file holds no endpoints',
      'write {"iam": URL, …}, or the line of the local cloud',
    );
  return toEndpoints(parsed.data);
}

/** The whole text, or the first line of it that is JSON: npm prints lines of its own before that of a program. */
function firstJson(text: string): unknown {
  for (const part of [text, ...text.split('\n').filter((line) => line.trimStart().startsWith('{'))]) {
    try {
      return JSON.parse(part);
    } catch {
      // The next line may be.
    }
  }
  return undefined;
}

const wrong = (source: string, message: string, fix: string): ConfigError =>
  new ConfigError([{ source, line: 0, column: 0, message, fix }]);

/** A starter file, and what it was made from; no text when it would not be a good configuration. */
export interface Initial {
  readonly survey: Survey;
  readonly text?: string;
}

/** Reads what the accounts hold, and writes nothing. @param config - as `bareConfig` made it */
export async function initialConfig(
  config: Config,
  surroundings: Surroundings,
  request: InitRequest,
  { env, look }: { readonly env: Environment; readonly look: LookOptions },
): Promise<Initial> {
  const { begins, observe } = progressOf(config, surroundings.clock, look);
  const { ports } = connect(config, surroundings, { plan: true, alone: look.alone, observe });
  const { readSecrets } = request;
  const seen = await survey({
    ports,
    accounts: config.accounts,
    named: config.instances,
    readSecrets,
    begins,
  });
  if (seen.instances.length === 0) return { survey: seen };
  const text = draftFile(seen, {
    at: surroundings.clock.now(),
    apiKeyEnv: Object.fromEntries(request.accounts.map(({ name, apiKeyEnv }) => [name, apiKeyEnv])),
    ...(request.ledger === undefined ? {} : { ledger: request.ledger }),
    ...(request.endpoints === undefined ? {} : { endpoints: { ...config.endpoints } }),
  });
  // What is written must be what `config check` takes.
  loadConfig({ text, source: 'the new file', env });
  return { survey: seen, text };
}
