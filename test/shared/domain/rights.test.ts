import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withRights } from '../../../infra/docs.ts';
import { rolesOf } from '../../../infra/local/iam/roles.ts';
import { actionsOf } from '../../../shared/domain/access-roles.ts';
import { isKeeperFunction, NEEDS, type Need } from '../../../shared/domain/needs.ts';
import { RIGHTS, type Right } from '../../../shared/domain/rights.ts';
import { FUNCTION_NAMES } from '../../../shared/runtime/invocation.ts';

const rights = Object.entries<Right>(RIGHTS);

/** How the CRN of a role ends. */
const endOf = (role: string): string =>
  /^(?:Viewer|Operator|Editor|Administrator)$/.test(role)
    ? `role:${role}`
    : `serviceRole:${role.replaceAll(' ', '')}`;

test.each(rights)(
  'the roles of %s hold all of its actions, and no role of them is idle',
  (_name, { parts }) => {
    for (const { service, roles, actions } of parts) {
      // Nothing of the keeper asks for these yet.
      if (service === 'logs' || service === 'event-notifications') continue;
      const held = roles.map(
        (role) => actionsOf({ id: `crn:v1:bluemix:public:iam::::${endOf(role)}` }, service) ?? [],
      );
      expect(held.flat()).toEqual(expect.arrayContaining([...actions]));
      for (const of of held) expect(of.filter((action) => actions.includes(action))).not.toEqual([]);
    }
  },
);

test('the keeper and the simulated IAM know the same of every action that a right is made of', () => {
  const simulated = [
    'internet-svcs',
    'secrets-manager',
    'iam-identity',
    'iam-groups',
    'cloud-object-storage',
  ];
  const wanted = new Set(rights.flatMap(([, { parts }]) => parts.flatMap(({ actions }) => actions)));
  for (const service of simulated) {
    const { system, service: own } = rolesOf(service);
    for (const { crn, actions } of [...system, ...own]) {
      const known = actionsOf({ id: crn }, service);
      if (known === undefined) continue;
      const about = (list: readonly string[]) =>
        [
          ...new Set(list.filter((action) => action.startsWith(`${service}.`) && wanted.has(action))),
        ].toSorted();
      expect([crn, about(known)]).toEqual([crn, about(actions)]);
    }
  }
});

test('every function has its needs, and every right is needed by something', () => {
  expect(FUNCTION_NAMES.filter((name) => !isKeeperFunction(name))).toEqual([]);
  const needed = new Set(
    Object.values<readonly Need[]>(NEEDS).flatMap((needs) => needs.map(({ right }) => right)),
  );
  expect(rights.map(([name]) => name).filter((name) => !needed.has(name as Need['right']))).toEqual([]);
});

test('the tables of docs/security.md are those of the code; `npm run docs` writes them', () => {
  const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
  expect(withRights(page)).toBe(page);
});
