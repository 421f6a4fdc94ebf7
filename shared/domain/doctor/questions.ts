import type { Access } from '../access-policy.ts';
import type { Exchange } from './exchange.ts';
import type { InstanceReport, KeysOnRead, Question } from './report.ts';

/** What a list came to. Those who may see nothing may be shown an empty one. */
export type Listed = 'refused' | 'empty' | 'listed' | 'unknown';

/** What a listing of keys shows that does not say which kind of keys. */
export type UntypedKeys = 'the same' | 'others' | 'not seen';

/** What a bucket's configuration shows of its firewall: it is there, or it is not set or not shown, or all was refused. */
export type FirewallShown = 'shown' | 'absent' | 'refused' | 'unknown';

/** What a look at an account can tell of what IBM's documentation leaves open. */
export interface Observed {
  readonly exchanges: readonly Exchange[];
  readonly keysOnRead: Readonly<Record<string, KeysOnRead>>;
  readonly instances: readonly InstanceReport[];
  /** What each account's own identity has, as far as it may read it. */
  readonly own: readonly Access[];
  /** What a list of access groups came to, an entry for each account. */
  readonly groups: readonly Listed[];
  readonly untypedKeys: readonly UntypedKeys[];
  readonly firewalls: readonly FirewallShown[];
}

const QUESTIONS: readonly {
  readonly id: string;
  readonly question: string;
  readonly seen: (observed: Observed) => readonly string[];
}[] = [
  {
    id: 'keys-on-read',
    question: 'does CIS show the keys of Logpush jobs on read?',
    seen: ({ keysOnRead }) =>
      Object.entries(keysOnRead).map(([kind, counts]) => `${kind}: ${describeKeysOnRead(counts)}`),
  },
  {
    id: 'retention-role',
    question: 'which role reads log retention?',
    seen: ({ instances, exchanges, own }) => [
      ...(instances.some(({ retention }) => retention !== 'unknown')
        ? [`it is read with ${rolesOn('internet-svcs', own) || 'roles that are not shown'}`]
        : []),
      ...(exchanges.some(({ operation, status }) => operation === 'getLogRetention' && status === 403)
        ? ['it is refused']
        : []),
    ],
  },
  {
    id: 'empty-list',
    question: 'how does CIS show an empty list of jobs?',
    seen: ({ exchanges }) =>
      exchanges
        .filter(({ operation, status }) => operation === 'listLogpushJobs' && status === 200)
        .flatMap(({ shape = '' }) => (/(?:^| )result(:null|\[\])/.exec(shape) ?? []).slice(1))
        .map((shape) => (shape === ':null' ? 'null' : 'an empty list')),
  },
  {
    id: 'rate-limit-headers',
    question: 'does CIS say how far a caller is from its rate limit?',
    seen: ({ exchanges }) => {
      const cis = exchanges.filter(({ service, status }) => service === 'cis' && status !== undefined);
      const limits = cis.flatMap(({ pace }) => pace['ratelimit-policy'] ?? []);
      if (limits.length > 0) return limits;
      if (cis.some(({ pace }) => pace['ratelimit'] !== undefined)) return ['Ratelimit without a policy'];
      return cis.length > 0 ? [`no such header in ${cis.length} answers`] : [];
    },
  },
  {
    id: 'retry-after',
    question: 'does a refusal for the rate say when to come back?',
    seen: ({ exchanges }) =>
      exchanges
        .filter(({ status }) => status === 429)
        .map(({ service, pace }) => `${service}: ${pace['retry-after'] === undefined ? 'no' : 'yes'}`),
  },
  {
    id: 'own-policies',
    question: 'are the identity’s own policies shown to it?',
    seen: ({ own }) =>
      own.flatMap(({ policies, accountId }) =>
        policies.length > 0 ? [`${policies.length} in account ${accountId}`] : [],
      ),
  },
  {
    id: 'groups-without-right',
    question: 'what are access groups for those who may not read them?',
    seen: ({ groups }) =>
      groups.flatMap((came) =>
        came === 'refused' ? ['a refusal'] : came === 'empty' ? ['an empty list, or there are none'] : [],
      ),
  },
  {
    id: 'key-list-type',
    question: 'which keys does a listing show that does not say which?',
    seen: ({ untypedKeys }) =>
      untypedKeys.flatMap((came) =>
        came === 'not seen'
          ? []
          : [came === 'the same' ? 'those of service IDs' : 'others than those of service IDs'],
      ),
  },
  {
    id: 'firewall-field',
    question:
      'is the firewall of a bucket hidden from those who may not read it, or the whole answer refused?',
    seen: ({ firewalls }) =>
      firewalls.flatMap(
        (came) =>
          ({
            shown: ['shown'],
            absent: ['not in the answer: hidden, or not set'],
            refused: ['the whole answer is refused'],
            unknown: [],
          })[came],
      ),
  },
  {
    id: 'instance-attribute',
    question: 'do policies name instances by GUID or by CRN?',
    seen: ({ own }) =>
      attributesOf(own, 'serviceInstance').map((value) => (value.startsWith('crn:') ? 'CRN' : 'GUID')),
  },
  {
    id: 'role-names',
    question: 'which service stands in the CRN of a service’s own roles?',
    seen: ({ own }) =>
      own
        .flatMap(({ policies }) => policies.flatMap(({ roles }) => roles.map(({ id }) => id)))
        .filter((id) => /serviceRole:/.test(id) && !/serviceRole:(?:Reader|Writer|Manager)$/.test(id))
        .map((id) => `${id.split(':').at(-1) ?? ''}: ${id.split(':')[4] ?? ''}`),
  },
  {
    id: 'error-shapes',
    question: 'what do refusals look like?',
    seen: ({ exchanges }) =>
      exchanges.flatMap(({ service, status = 0, shape }) =>
        status >= 400 ? [`${service} ${status}: ${shape ?? 'no JSON'}`] : [],
      ),
  },
];

/** Every open question, with what was seen. */
export const answerQuestions = (observed: Observed): readonly Question[] =>
  QUESTIONS.map(({ id, question, seen }) => {
    const answers = [...new Set(seen(observed))];
    return { id, question, answer: answers.length === 0 ? 'not seen' : `seen: ${answers.join('; ')}` };
  });

/** How many jobs show their key in which way. */
export const describeKeysOnRead = (counts: KeysOnRead): string =>
  (['clear', 'masked', 'absent'] as const)
    .flatMap((way) => (counts[way] > 0 ? [`${counts[way]} ${way}`] : []))
    .join(', ');

const rolesOn = (service: string, own: readonly Access[]): string =>
  [
    ...new Set(
      own
        .flatMap(({ policies }) => policies)
        .filter(({ resource }) =>
          resource.some(({ key, values }) => key === 'serviceName' && values.includes(service)),
        )
        .flatMap(({ roles }) => roles.map(({ id }) => id.split(':').at(-1) ?? id)),
    ),
  ].join(', ');

const attributesOf = (own: readonly Access[], name: string): readonly string[] =>
  own.flatMap(({ policies }) =>
    policies.flatMap(({ resource }) => resource.flatMap(({ key, values }) => (key === name ? values : []))),
  );
