/** The options of the command line, all of them: each command names those that it takes. */
export const OPTIONS = {
  config: { type: 'string', default: 'keeper.yml' },
  manifest: { type: 'string', default: 'manifest.yml' },
  zones: { type: 'string', default: '10' },
  bundles: { type: 'string', default: 'out' },
  driver: { type: 'string', default: 'cli' },
  json: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  'keep-project': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const USAGE = `usage: npm run deploy -- plan    [--config FILE] [--manifest FILE] [--driver cli|print] [--json]
       npm run deploy -- apply   [--config FILE] [--manifest FILE] [--driver cli|print]
       npm run deploy -- destroy [--config FILE] [--manifest FILE] [--driver cli|print] [--keep-project] [--yes]
       npm run deploy -- status  [--config FILE] [--manifest FILE] [--driver cli|print] [--json]
       npm run deploy -- check   [--config FILE] [--manifest FILE]
       npm run deploy -- cost    [--manifest FILE] [--zones N] [--json]
       npm run deploy -- schema

  plan           say what apply would do, field by field, and change nothing
  apply          make everything on Code Engine so; it may be killed and started again
  destroy        take away what apply has made, and nothing else
  status         what is there, whether it is ready, and the last run of each job
  check          the manifest and the configuration alone, without a call
  cost           what a month costs, from a simulated fleet of so many zones
  schema         the JSON Schema of manifest.yml

  --config FILE    the configuration of the keeper; keeper.yml
  --manifest FILE  what runs where, and when; manifest.yml
  --bundles DIR    what npm run build has made; out
  --driver NAME    what makes subscriptions: cli starts ibmcloud, print only prints the commands
  --zones N        cost: how many zones there are; 10
  --json           the plan, the status or the cost as JSON on stdout
  --keep-project   destroy: leaves the project there, empty
  --yes            destroy: do it; without it the consequences are told and nothing is done
  --help           this

IBMCLOUD_API_KEY_<ACCOUNT> holds the API key to an account of the configuration (upper case, underscores for dashes);
IBMCLOUD_API_KEY the one for accounts without such a variable.

Exit code: 0 nothing is to be done, or it is done
           1 it could not be told or done
           2 plan: there is something to do; status: something is missing; destroy: --yes is missing
`;
