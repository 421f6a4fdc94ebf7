import { folded } from './fold.ts';
import { type Change, countsOf, type FieldChange, type Plan } from './plan.ts';
import { describe, type Fields, type Kind, textOf, type Value } from './resource.ts';

const SIGNS = { create: '+', update: '~', replace: '-/+', delete: '-', forget: '·' } as const;
const DONE = {
  create: 'made',
  update: 'changed',
  replace: 'made anew',
  delete: 'deleted',
  forget: 'gone already',
} as const;

const subjectOf = (change: Change) => ('wanted' in change ? change.wanted : change.entry);

/** A plan for a terminal: a line for each change, under it the fields that differ, and the count. */
export function renderChanges(changes: readonly Change[], newProject?: string): string {
  const project = newProject === undefined ? [] : [`    + project ${newProject}`];
  const lines = [
    ...project,
    ...folded(changes, likeOthers).flatMap(({ item: change, others }) => [
      `  ${SIGNS[change.action].padStart(3)} ${describe(subjectOf(change))}${others}${noteOf(change)}`,
      ...(change.action === 'update' || change.action === 'replace' ? change.fields.map(fieldLine) : []),
    ]),
  ];
  const counts = countsOf(changes);
  const { update, delete: remove } = counts;
  const create = counts.create + project.length;
  const sum =
    lines.length === 0
      ? 'No changes: everything is as it is wanted.'
      : `Plan: ${create} to create, ${update} to update, ${remove} to delete.`;
  return [...lines, ...(lines.length === 0 ? [] : ['']), sum, ''].join('\n');
}

/** What comes and goes with instances is alike; what differs from what is wanted is of each its own. */
function likeOthers(change: Change) {
  if (change.action === 'update' || change.action === 'replace') return undefined;
  const { kind, key } = subjectOf(change);
  return { like: `${change.action} ${kind}`, key };
}

function noteOf(change: Change): string {
  if (change.action === 'forget') return ' (gone already, the state forgets it)';
  if (!('wanted' in change)) return '';
  const { kind, fields } = change.wanted;
  // What somebody will be allowed to do is worth a look before it is so.
  if (Array.isArray(fields['roles'])) return `: ${fields['roles'].map(roleName).join(', ')}`;
  const about = change.action === 'create' ? ABOUT[kind]?.((name) => textOf(fields[name])) : undefined;
  return about === undefined ? '' : `: ${about}`;
}

/** What a person wants to know of something new. */
const ABOUT: Partial<Readonly<Record<Kind, (field: (name: keyof Fields) => string) => string>>> = {
  job: (field) =>
    `${field('image_reference')}, ${sizeOf(field)}, at most ${field('scale_max_execution_time')} s`,
  function: (field) =>
    `${field('runtime')}, ${sizeOf(field)}, ${VISIBLE[field('managed_domain_mappings')] ?? ''}`,
  cron: (field) => `"${field('schedule')}" ${field('timezone')} starts ${field('destination')}`,
  ring: (field) => `objects below ${field('prefix')} of ${field('bucket')} start ${field('destination')}`,
  'alert-policy': (field) => field('alert_type'),
};

const sizeOf = (field: (name: keyof Fields) => string): string =>
  `${field('scale_cpu_limit')} vCPU, ${field('scale_memory_limit')}`;

const VISIBLE: Readonly<Record<string, string>> = {
  local_public: 'public',
  local_private: 'on the private network',
  local: 'in the project alone',
};

/** The end of a role's CRN. */
const roleName = (id: Value): string => textOf(id).split(':').at(-1) ?? '';

const fieldLine = ({ name, from, to }: FieldChange): string => {
  if (from === to) return `        ${name} changes`;
  return `        ${name}: ${from ?? 'not there'} → ${to ?? 'taken away'}`;
};

/** One change that was made, as a line. */
export const renderDone = (change: Change): string =>
  `${describe(subjectOf(change))} ${DONE[change.action]}\n`;

/** What a person should know beside the changes. */
export const renderNotes = ({ refused }: Plan): string =>
  refused
    .map(
      (entry) =>
        `note: ${describe(entry)} is not there: IBM Cloud refused it (${entry.refused}). What runs on a schedule sees to it all the same.\n`,
    )
    .join('');

/** A plan as data. */
export const planAsJson = (
  { changes, strangers, refused }: Plan,
  more: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => ({
  schema: 1,
  ...more,
  summary: countsOf(changes),
  changes: changes.map((change) => {
    const { kind, name, account } = subjectOf(change);
    return {
      action: change.action,
      kind,
      name,
      account,
      ...('fields' in change && change.action !== 'create' ? { fields: change.fields } : {}),
    };
  }),
  refused: refused.map(({ kind, name, account, refused: status }) => ({ kind, name, account, status })),
  strangers: strangers.map(({ message }) => message),
});
