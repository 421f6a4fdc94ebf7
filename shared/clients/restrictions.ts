import * as z from 'zod';
import type { Restriction } from '../domain/restrictions.ts';
import type { RestrictionsPort } from '../ports.ts';
import type { HttpClient } from './http.ts';
import { lookAt, readerOf } from './platform-look.ts';
import { modeOf, type Opening, openingOf, Rule, scopesOf, Zone, zonesOf } from './restriction-rule.ts';
import type { TokenProvider } from './tokens.ts';

const Rules = z.object({ rules: z.array(Rule) });

/**
 * Context-based restrictions: the rules about a service, and the network zones that they name. The API has no pages.
 *
 * @see https://cloud.ibm.com/apidocs/context-based-restrictions#list-rules
 */
export function createRestrictions(http: HttpClient, tokens: TokenProvider, url: string): RestrictionsPort {
  const read = readerOf(http, tokens, 'cbr', url);
  const readZone = async (id: string): Promise<Opening> => {
    const look = await lookAt('getZone', async () => ({
      verdict: 'yes' as const,
      zone: await read('getZone', `/v1/zones/${encodeURIComponent(id)}`, Zone),
    }));
    if (look.verdict === 'yes') return openingOf(id, look.zone);
    const why = look.verdict === 'no' ? `status ${look.status}` : look.reason;
    return { addresses: [], unclear: [`zone ${id} could not be read: ${why}`] };
  };
  return {
    list: (accountId, service) =>
      lookAt('listRules', async () => {
        const query = new URLSearchParams({ account_id: accountId, service_name: service }).toString();
        const { rules } = await read('listRules', `/v1/rules?${query}`, Rules);
        const zones = new Map<string, Opening>();
        const restrictions: Restriction[] = [];
        for (const rule of rules) {
          const scopes = scopesOf(rule, accountId, service);
          if (scopes.length === 0) continue;
          const opening = await openingOfRule(rule, zones, readZone);
          restrictions.push(...scopes.map((scope) => restrictionOf(rule, scope, opening)));
        }
        return { verdict: 'yes', restrictions };
      }),
  };
}

/** One context that lets a caller through is enough; a rule without contexts lets nobody through. */
async function openingOfRule(
  { contexts }: Rule,
  known: Map<string, Opening>,
  readZone: (id: string) => Promise<Opening>,
): Promise<Opening> {
  const openings: Opening[] = [];
  for (const context of contexts ?? []) {
    const zones = zonesOf(context);
    if ('addresses' in zones) {
      openings.push(zones);
      continue;
    }
    for (const id of zones) {
      const opening = known.get(id) ?? (await readZone(id));
      known.set(id, opening);
      openings.push(opening);
    }
  }
  return {
    addresses: openings.flatMap(({ addresses }) => addresses),
    unclear: openings.flatMap(({ unclear }) => unclear),
  };
}

function restrictionOf(
  rule: Rule,
  { unclear, ...about }: ReturnType<typeof scopesOf>[number],
  opening: Opening,
): Restriction {
  const doubts = [...unclear, ...opening.unclear];
  return {
    id: rule.id,
    enforcement: modeOf(rule) ?? 'enabled',
    ...about,
    addresses: opening.addresses,
    ...(doubts.length === 0 ? {} : { unclear: doubts.join('; ') }),
  };
}
