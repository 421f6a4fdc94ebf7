import * as z from 'zod';
import { TOKEN_FILE } from '../../clients/tokens.ts';
import { CALLS_PER_MINUTE } from '../../domain/call-budget.ts';
import {
  accountName,
  choice,
  clockEndpoint,
  crn,
  duration,
  endpoint,
  hint,
  list,
  name,
  path,
  record,
  text,
  wholeFromOne,
} from './leaves.ts';
import { ledgerText } from './ledger-place.ts';
import { Binding } from './schema-bindings.ts';
import { DeclaredPolicy, LogpushJob } from './schema-declared.ts';
import { Hold } from './schema-holds.ts';
import { Notify } from './schema-notify.ts';

/**
 * The shape of `keeper.yml`, version 1. What one place alone can tell is checked here; what takes two places (a name
 * that must exist elsewhere, say) in `checks.ts`. Problems never quote a value: it may be a misplaced key.
 */

const Mode = choice(['observe', 'act']);

const KEY_FIX = 'write { env: NAME } or { file: PATH }; a key does not belong in this file';
const ApiKeySource = record(
  {
    // Upper case only: a key in this place by mistake does not pass for a name, and a problem may quote names.
    env: text(
      /^[A-Z][A-Z0-9_]{0,39}$/,
      'the name of an environment variable',
      'write a name of upper-case letters, digits and underscores, such as KEEPER_EDGE_APIKEY, and set that variable',
    ).optional(),
    file: path('write the path of a file that holds the key and nothing else').optional(),
  },
  KEY_FIX,
).meta({ oneOf: [{ required: ['env'] }, { required: ['file'] }] });

export const PROFILE_ID = /^Profile-[0-9A-Za-z-]{1,64}$/;

export const Account = record(
  {
    accountId: text(
      /^[0-9a-f]{32}$/,
      'an account id',
      'write the 32 hexadecimal digits that `ibmcloud account show` prints',
    ),
    apiKey: ApiKeySource.optional(),
    trustedProfile: record(
      {
        id: text(
          PROFILE_ID,
          'the id of a trusted profile',
          'write the id that `ibmcloud iam trusted-profiles` prints, Profile-…',
        ),
        tokenFile: path('write the path of the compute resource token').default(TOKEN_FILE),
      },
      'write { id: Profile-… }',
    ).optional(),
  },
  'write accountId and either apiKey or trustedProfile',
).meta({ oneOf: [{ required: ['apiKey'] }, { required: ['trustedProfile'] }] });
export type Account = z.infer<typeof Account>;

export const Instance = record(
  {
    crn: crn,
    account: accountName,
  },
  'write crn and account',
);
export type Instance = z.infer<typeof Instance>;

export const Policies = record(
  {
    rotation: record(
      {
        before: duration.default('30d'),
        maxAge: duration.default('80d'),
        keyLife: duration.default('120d'),
        drain: duration.default('135m'),
      },
      'write { before: 30d, maxAge: 80d, keyLife: 120d, drain: 135m }, or leave rotation out',
    ).prefault({}),
    cis: record(
      {
        callsPerMinute: z
          .int({ error: hint('a whole number from 1 to 100', 'write 80, or leave it out') })
          .min(1, { error: hint('a whole number from 1 to 100', 'write 80, or leave it out') })
          .max(100, {
            error: hint(
              'a whole number from 1 to 100',
              'write at most 100: IBM does not promise to answer more',
            ),
          })
          .default(CALLS_PER_MINUTE),
        processes: wholeFromOne(
          'write how many runs may use one identity at once, or leave processes out',
        ).default(4),
      },
      'write { callsPerMinute: 80, processes: 4 }, or leave cis out',
    ).prefault({}),
    repair: record(
      {
        onFirstLook: choice(['report', 'repair']).default('report'),
        maxChanges: wholeFromOne(
          'write how many jobs one run may enable, or leave maxChanges out',
        ).optional(),
      },
      'write { onFirstLook: report, maxChanges: 5 }, or leave repair out',
    ).prefault({}),
    logpushJobs: DeclaredPolicy.prefault({}),
  },
  'write { rotation: …, cis: …, repair: …, logpushJobs: … }, or leave policies out',
);

export const Endpoints = record(
  {
    iam: endpoint.default('https://iam.cloud.ibm.com'),
    cis: endpoint.default('https://api.cis.cloud.ibm.com'),
    secretsManager: endpoint.optional(),
    cloudLogs: endpoint.optional(),
    cos: endpoint.optional(),
    cosConfig: endpoint.optional(),
    resourceController: endpoint.optional(),
    cbr: endpoint.optional(),
    // Asked by who deploys, never by the keeper itself.
    codeEngine: endpoint.optional(),
    clock: clockEndpoint.optional(),
  },
  'write a URL for each service that is elsewhere, or leave endpoints out',
);

const FunctionMode = record({ mode: Mode }, 'write { mode: observe } or { mode: act }').optional();

/** The functions, by name. */
export const FUNCTION_MODES = {
  'check-logpush': FunctionMode,
  'reenable-logpush': FunctionMode,
  'rotate-keys': FunctionMode,
  'verify-buckets': FunctionMode,
  'ensure-logpush': FunctionMode,
};

export const KeeperFile = record(
  {
    version: z.literal(1, { error: hint('1', 'write version: 1, without quotes') }),
    mode: Mode.default('observe'),
    functions: record(
      FUNCTION_MODES,
      'write { rotate-keys: { mode: act } }, or leave functions out',
    ).prefault({}),
    ledger: ledgerText.default('file:./.keeper'),
    endpoints: Endpoints.prefault({}),
    accounts: z.record(name, Account, {
      error: hint(
        'a mapping of names to accounts',
        'add a name, and under it accountId and apiKey or trustedProfile',
      ),
    }),
    instances: list(Instance, 'add - crn: CRN and account: NAME').min(1, {
      error: hint('a list of at least one CIS instance', 'add - crn: CRN and account: NAME'),
    }),
    bindings: list(
      Binding,
      'write each binding with a dash in front, - name: NAME, or leave bindings out',
    ).default([]),
    logpushJobs: list(LogpushJob, 'add a Logpush job, or leave logpushJobs out').default([]),
    policies: Policies.prefault({}),
    holds: list(Hold, 'write each hold with a dash in front, - reason: TEXT, or leave holds out').default([]),
    notify: Notify,
  },
  'write version: 1, accounts and instances',
);
export type KeeperFile = z.infer<typeof KeeperFile>;

/** The JSON Schema of `keeper.yml`, for editors; it says a little less than the keeper checks. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return { title: 'keeper.yml of logpush-keeper', ...z.toJSONSchema(KeeperFile, { io: 'input' }) };
}
