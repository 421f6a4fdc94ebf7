import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { covers } from '../../../infra/local/iam/matching.ts';
import { judgeWrite } from '../../../shared/domain/access.ts';
import { bucketPlace } from '../../../shared/domain/access-grant.ts';
import type { AccessPolicy, Rule } from '../../../shared/domain/access-policy.ts';
import { shownLimits } from '../../../shared/domain/buckets/shown.ts';
import { hours } from '../../../shared/domain/time.ts';
import { coverage } from '../../../shared/domain/wildcard.ts';

const ALPHABET = ['a', 'b', '/'];

/** All texts over the alphabet of 1 to `length` characters. */
function texts(length: number): readonly string[] {
  const longer = (all: readonly string[]): readonly string[] =>
    all.flatMap((text) => ALPHABET.map((char) => text + char));
  const made = [longer([''])];
  for (let n = 1; n < length; n += 1) made.push(longer(made.at(-1) ?? []));
  return made.flat();
}
const TAILS = texts(4);

/** By the definition of the two signs, and slowly. */
function matches(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const rest = pattern.slice(1);
  if (pattern.startsWith('*')) return matches(rest, text) || (text !== '' && matches(pattern, text.slice(1)));
  return text !== '' && (pattern.startsWith('?') || pattern[0] === text[0]) && matches(rest, text.slice(1));
}

const pattern = fc.string({ unit: fc.constantFrom(...ALPHABET, '*', '?'), maxLength: 6 });
const prefix = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 4 });

test('a pattern said to match all or none of what begins with a prefix does', () => {
  fc.assert(
    fc.property(pattern, prefix, (pattern, prefix) => {
      const hits = TAILS.filter((tail) => matches(pattern, prefix + tail)).length;
      const said = coverage(pattern, prefix);
      if (said === 'all') expect(hits).toBe(TAILS.length);
      if (said === 'none') expect(hits).toBe(0);
      // Of the short patterns drawn here every one that matches anything at all matches something short.
      if (hits === 0 && pattern.length <= 4) expect(said).toBe('none');
    }),
    { numRuns: 500 },
  );
});

type Drawn = { readonly key: string; readonly operator: string; readonly values: readonly string[] };

const oneValue = (key: string, values: readonly string[]): fc.Arbitrary<Drawn> =>
  fc
    .tuple(
      fc.constantFrom('stringEquals', 'stringMatch', 'stringEqualsAnyOf', 'stringMatchAnyOf'),
      fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
    )
    .map(([operator, drawn]) => ({
      key,
      operator,
      values: operator.endsWith('AnyOf') ? drawn : drawn.slice(0, 1),
    }));
const exists = (key: string): fc.Arbitrary<Drawn> =>
  fc.boolean().map((value) => ({ key, operator: 'stringExists', values: [String(value)] }));

const resource = fc.array(
  fc.oneof(
    oneValue('accountId', ['acct1', 'acct*', 'acct2']),
    oneValue('serviceName', ['cloud-object-storage', 'cloud-*', 'logs', '']),
    oneValue('serviceType', ['service', 'platform_service']),
    oneValue('serviceInstance', ['guid-1', 'guid-?', 'guid-2', '*:guid-1::']),
    oneValue('resourceType', ['bucket', 'key']),
    oneValue('resource', ['logs', 'l*', 'other', 'a.b', 'l?gs']),
    exists('resource'),
    exists('resourceGroupId'),
  ),
  { maxLength: 4 },
);
const condition = fc.oneof(
  fc.tuple(fc.constantFrom('path', 'path', 'path', 'prefix', 'delimiter'), pattern).map(
    ([name, value]): Drawn => ({
      key: `{{resource.attributes.${name}}}`,
      operator: 'stringMatch',
      values: [value],
    }),
  ),
  fc.constantFrom('path', 'prefix').chain((name) => exists(`{{resource.attributes.${name}}}`)),
);
const rule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2 },
    condition,
    fc.record({
      operator: fc.constantFrom('and', 'or'),
      conditions: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).rule;

/** As the simulator holds it, which knows nothing of the keeper's types. */
type Simulated = Parameters<typeof covers>[0];
const simulated = (drawn: Drawn) => ({
  ...drawn,
  value: drawn.operator.endsWith('AnyOf') ? drawn.values : (drawn.values[0] ?? ''),
});
const simulatedRule = (rule: Rule): Simulated['rule'] & object =>
  'conditions' in rule
    ? { operator: rule.operator === 'or' ? 'or' : 'and', conditions: rule.conditions.map(simulatedRule) }
    : simulated(rule);

const scopeOf = (resource: readonly Drawn[], rule: Rule | null): Simulated => ({
  resource: resource.map(simulated),
  tags: [],
  ...(rule === null ? {} : { rule: simulatedRule(rule) }),
});
const BUCKET = {
  service: 'cloud-object-storage',
  accountId: 'acct1',
  instanceId: 'guid-1',
  resource: { type: 'bucket', name: 'logs' } as const,
  resourceGroupId: 'group',
};

/** As the keeper reads it. */
const policyOf = (iamId: string, role: string, resource: Drawn[], rule: Rule | null): AccessPolicy => ({
  id: 'p',
  type: 'access',
  state: 'active',
  subject: [{ key: 'iam_id', operator: 'stringEquals', values: [iamId] }],
  resource,
  tagged: false,
  roles: [{ id: `crn:v1:bluemix:public:iam::::serviceRole:${role}` }],
  ...(rule === null ? {} : { pattern: 'attribute-based-condition:resource:literal-and-wildcard', rule }),
});

test('a yes or a no of the keeper is what the simulated IAM does with every object below the path', () => {
  const said = { yes: 0, no: 0, unknown: 0 };
  fc.assert(
    fc.property(resource, fc.option(rule), prefix, (resource, rule, folder) => {
      const path = folder.replaceAll(/^\/+|\/+$/g, '');
      const policy = policyOf('iam-writer', 'Writer', resource, rule);
      const access = { accountId: 'acct1', groupIds: [], gaps: [] };
      const roles = [{ id: 'crn:v1:bluemix:public:iam::::role:Viewer' }];
      const opening = {
        ...policy,
        subject: [{ key: 'iam_id', operator: 'stringEquals', values: ['iam-keeper'] }],
        resource: [{ key: 'serviceType', operator: 'stringEquals', values: ['platform_service'] }],
        roles,
      };
      const { pattern: _pattern, rule: _rule, ...sight } = opening;
      const { verdict } = judgeWrite(
        { ...access, iamId: 'iam-writer', policies: [policy] },
        { ...access, iamId: 'iam-keeper', policies: [sight] },
        { accountId: 'acct1', instanceId: 'guid-1', bucket: 'logs', path },
        0,
      );
      said[verdict] += 1;
      const scope = scopeOf(resource, rule);
      const below = path === '' ? '' : `${path}/`;
      const allowed = TAILS.filter((tail) =>
        covers(scope, 'cloud-object-storage.object.put', { ...BUCKET, path: below + tail }, 0),
      ).length;
      if (verdict === 'yes') expect(allowed).toBe(TAILS.length);
      if (verdict === 'no') expect(allowed).toBe(0);
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(said.yes, said.no, said.unknown)).toBeGreaterThan(10);
});

test('a Manager is said to be shown a firewall only where the simulated IAM shows it', () => {
  const said = { sure: 0, unsure: 0 };
  fc.assert(
    fc.property(resource, fc.option(rule), (resource, rule) => {
      const policy = {
        ...policyOf('iam-keeper', 'Manager', resource, rule),
        lastModifiedAt: -hours(1),
      };
      const own = { iamId: 'iam-keeper', accountId: 'acct1', groupIds: [], policies: [policy], gaps: [] };
      const place = bucketPlace('acct1', 'guid-1', 'logs');
      const isSure = shownLimits(['firewall'], own, place, 0).has('firewall');
      said[isSure ? 'sure' : 'unsure'] += 1;
      const scope = scopeOf(resource, rule);
      if (isSure) expect(covers(scope, 'cloud-object-storage.bucket.get_firewall', BUCKET, 0)).toBe(true);
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(said.sure, said.unsure)).toBeGreaterThan(10);
});
