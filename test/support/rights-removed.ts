import { type Grant, grantsOf } from '../../shared/domain/grants.ts';
import { type RightName, rightOf } from '../../shared/domain/rights.ts';
import { live, type Outcome, type Scenario } from './rights.ts';

interface Whole {
  readonly grants: readonly Grant[];
  readonly outcome: Outcome;
}

const WHOLE = new Map<string, Promise<Whole>>();

/** The grants of a function, and how it comes out with all of them; lived once. */
export function withAll(scenario: Scenario, roles: 'system' | 'custom'): Promise<Whole> {
  const key = `${scenario.name} ${scenario.about} ${roles}`;
  const known = WHOLE.get(key) ?? lived(scenario, roles);
  WHOLE.set(key, known);
  return known;
}

async function lived(scenario: Scenario, roles: 'system' | 'custom'): Promise<Whole> {
  let grants: readonly Grant[] = [];
  const outcome = await live(scenario, (fleet) => (grants = grantsOf(fleet, scenario.name, roles)), 'bucket');
  return { grants, outcome };
}

/** A policy that gives less. */
interface Less {
  readonly without: string;
  readonly grant: Grant;
}

/** One role less in a policy, the account's own among them; and where a role is there for several rights, one right less. */
function lessOf(grant: Grant): readonly Less[] {
  const { rights, roles, place, custom } = grant;
  const rolesFor = (right: RightName): readonly string[] =>
    rightOf(right).parts.flatMap((part) => (part.service === place.service ? part.roles : []));
  const byRole = roles.map((role) => ({
    without: `${rights.join(', ')}: ${role}`,
    grant: { ...grant, roles: roles.filter((one) => one !== role) },
  }));
  const byRight = rights.flatMap((right) => {
    const left = [...new Set(rights.filter((other) => other !== right).flatMap(rolesFor))];
    // A role that another right needs as well stays.
    if (left.length === 0 || roles.every((role) => left.includes(role))) return [];
    return [{ without: `${right}, with ${left.join(' and ')} left`, grant: { ...grant, roles: left } }];
  });
  const own =
    custom.length === 0
      ? []
      : [{ without: `${rights.join(', ')}: its own role`, grant: { ...grant, custom: [] } }];
  return [...byRole, ...(custom.length === 0 ? byRight : own)];
}

/** What a person notices for want of each role, a line each; where nobody notices anything, `NOTHING`. */
export async function removals(
  scenarios: readonly [Scenario, ...Scenario[]],
  roles: 'system' | 'custom' = 'system',
): Promise<string> {
  const [{ name }] = scenarios;
  const lines = new Map<string, string>();
  for (const scenario of scenarios) {
    const { grants, outcome } = await withAll(scenario, roles);
    for (const grant of grants.filter(({ custom }) => roles === 'system' || custom.length > 0))
      for (const { without, grant: less } of lessOf(grant)) {
        const what = `${without} on ${grant.place.service}`;
        if ((lines.get(what) ?? NOTHING) !== NOTHING) continue;
        const store = grant.rights.includes('ledger') ? 'bucket' : 'memory';
        const seen = await live(scenario, () => grants.map((one) => (one === grant ? less : one)), store);
        lines.set(what, broken(outcome, seen));
      }
  }
  return [`${name} without`, ...[...lines].map(([what, broke]) => `${what}\n    ${broke}`)].join('\n');
}

export const NOTHING = 'NOTHING';

/** What a person notices: what is not done and not told any more, what is told instead, and which right that names. */
function broken(before: Outcome, after: Outcome): string {
  const minus = (some: readonly string[], others: readonly string[]): readonly string[] =>
    some.filter((line) => !others.includes(line));
  const undone = minus(before.done, after.done);
  const parts = [
    ['not done', kindsOf(undone)],
    // What is told of a deed is not told of what was not done.
    ['not told', undone.length > 0 ? '' : kindsOf(minus(before.told, after.told))],
    ['told', kindsOf(minus(after.told, before.told))],
  ] as const;
  const noticed = parts.filter(([, what]) => what !== '').map(([how, what]) => `${how}: ${what}`);
  const news = minus(after.said, before.said);
  const doubt = [/needs|takes|without/, /403/].flatMap(
    (form) => news.find((text) => form.test(text)) ?? [],
  )[0];
  return [...noticed, ...(doubt === undefined ? [] : [`says: ${short(doubt)}`])].join('; ') || NOTHING;
}

const kindsOf = (lines: readonly string[]): string =>
  [...new Set(lines.map((line) => line.split(' ')[0] ?? ''))].join(', ');

/** For a table: whose right and where it is say its lines. */
const short = (text: string): string =>
  text
    .replaceAll(/(?:iam-ServiceId-|ledger )?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '…')
    .replaceAll(/iam-ServiceId-…/g, '…')
    .replace(/ \(with the credentials.*/, '')
    .slice(0, 170);
