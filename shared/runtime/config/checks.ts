import type * as z from 'zod';
import { ANY, type RotationPolicy } from '../../domain/binding.ts';
import type { ConfigProblem } from '../../errors.ts';
import { checkBindings } from './checks-bindings.ts';
import { checkDeclared } from './checks-declared.ts';
import { type ConfigDocument, fieldsOf, type Part, type Path } from './document.ts';
import { isName, ONCE, oneOf, parseCrn, parseEndpoint } from './leaves.ts';
import { parseLedger } from './ledger-place.ts';
import { checkRotation, rotationPolicy } from './rotation.ts';
import { Account, Endpoints, Instance, Policies } from './schema.ts';
import { Binding } from './schema-bindings.ts';
import { LogpushJob } from './schema-declared.ts';
import { Hold, toHold } from './schema-holds.ts';
import { didYouMean, quotable } from './words.ts';

interface Parts {
  readonly document: ConfigDocument;
  /** Every name under accounts, also of accounts with problems. */
  readonly accountNames: readonly string[];
  readonly accounts: readonly (Part<Account> & { readonly name: string })[];
  readonly instances: readonly Part<Instance>[];
  readonly bindings: readonly Part<Binding>[];
  readonly holds: readonly Part<Hold>[];
  readonly policies: RotationPolicy | undefined;
}

/**
 * What takes two places of the file to see. It looks at every part that is well-formed by itself, so that a person
 * learns of all problems at once, whatever else is wrong.
 */
export function checkAcross(document: ConfigDocument): readonly ConfigProblem[] {
  const root = fieldsOf(document.value);
  const accounts = Object.entries(fieldsOf(root['accounts']));
  const parts: Parts = {
    document,
    accountNames: accounts.map(([name]) => name),
    accounts: accounts.flatMap(([name, value]) =>
      partOf(Account, value, ['accounts', name]).map((part) => ({ ...part, name })),
    ),
    instances: listOf(root['instances']).flatMap((value, i) => partOf(Instance, value, ['instances', i])),
    bindings: listOf(root['bindings']).flatMap((value, i) => partOf(Binding, value, ['bindings', i])),
    holds: listOf(root['holds']).flatMap((value, i) => partOf(Hold, value, ['holds', i])),
    policies: partOf(Policies, root['policies'] ?? {}, ['policies']).map(({ value }) =>
      rotationPolicy(value.rotation),
    )[0],
  };
  return [
    ...checkCredentials(parts),
    ...checkAccountNames(parts),
    ...checkLedger(parts),
    ...checkInstances(parts),
    ...checkSelectors(parts),
    ...checkHolds(parts),
    ...checkDuplicates(parts),
    ...checkBindings(document, parts.bindings),
    ...checkRotation(document, parts.policies, parts.bindings),
    ...checkDeclared({
      document,
      jobs: listOf(root['logpushJobs']).flatMap((value, i) => partOf(LogpushJob, value, ['logpushJobs', i])),
      bindings: parts.bindings,
      bindingNames: listOf(root['bindings']).flatMap((value) => {
        const { name } = fieldsOf(value);
        return typeof name === 'string' ? [name] : [];
      }),
      instances:
        parts.instances.length < listOf(root['instances']).length
          ? undefined
          : parts.instances.map(({ value }) => value.crn),
    }),
    ...checkClock(document, root['endpoints']),
  ];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function partOf<S extends z.ZodType>(schema: S, value: unknown, path: Path): readonly Part<z.output<S>>[] {
  const parsed = schema.safeParse(value, ONCE);
  return parsed.success ? [{ path, value: parsed.data }] : [];
}

function* checkCredentials({ document, accounts }: Parts): Generator<ConfigProblem> {
  for (const { path, value, name } of accounts) {
    const which = quotable(name) ? `account ${name}` : 'this account';
    if (value.apiKey !== undefined && value.trustedProfile !== undefined) {
      const message = `${which} has an API key and a trusted profile`;
      yield document.problem([...path, 'trustedProfile'], message, 'keep one of the two', 'key');
    } else if (value.apiKey === undefined && value.trustedProfile === undefined) {
      const fix = 'add apiKey: { env: NAME }, apiKey: { file: PATH } or trustedProfile: { id: Profile-… }';
      yield document.problem(path, `${which} has no credentials`, fix, 'key');
    } else if (value.apiKey?.env !== undefined && value.apiKey.file !== undefined) {
      yield document.problem(
        [...path, 'apiKey'],
        'the key comes from two places',
        'keep one of env and file',
        'key',
      );
    } else if (
      value.apiKey !== undefined &&
      value.apiKey.env === undefined &&
      value.apiKey.file === undefined
    ) {
      const fix = 'write { env: NAME } or { file: PATH }';
      yield document.problem([...path, 'apiKey'], 'it is not said where the key is', fix, 'key');
    }
  }
}

function* checkAccountNames({
  document,
  accountNames,
  instances,
  bindings,
}: Parts): Generator<ConfigProblem> {
  const uses = [...instances, ...bindings].map(({ path, value }) => ({
    path: [...path, 'account'],
    name: value.account,
  }));
  for (const { path, value } of bindings) {
    if (value.secret.account !== undefined)
      uses.push({ path: [...path, 'secret', 'account'], name: value.secret.account });
  }
  for (const { path, name } of uses) yield* checkAccountName(document, path, name, accountNames);
}

function* checkAccountName(
  document: ConfigDocument,
  path: Path,
  name: string,
  accountNames: readonly string[],
): Generator<ConfigProblem> {
  if (accountNames.includes(name)) return;
  const known = accountNames.filter(isName);
  const write = known.length === 0 ? '' : `write ${oneOf(known)}, or `;
  const fix = didYouMean(name, known) ?? `${write}add it to accounts`;
  yield document.problem(path, `there is no account "${name}"`, fix);
}

/** Whose credentials reach the bucket of the ledger. */
function* checkLedger({ document, accountNames }: Parts): Generator<ConfigProblem> {
  const { ledger } = fieldsOf(document.value);
  const parsed = typeof ledger === 'string' ? parseLedger(ledger) : '';
  if (typeof parsed === 'string' || parsed.kind === 'file') return;
  if (parsed.account !== undefined)
    yield* checkAccountName(document, ['ledger'], parsed.account, accountNames);
  else if (accountNames.length > 1)
    yield document.problem(
      ['ledger'],
      'of several accounts it is not said whose credentials reach the bucket of the ledger',
      `add ${oneOf(accountNames.filter(isName).map((name) => `&account=${name}`)) || '&account=NAME'}`,
    );
}

function* checkInstances({ document, accounts, instances }: Parts): Generator<ConfigProblem> {
  for (const { path, value } of instances) {
    const account = accounts.find(({ name }) => name === value.account);
    if (account === undefined || account.value.accountId === parseCrn(value.crn)) continue;
    const owner = accounts.find((other) => other.value.accountId === parseCrn(value.crn));
    const fix =
      owner === undefined ? 'add the account that the CRN names to accounts' : `write account: ${owner.name}`;
    yield document.problem(
      [...path, 'crn'],
      `this instance does not belong to account ${value.account}`,
      fix,
    );
  }
}

/** Somebody counts on a hold: one that never holds anything is a mistake. */
function* checkHolds({ document, holds }: Parts): Generator<ConfigProblem> {
  for (const { path, value } of holds) {
    const { from, until } = toHold(value);
    if (from === undefined || until === undefined || from < until) continue;
    const message = 'this hold ends before it begins';
    yield document.problem([...path, 'until'], message, 'write an instant after that of from');
  }
}

function* checkSelectors({ document, instances, bindings, holds }: Parts): Generator<ConfigProblem> {
  // Of a list with a problem nobody knows which instances it was meant to have.
  if (instances.length < listOf(fieldsOf(document.value)['instances']).length) return;
  const selectors = bindings.flatMap(({ path, value }) =>
    value.jobs.map((selector, k) => ({ path: [...path, 'jobs', k], value: selector })),
  );
  for (const { path, value } of [...selectors, ...holds]) {
    if (value.instance === ANY || instances.some(({ value: known }) => known.crn === value.instance))
      continue;
    const fix = 'add the instance to instances, or leave instance out for all of them';
    yield document.problem([...path, 'instance'], 'this instance is not configured', fix);
  }
}

function* checkDuplicates({ document, instances, bindings }: Parts): Generator<ConfigProblem> {
  const repeated = function* <T>(
    parts: readonly Part<T>[],
    tail: Path,
    idOf: (value: T) => string,
    message: (first: T) => string,
    fix: string,
  ) {
    for (const [i, { path, value }] of parts.entries()) {
      const first = parts.slice(0, i).find((other) => idOf(other.value) === idOf(value));
      if (first !== undefined) yield document.problem([...path, ...tail], message(first.value), fix);
    }
  };
  yield* repeated(
    instances,
    ['crn'],
    (value) => value.crn,
    () => 'this instance is already there',
    'keep one of the two',
  );
  yield* repeated(
    bindings,
    ['name'],
    (value) => value.name,
    ({ name }) => `there is already a binding "${name}"`,
    'give each binding its own name',
  );
  yield* repeated(
    bindings,
    ['secret', 'id'],
    (value) => `${value.secret.instance}/${value.secret.id}/${value.secret.member ?? ''}`,
    ({ name }) => `binding "${name}" already has this key`,
    'put the jobs of both under one binding, or use a secret, or a member of a kv secret, of its own',
  );
}

const LOCAL = [
  'iam',
  'cis',
  'secretsManager',
  'cloudLogs',
  'cos',
  'cosConfig',
  'resourceController',
  'cbr',
] as const;

/** A moved clock and the real IBM Cloud must not meet: keys would be retired by a time that is not theirs. */
function* checkClock(document: ConfigDocument, value: unknown): Generator<ConfigProblem> {
  for (const { path, value: endpoints } of partOf(Endpoints, value, ['endpoints'])) {
    if (endpoints.clock === undefined) return;
    const services = LOCAL.map((name) => endpoints[name]);
    if (services.every((url) => url !== undefined && parseEndpoint(url)?.loopback === true)) return;
    const message = 'a clock of a local cloud, but not every service is on loopback';
    const fix = `remove clock, or name loopback endpoints for ${LOCAL.slice(0, -1).join(', ')} and ${LOCAL.at(-1)}`;
    yield document.problem([...path, 'clock'], message, fix);
  }
}
