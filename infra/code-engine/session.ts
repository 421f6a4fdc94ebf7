import { CallBudget } from '../../shared/clients/budget.ts';
import { cisUrl, type Endpoints, iamUrl } from '../../shared/clients/endpoints.ts';
import { HttpClient } from '../../shared/clients/http.ts';
import { readClaims } from '../../shared/clients/jwt.ts';
import { createServices } from '../../shared/clients/services.ts';
import { TokenProvider } from '../../shared/clients/tokens.ts';
import type { Secret } from '../../shared/domain/secret.ts';
import type { Services } from '../../shared/ports.ts';
import { AlertsClient } from './clients/alerts.ts';
import { CodeEngineClient } from './clients/code-engine.ts';
import { PoliciesClient } from './clients/policies.ts';
import { ProfilesClient } from './clients/profiles.ts';
import type { DeployPorts } from './ports.ts';

/** An account as a deployment reaches it. */
interface Reached {
  readonly accountId: string;
  readonly apiKey: Secret;
}

/** The APIs that a deployment calls, each with the credentials of an account of `keeper.yml`. */
export interface Session {
  readonly codeEngine: CodeEngineClient;
  readonly profiles: (account: string) => ProfilesClient;
  readonly policies: (account: string) => PoliciesClient;
  readonly alerts: (account: string) => AlertsClient;
  /** For the look at the fleet. */
  readonly services: Services;
  /** The IBM account that the credentials of an account belong to. */
  readonly ownAccountId: (account: string) => Promise<string | undefined>;
  /** Reaches an account that `keeper.yml` does not name. @returns whether there is a key, and it is one of that account */
  readonly admit: (name: string, accountId: string) => Promise<boolean>;
  readonly counts: () => Readonly<Record<string, number>>;
}

/** Of the 100 calls a minute that IBM promises to an identity: these for alerts, and the rest for the look at the fleet. */
const ALERT_CALLS = 20;
const FLEET_CALLS = 80;

export function openSession(
  ports: DeployPorts,
  where: {
    readonly endpoints: Endpoints;
    readonly accounts: Readonly<Record<string, Reached>>;
    /** The account of the project, and the base URL of Code Engine there. */
    readonly account: string;
    readonly codeEngineUrl: string;
    readonly keyOf: (account: string) => Secret | undefined;
  },
): Session {
  const { transport, clock, random } = ports;
  const { endpoints, accounts, account, codeEngineUrl, keyOf } = where;
  const http = new HttpClient({ transport, clock, random });
  const admitted = new Map<string, Reached>();
  const reached = (name: string): Reached => {
    const known = accounts[name] ?? admitted.get(name);
    if (known === undefined) throw new Error(`no account ${name}`);
    return known;
  };
  const tokens = memo((name: string) => {
    const credential = { kind: 'api-key', apiKey: reached(name).apiKey } as const;
    const readFile = (): never => {
      throw new Error('an API key takes no file');
    };
    return new TokenProvider({ http, clock, iamUrl: iamUrl(endpoints), account: name, credential, readFile });
  });
  const budgets = memo(() => new CallBudget(clock, ALERT_CALLS));
  const { services, counts } = createServices({
    transport,
    clock,
    random,
    endpoints,
    accounts: new Map(
      Object.entries(accounts).map(([name, { accountId, apiKey }]) => [
        name,
        { accountId, credential: { kind: 'api-key', apiKey } },
      ]),
    ),
    cisCallsPerMinute: FLEET_CALLS,
  });
  const iam = (name: string) => ({
    http,
    tokens: tokens(name),
    url: iamUrl(endpoints),
    accountId: reached(name).accountId,
  });
  const ownAccountId = async (name: string) => readClaims((await tokens(name).token()).reveal())?.accountId;
  return {
    codeEngine: new CodeEngineClient({ http, tokens: tokens(account), clock, url: codeEngineUrl }),
    profiles: memo((name) => new ProfilesClient(iam(name))),
    policies: memo((name) => new PoliciesClient(iam(name))),
    alerts: memo(
      (name) =>
        new AlertsClient({ http, tokens: tokens(name), url: cisUrl(endpoints), budget: budgets(name) }),
    ),
    services,
    ownAccountId,
    admit: async (name, accountId) => {
      const apiKey = keyOf(name);
      if (apiKey === undefined || Object.hasOwn(accounts, name)) return false;
      admitted.set(name, { accountId, apiKey });
      return (await ownAccountId(name)) === accountId;
    },
    counts: () => ({ ...counts(), ...http.counts() }),
  };
}

function memo<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
}
