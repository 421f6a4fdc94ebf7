import { stringify } from 'yaml';
import type { JobSelector, SelectedDestination } from '../domain/binding.ts';
import { type DraftBinding, draftBindings } from '../domain/draft/draft.ts';
import type { Survey, SurveyedSecret, Unread } from '../domain/draft/survey.ts';
import { jobLabel } from '../domain/rotation/move-job.ts';
import { formatInstant } from '../domain/time.ts';

/** What a starter file says beyond what was found. */
export interface DraftHead {
  readonly at: number;
  /** By account: the environment variable that holds its key. */
  readonly apiKeyEnv: Readonly<Record<string, string>>;
  readonly endpoints?: Readonly<Record<string, string>>;
  readonly ledger?: string;
}

/** A `keeper.yml` in the mode `observe`, of what a survey found; what a person must fill in stands in comments. */
export function draftFile(survey: Survey, { at, apiKeyEnv, endpoints, ledger }: DraftHead): string {
  const accounts = Object.fromEntries(
    survey.accounts.map(({ name, accountId }) => [name, { accountId, apiKey: { env: apiKeyEnv[name] } }]),
  );
  const bindings = draftBindings(survey);
  return [
    `# keeper.yml, written by \`keeper config init\` at ${formatInstant(at)} from what the accounts hold.`,
    '# It only observes. Read it, then run `keeper doctor`, `keeper check-logpush` and `keeper rotate-keys --plan`.',
    ...unreadLines(survey),
    'version: 1',
    'mode: observe',
    ...block({ ledger: ledger ?? 'file:./.keeper' }),
    ...(endpoints === undefined ? [] : block({ endpoints })),
    ...block({ accounts }),
    'instances:',
    ...survey.instances.flatMap((instance) => instanceLines(survey, instance)),
    ...(bindings.some(({ open }) => open.length === 0)
      ? ['bindings:']
      : ['bindings: [] # none could be written: complete one of those below, and put it here']),
    ...bindings.flatMap((binding) => bindingLines(survey, binding)),
    ...otherLines(survey),
    '',
  ].join('\n');
}

const block = (value: unknown): readonly string[] => stringify(value, { lineWidth: 0 }).trimEnd().split('\n');

const indented = (lines: readonly string[], by: string): readonly string[] =>
  lines.map((line) => `${by}${line}`);

/** Names are other people's words: on one line, and not endless. */
const comment = (text: string): string =>
  `# ${text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .slice(0, 300)
    .trimEnd()}`;

const unreadLines = ({ unread }: Survey): readonly string[] =>
  unread.length === 0
    ? []
    : [
        '#',
        '# What could not be read, and what it takes:',
        ...unread.map((one) => comment(`- ${describeUnread(one)}`)),
      ];

/** What could not be read, why, and what it takes. */
export const describeUnread = ({ what, why, takes, mayBeNone }: Unread): string => {
  const right =
    takes === undefined
      ? ''
      : mayBeNone
        ? ` (perhaps there are none; else it takes ${takes})`
        : ` (it takes ${takes})`;
  return `${what}: ${why}${right}`;
};

function instanceLines(
  { jobs }: Survey,
  { crn, account, name, zones }: Survey['instances'][number],
): readonly string[] {
  const count = jobs.filter(({ job }) => job.ref.instanceCrn === crn).length;
  const found =
    zones === undefined ? 'its zones could not be listed' : `${zones} zones, ${count} Logpush jobs`;
  return [`  ${comment(`${name === undefined ? '' : `${name}: `}${found}`)}`, ...item({ crn, account })];
}

const item = (value: unknown): readonly string[] => indented(block([value]), '  ');

const PLACEHOLDERS = {
  account: 'NAME',
  iamId: 'iam-ServiceId-GUID',
  secret: { instance: 'GUID', region: 'REGION', id: 'GUID' },
} as const;

function bindingLines(survey: Survey, draft: DraftBinding): readonly string[] {
  const { name, managedBy = 'keeper', key, secret, selectors, jobs, except, open } = draft;
  const [first] = jobs;
  const example = first === undefined ? '' : `, such as ${jobLabel(first)}`;
  const written = item({
    name,
    managedBy,
    account: draft.account ?? PLACEHOLDERS.account,
    iamId: key?.iamId ?? PLACEHOLDERS.iamId,
    secret: secret === undefined ? PLACEHOLDERS.secret : placeOf(draft, secret),
    jobs: selectors.map(selectorOf),
    ...(except.length === 0 ? {} : { exceptJobs: except }),
  });
  const about = [
    `${countOf(jobs)}${example}`,
    ...(key === undefined ? [] : [describeKey(key)]),
    ...(secret === undefined ? [] : [`the secret ${secret.metadata.name} (${secret.metadata.type})`]),
  ];
  const adopt =
    managedBy === 'keeper' && key !== undefined
      ? [
          `to let the keeper disable that key once it is replaced: adopt: { apiKeyId: ${key.id}, retire: disable }`,
        ]
      : [];
  const made =
    managedBy === 'keeper' && key !== undefined
      ? ['if something else makes these keys, such as a pipeline or a person, write managedBy: others']
      : [];
  if (open.length === 0) return [...indented([...about, ...made, ...adopt].map(comment), '  '), ...written];
  const candidates = survey.secrets.filter(({ holds }) => holds === undefined);
  const help =
    secret === undefined && candidates.length > 0
      ? [`secrets that may hold it: ${candidates.slice(0, 10).map(describeSecret).join('; ')}`]
      : [];
  return [
    ...indented([...about, ...open.map((why) => `NOT YET: ${why}`), ...help, ...made].map(comment), '  '),
    ...written.map((line) => `  # ${line.slice(2)}`),
  ];
}

const countOf = (jobs: readonly unknown[]): string =>
  jobs.length === 1 ? '1 Logpush job' : `${jobs.length} Logpush jobs`;

function describeKey({ id, name, expiresAt }: NonNullable<DraftBinding['key']>): string {
  const ends = expiresAt === undefined ? 'never ends' : `ends ${formatInstant(expiresAt)}`;
  return `key ${id} (${name}), which ${ends}`;
}

const describeSecret = ({ metadata: { id, name, type }, instanceId, region }: SurveyedSecret): string =>
  `${name} (${type}, id ${id}, instance ${instanceId}, ${region}${type === 'kv' ? '; name its member' : ''})`;

const placeOf = (
  draft: DraftBinding,
  { account, instanceId, region, network, metadata: { id } }: SurveyedSecret,
) => ({
  instance: instanceId,
  region,
  id,
  ...(account === draft.account ? {} : { account }),
  ...(network === 'public' ? {} : { network }),
});

/** As the file spells it; what is for all is left out. */
const selectorOf = ({ instance, zone, dataset, destination }: JobSelector) => ({
  ...(instance === '*' ? {} : { instance }),
  ...(zone === '*' ? {} : { zone }),
  ...(dataset === '*' ? {} : { dataset }),
  destination: destinationOf(destination),
});

function destinationOf(destination: SelectedDestination) {
  const { instanceId: instance, region } = destination;
  if (destination.kind === 'cloud-logs') return { cloudLogs: { instance, region } };
  const { bucket, path, auth } = destination;
  return {
    cos: {
      bucket,
      region,
      instance,
      ...(path === undefined ? {} : { path }),
      ...(auth === undefined ? {} : { auth }),
    },
  };
}

/** Jobs that take no key of IBM Cloud, or whose destination says nothing. */
function otherLines({ jobs }: Survey): readonly string[] {
  const other = jobs.filter(({ job: { destination } }) => destination.kind === 'other');
  const unreadable = jobs.filter(({ job: { destination } }) => destination.kind === 'unreadable');
  return [
    ...(other.length === 0
      ? []
      : [comment(`${other.length} jobs push elsewhere and carry no key of IBM Cloud.`)]),
    ...(unreadable.length === 0
      ? []
      : [
          comment(
            `The destination of ${unreadable.length} jobs cannot be read: ${unreadable.map(jobLabel).join(', ')}`,
          ),
        ]),
  ];
}
