import { readFileSync } from 'node:fs';
import type { Exchange } from '../domain/doctor/exchange.ts';
import { seconds } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import type {
  AccessPort,
  BucketsPort,
  CisPort,
  Clock,
  IamPort,
  Log,
  Random,
  ResourcesPort,
  RestrictionsPort,
  SecretsManagerPort,
  Services,
  Transport,
} from '../ports.ts';
import { createAccess } from './access.ts';
import { CallBudget } from './budget.ts';
import { createCis } from './cis.ts';
import { createCloudLogs } from './cloud-logs.ts';
import { createCos } from './cos.ts';
import { createBuckets } from './cos-reader.ts';
import {
  cbrUrl,
  cisUrl,
  type Endpoints,
  iamUrl,
  resourceControllerUrl,
  secretsManagerUrl,
} from './endpoints.ts';
import { HttpClient } from './http.ts';
import { createIam } from './iam.ts';
import { readClaims } from './jwt.ts';
import { createResources } from './resources.ts';
import { createRestrictions } from './restrictions.ts';
import { createSecretsManager } from './secrets-manager.ts';
import { type BudgetLedger, SharedBudget } from './shared-budget.ts';
import { type Credential, TokenProvider } from './tokens.ts';

export interface ServicesOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly endpoints: Endpoints;
  /** By the name they have in `keeper.yml`. */
  readonly accounts: ReadonlyMap<string, { readonly accountId: string; readonly credential: Credential }>;
  readonly cisCallsPerMinute: number;
  /** Where processes tell each other of their calls to CIS. Absent: this one is alone. */
  readonly shared?: Omit<BudgetLedger, 'identity'>;
  readonly log?: Log;
  readonly deadlineAt?: number;
  readonly stop?: AbortSignal;
  /** Is told what each exchange showed. */
  readonly observe?: (exchange: Exchange) => void;
  /** Reads the token file of a trusted profile. */
  readonly readFile?: (path: string) => string;
}

/** The IBM services of a run: one HTTP client, and per account one token provider and one pace for CIS. */
export function createServices(options: ServicesOptions): {
  readonly services: Services;
  /** For what is no IBM service: its calls are counted with the others. */
  readonly http: HttpClient;
  readonly counts: () => Readonly<Record<string, number>>;
} {
  const { transport, clock, random, endpoints, accounts, deadlineAt, stop, observe, log, shared } = options;
  const readFile = options.readFile ?? ((path: string): string => readFileSync(path, 'utf8'));
  const http = new HttpClient({
    transport,
    clock,
    random,
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(stop === undefined ? {} : { stop }),
    ...(observe === undefined ? {} : { observe }),
  });
  const tokensOf = memo((account: string) => {
    const credential = accounts.get(account)?.credential;
    if (credential === undefined) {
      throw new ApiError({
        service: 'iam',
        operation: 'grantToken',
        effect: 'none',
        reason: `no account "${account}"`,
      });
    }
    return new TokenProvider({ http, clock, iamUrl: iamUrl(endpoints), account, credential, readFile });
  });
  // CIS counts per IAM id, by whatever names and keys the accounts of the configuration reach it.
  const identityOf = (account: string) => async (): Promise<string> =>
    readClaims((await tokensOf(account).token()).reveal())?.iamId ??
    accounts.get(account)?.accountId ??
    account;
  const cisBudgetOf = memo(
    (account: string) =>
      new SharedBudget({
        clock,
        random,
        callsPerMinute: options.cisCallsPerMinute,
        ...(log === undefined ? {} : { log }),
        ...(shared === undefined ? {} : { shared: { ...shared, identity: identityOf(account) } }),
      }),
  );
  // COS publishes no rate; this is modest, and for all accounts together.
  const bucketBudget = new CallBudget(clock, 10, seconds(1));
  const common = { clock, random, endpoints, tokensOf, cisBudgetOf, bucketBudget };
  return { services: servicesOver(http, common), http, counts: () => http.counts() };
}

/** What the services of a run share, whatever guards their requests. */
interface Common extends Pick<ServicesOptions, 'clock' | 'random' | 'endpoints'> {
  readonly tokensOf: (account: string) => TokenProvider;
  readonly cisBudgetOf: (account: string) => SharedBudget;
  readonly bucketBudget: CallBudget;
}

function servicesOver(http: HttpClient, common: Common): Services {
  const { clock, random, endpoints, tokensOf, cisBudgetOf, bucketBudget } = common;
  const iam = memo((account: string): IamPort => createIam(http, tokensOf(account), iamUrl(endpoints)));
  const access = memo(
    (account: string): AccessPort => createAccess(http, tokensOf(account), iamUrl(endpoints)),
  );
  const cis = memo(
    (account: string): CisPort =>
      createCis({
        http,
        tokens: tokensOf(account),
        clock,
        random,
        budget: cisBudgetOf(account),
        url: cisUrl(endpoints),
      }),
  );
  const buckets = memo(
    (account: string): BucketsPort =>
      createBuckets({ http, tokens: tokensOf(account), endpoints, budget: bucketBudget }),
  );
  const resources = memo(
    (account: string): ResourcesPort =>
      createResources(http, tokensOf(account), resourceControllerUrl(endpoints)),
  );
  const restrictions = memo(
    (account: string): RestrictionsPort => createRestrictions(http, tokensOf(account), cbrUrl(endpoints)),
  );
  const secretsManagers = new Map<string, SecretsManagerPort>();
  return {
    iam,
    cis,
    buckets,
    access,
    resources,
    restrictions,
    secretsManager(account, ref) {
      const key = `${account}/${ref.instanceId}/${ref.network}`;
      const known = secretsManagers.get(key);
      if (known !== undefined) return known;
      const made = createSecretsManager(http, tokensOf(account), secretsManagerUrl(endpoints, ref));
      secretsManagers.set(key, made);
      return made;
    },
    cloudLogs: createCloudLogs(http, endpoints),
    cos: createCos(http, endpoints),
    under: (guard) => servicesOver(http.under(guard), common),
  };
}

function memo<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}
