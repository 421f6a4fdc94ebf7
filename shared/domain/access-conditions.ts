import {
  type AccessPolicy,
  type Attribute,
  allFit,
  anyFits,
  FITS,
  FITS_NOT,
  type Fit,
  type Rule,
  unclear,
} from './access-policy.ts';
import { type Coverage, coverage } from './wildcard.ts';

const ATTRIBUTES = 'attribute-based-condition:resource:literal-and-wildcard';

/**
 * Whether the conditions of a policy let every object below a path through. Of the attributes that conditions may name,
 * actions on objects know the path and nothing else.
 *
 * @param prefix - what the keys begin with, `http/` for example; empty = any key
 * @see https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-fine-grained-access-control
 */
export function conditionsFit({ pattern, rule }: AccessPolicy, prefix: string): Fit {
  if (pattern === undefined && rule === undefined) return FITS;
  if (pattern?.startsWith('time-based-conditions:') === true)
    return unclear('it holds only at certain times');
  if (pattern !== ATTRIBUTES || rule === undefined)
    return unclear(`it has a condition of the unknown pattern ${pattern ?? '(none)'}`);
  return ruleFits(rule, prefix);
}

function ruleFits(rule: Rule, prefix: string): Fit {
  if (!('conditions' in rule)) return conditionFits(rule, prefix);
  const fits = rule.conditions.map((condition) => ruleFits(condition, prefix));
  if (rule.operator === 'or') return anyFits(fits);
  if (rule.operator === 'and' || fits.length === 1) return allFit(fits);
  return unclear('its conditions are joined in an unknown way');
}

function conditionFits({ key, operator, values }: Attribute, prefix: string): Fit {
  const [, name] = /^\{\{resource\.attributes\.(\w+)\}\}$/.exec(key) ?? [];
  if (name !== 'path' && name !== 'prefix' && name !== 'delimiter')
    return unclear(`it has a condition on ${key}`);
  if (operator === 'stringExists') return (values[0] === 'true') === (name === 'path') ? FITS : FITS_NOT;
  const covered = coverages(operator, values, prefix);
  if (covered === undefined) return unclear(`its condition uses ${operator}`);
  if (name !== 'path' || covered === 'none') return FITS_NOT;
  if (covered === 'all') return FITS;
  return unclear(`it is for the keys ${values.join(', ')}, which may be part of what the job writes`);
}

function coverages(operator: string, values: readonly string[], prefix: string): Coverage | undefined {
  const patterns = values.map((value): Coverage => {
    if (operator === 'stringMatch' || operator === 'stringMatchAnyOf') return coverage(value, prefix);
    return value.length > prefix.length && value.startsWith(prefix) ? 'some' : 'none';
  });
  if (!/^string(?:Equals|Match)(?:AnyOf)?$/.test(operator)) return undefined;
  if (patterns.includes('all')) return 'all';
  return patterns.includes('some') ? 'some' : 'none';
}
