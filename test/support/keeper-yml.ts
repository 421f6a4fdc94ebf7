import { ConfigError } from '../../shared/errors.ts';
import { type LoadOptions, loadConfig } from '../../shared/runtime/config/config.ts';

/** A complete, good `keeper.yml`. Tests break it by replacing a piece of its text. */
export const GOOD = `version: 1
mode: observe
functions:
  rotate-keys: { mode: act }
ledger: file:./.keeper
endpoints:
  iam: https://iam.cloud.ibm.com/
  cis: https://api.cis.cloud.ibm.com
accounts:
  edge:
    accountId: 0123456789abcdef0123456789abcdef
    apiKey: { env: KEEPER_EDGE_APIKEY }
  logs:
    accountId: fedcba9876543210fedcba9876543210
    trustedProfile: { id: Profile-5f2e0d1c-0000-4000-8000-000000000001 }
instances:
  - crn: "crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb::"
    account: edge
bindings:
  - name: edge-logs
    managedBy: keeper
    account: logs
    iamId: iam-ServiceId-0f7c6a52-0000-4000-8000-00000000000a
    secret:
      instance: dddddddd-1111-4222-8333-eeeeeeeeeeee
      region: eu-de
      id: 0f7c6a52-0000-4000-8000-000000000001
    jobs:
      - zone: shop.example
        destination: { cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }
    adopt: { apiKeyId: ApiKey-0f7c6a52-0000-4000-8000-00000000000b, retire: disable }
    rotation: { maxAge: 60d }
policies:
  rotation: { before: 30d, maxAge: 80d, keyLife: 120d, drain: 3h }
  cis: { callsPerMinute: 40 }
`;

/** A second binding, good beside the first. */
export const SECOND_BINDING = `  - name: dns-logs
    managedBy: keeper
    account: logs
    iamId: iam-ServiceId-0f7c6a52-0000-4000-8000-00000000000c
    secret:
      instance: dddddddd-1111-4222-8333-eeeeeeeeeeee
      region: eu-de
      id: 0f7c6a52-0000-4000-8000-000000000002
      account: edge
      network: private
    jobs:
      - zone: other.example
        destination: { cloudLogs: { instance: cccccccc-1111-4222-8333-dddddddddddd, region: eu-de } }
policies:
`;

/** Looks like an IBM Cloud API key and is none. */
export const TRACER_KEY = 'tR4c3r_kEy-0123456789abcdefABCDEF-zyxwvutsrq';

export const load = (text: string, options: Partial<LoadOptions> = {}) =>
  loadConfig({ text, source: 'keeper.yml', env: { KEEPER_EDGE_APIKEY: `${TRACER_KEY}\n` }, ...options });

/** Every problem of a text as `line:column message (fix)`; empty when it is good. */
export function problemsOf(text: string, options: Partial<LoadOptions> = {}): string {
  try {
    load(text, options);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((p) => `${p.line}:${p.column} ${p.message} (${p.fix})`).join('\n');
  }
}

/** The good text with pieces replaced; each piece must be there exactly once. */
export function broken(...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [piece, by]) => {
    if (text.split(piece).length !== 2) throw new Error(`not there exactly once: ${piece}`);
    return text.replace(piece, () => by);
  }, GOOD);
}
