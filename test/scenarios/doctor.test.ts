import { expect, test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import type { World } from '../../infra/local/world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import type { RightReport } from '../../shared/domain/doctor/judge-right.ts';
import type { DoctorReport } from '../../shared/domain/doctor/report.ts';
import { rightOf } from '../../shared/domain/rights.ts';
import { days, hours, minutes } from '../../shared/domain/time.ts';
import { TransportError } from '../../shared/ports.ts';
import { loadConfig } from '../../shared/runtime/config/config.ts';
import { createLedger } from '../../shared/runtime/ledger.ts';
import { smallWorld } from '../simulation/small-world.ts';
import { aDeclaration, declaringKeeper, type Flow } from '../support/declared.ts';
import { aWorld, iamCredentials, MADE } from '../support/managed.ts';
import { type VirtualKeeper, type VirtualKeeperOptions, virtualKeeper } from '../support/virtual-keeper.ts';

/** The API keys that each world was logged in to with, by its keeper. */
const LOGINS = new WeakMap<World, Set<string>>();

/** A keeper whose logins are watched: the doctor may use no key but its own. */
function watched({ wrapTransport, ...options }: VirtualKeeperOptions = {}): VirtualKeeper {
  const logins = new Set<string>();
  const keeper = virtualKeeper({
    ...options,
    wrapTransport: (transport) => {
      const inner = wrapTransport?.(transport) ?? transport;
      return {
        send: (request) => {
          const apiKey = new URLSearchParams(String(request.body ?? '')).get('apikey');
          if (request.url.endsWith('/identity/token') && apiKey !== null) logins.add(apiKey);
          return inner.send(request);
        },
      };
    },
  });
  LOGINS.set(keeper.world, logins);
  return keeper;
}

/** Runs the doctor, as JSON and for a terminal, and holds what it must never do against what it did. */
async function examined(keeper: VirtualKeeper) {
  const { world } = keeper;
  const before = await keeper.ledger.list('');
  const text = await keeper.cli('doctor', '--verbose');
  const json = await keeper.cli('doctor', '--json', '--verbose');
  const said = [text.out, text.err, json.out, json.err, keeper.log.join('\n')].join('\n');
  for (const secret of world.iam.secretValues()) expect(said).not.toContain(secret);
  expect(writes(world)).toEqual([]);
  expect(await keeper.ledger.list('')).toEqual(before);
  const own = world.file.accounts.flatMap((account) =>
    account.keeper === undefined ? [] : [world.keyValue(account.keeper.apiKey)],
  );
  expect([...(LOGINS.get(world) ?? ['not watched'])].filter((value) => !own.includes(value))).toEqual([]);
  expect(text.code).toBe(json.code);
  return { code: json.code, report: JSON.parse(json.out) as DoctorReport, text: text.out };
}

const writes = ({ calls }: World): readonly string[] =>
  calls
    .filter(({ method, operation }) => method !== 'GET' && method !== 'HEAD' && operation !== 'grantToken')
    .map(({ service, operation }) => `${service} ${operation}`);

const demo = (options: VirtualKeeperOptions = {}): VirtualKeeper =>
  watched({ file: loadWorld('demo'), ...options });

/** The identities that keepers of a world log in as, with their policies. */
const keepersOf = (file: WorldFile) =>
  file.accounts.flatMap(({ name, keeper, serviceIds }) =>
    serviceIds
      .filter((serviceId) => serviceId.name === keeper?.serviceId)
      .map(({ policies }) => ({ name, policies })),
  );

const mayReadAll = (file: WorldFile): void => {
  for (const { policies } of keepersOf(file)) {
    const has = (service: string) => policies.some((policy) => policy.service === service);
    for (const service of ['iam-access-management', 'iam-groups', 'context-based-restrictions'])
      if (!has(service)) policies.push({ service, roles: ['Viewer'] });
    policies.push({ roles: ['Viewer'] });
  }
};

/** Whether the simulated IAM lets the identity do everything that a right is for. */
function truth(world: World, { right, where, iamId = '', account }: RightReport): boolean {
  const { file } = world;
  const accountId = file.accounts.find(({ name }) => name === account)?.id ?? '';
  const bucket = file.buckets.find(({ name }) => where.startsWith(`bucket ${name} `));
  const instanceId =
    /(?:internet-svcs:global:a\/\w+:|Secrets Manager )([0-9a-f-]{36})/.exec(where)?.[1] ?? bucket?.instance;
  return rightOf(right).parts.every(({ service, actions }) =>
    actions.every((action) =>
      world.iam.allows(
        iamId,
        action,
        {
          service,
          accountId,
          ...(instanceId === undefined ? {} : { instanceId }),
          ...(bucket === undefined ? {} : { resource: { type: 'bucket', name: bucket.name } }),
        },
        world.now(),
      ),
    ),
  );
}

/** Its actions are asked for in another way. */
const judged = ({ rights }: DoctorReport): readonly RightReport[] =>
  rights.filter(({ right }) => right !== 'instance-read' && right !== 'destination-read');

const notPresent = (report: DoctorReport): readonly string[] =>
  judged(report)
    .filter(({ verdict }) => verdict !== 'present')
    .map(({ right, where }) => `${right} ${where}`);

test.each(['clear', 'masked', 'absent'] as const)(
  'keys %s on read: it looks at everything, writes nothing, tells no secret',
  async (keysOnRead) => {
    const keeper = demo({
      change: (file) => {
        file.settings.cis.keysOnRead = keysOnRead;
        mayReadAll(file);
      },
    });
    const { code, report } = await examined(keeper);
    expect(code).toBe(2);
    expect(report.keysOnRead['cloud-logs']).toEqual({ clear: 0, masked: 0, absent: 0, [keysOnRead]: 21 });
    expect(
      report.instances.map(({ zones, jobs, logpush, retention }) => [zones, jobs, logpush, retention]),
    ).toEqual([
      [5, 14, 'yes', 'on'],
      [3, 7, 'yes', 'on'],
      [4, 9, 'yes', 'on'],
    ]);
    expect(report.bindings.map(({ name, jobs }) => [name, jobs.length])).toEqual([
      ['edge-logs', 12],
      ['pay-logs', 3],
      ['archive', 6],
      ['vault', 2],
      ['audit-logs', 6],
    ]);
    const steps = report.bindings.map(({ inStep }) => inStep.verdict);
    expect(steps).toEqual(
      // One job of `archive` hides its key whatever the others do.
      keysOnRead === 'clear' ? ['yes', 'yes', 'unknown', 'yes', 'yes'] : expect.arrayContaining(['unknown']),
    );
    expect(steps).not.toContain('no');
    expect(report.problems).toContainEqual(
      expect.stringContaining(
        'job 700129 (firewall_events of archive.example): it may carry a key, and no binding covers it; say auth:',
      ),
    );
    for (const right of judged(report))
      expect([right.right, right.where, right.verdict]).toEqual([
        right.right,
        right.where,
        truth(keeper.world, right) ? 'present' : 'missing',
      ]);
  },
);

const removals = keepersOf(loadWorld('demo')).flatMap(({ name, policies }) =>
  policies.map(({ service = '', roles, bucket }, index) => ({
    name,
    service,
    role: roles.join(),
    bucket,
    index,
  })),
);

test.each(
  removals.flatMap((removal) => (['all', 'own', 'none'] as const).map((sees) => ({ ...removal, sees }))),
)(
  'without $role on $service $bucket in $name, seeing $sees of the policies: it is named',
  async (removal) => {
    const { name, index, sees } = removal;
    const remove = (file: WorldFile): void => {
      keepersOf(file)
        .find((one) => one.name === name)
        ?.policies.splice(index, 1);
      if (sees === 'all') mayReadAll(file);
      else if (sees === 'none') {
        file.settings.iam.ownPolicies = 'hidden';
        for (const { policies } of keepersOf(file))
          policies.splice(
            0,
            policies.length,
            ...policies.filter(
              ({ service }) => service?.startsWith('iam-') !== true || service === 'iam-identity',
            ),
          );
      }
    };
    const keeper = demo({ change: remove });
    const { report, code } = await examined(keeper);
    expect(code).toBe(2);
    let missing = 0;
    for (const right of judged(report)) {
      const may = truth(keeper.world, right);
      if (!may) missing += 1;
      // What is said for certain is true; what is missing is named.
      expect([right.right, right.where, may]).toEqual([
        right.right,
        right.where,
        right.verdict === 'unknown' ? may : right.verdict === 'present',
      ]);
      if (sees === 'all' && !removal.service.startsWith('iam-')) expect(right.verdict).not.toBe('unknown');
      // Whatever is shown of policies, a read that is refused tells.
      if (!may && right.right !== 'policy-read' && right.right !== 'bucket-config')
        expect([right.right, right.verdict]).toEqual([right.right, 'missing']);
      if (!may && right.requiredBy.length > 0)
        expect(
          report.problems.some((line) => line.startsWith(`right ${right.right} on ${right.where}`)),
        ).toBe(true);
      if (right.verdict !== 'present') expect(right.give.flatMap(({ roles }) => roles)).not.toEqual([]);
    }
    expect(notPresent(report).length).toBeGreaterThanOrEqual(missing);
  },
);

test('a keeper with every role of the README misses nothing', async () => {
  const keeper = watched();
  const { code, report, text } = await examined(keeper);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect(report.outcome).toBe('ok');
  expect(text).toMatch(
    /^nothing that is needed is missing; \d+ optional rights are, or could not be told; \d+ calls$/m,
  );
  expect(report.bindings.map(({ keys, would }) => [keys.length, would[0]?.split(' ')[0]])).toEqual([
    [1, 'lock-version'],
    [1, 'lock-version'],
  ]);
});

test.each(['iam', 'cis', 'secrets-manager', 'cos', 'cloud-logs', 'resource-controller', 'cbr'])(
  '%s does not answer: that is a line, and the rest is seen',
  async (service) => {
    for (const kind of ['refused', 'timeout', 'nonsense', 'html'] as const) {
      const keeper = demo();
      keeper.world.faults.add({
        match: { service },
        after: 0,
        times: null,
        respond: kind === 'html' ? { kind, status: 520 } : { kind },
      });
      const { code, report } = await examined(keeper);
      expect(code).toBe(service === 'iam' ? 1 : 2);
      const endpoint = report.endpoints.find((one) => one.service === service);
      if (kind === 'refused' || kind === 'timeout') {
        expect(endpoint).toMatchObject({ reached: false, failures: [kind] });
        expect(
          report.problems.some((line) => line.startsWith(`${service} (127.0.0.1): it was not reached`)),
        ).toBe(true);
      } else expect(endpoint?.reached).toBe(true);
    }
  },
  60_000,
);

test('every other service goes on when one account cannot log in', async () => {
  const keeper = watched({
    change: (file) => {
      const audit = file.accounts.find(({ name }) => name === 'audit');
      for (const { name, apiKeys } of audit?.serviceIds ?? [])
        if (name === 'keeper-audit') for (const key of apiKeys) key.disabled = true;
    },
  });
  const { code, report } = await examined(keeper);
  expect(code).toBe(2);
  expect(report.identities.map(({ verdict }) => verdict)).toEqual(['ok', 'no-login']);
  expect(report.problems[0]).toMatch(/^account audit: .*does not accept the credentials of account "audit"/);
  expect(report.bindings.map(({ findings }) => findings.map(({ code: one }) => one))).toEqual([
    [],
    ['binding-failed'],
  ]);
});

test('credentials of another account are told', async () => {
  const keeper = watched({
    changeConfig: (text) => text.replace('env: APIKEY_AUDIT', 'env: APIKEY_EDGE'),
  });
  const { code, report } = await examined(keeper);
  expect(code).toBe(2);
  expect(report.identities.map(({ verdict }) => verdict)).toEqual(['ok', 'wrong-account']);
  expect(report.problems).toContainEqual(
    'account audit: its credentials belong to account 9989c32096219819f54f6ed1c559e016, and accountId says 9cf3c43454da53209ff0e3d63b932bbd',
  );
});

test('nobody can log in: exit code 1, and no other service is asked', async () => {
  const keeper = watched({
    change: ({ accounts }) => {
      for (const { serviceIds } of accounts)
        for (const { name, apiKeys } of serviceIds)
          if (name.startsWith('keeper')) for (const key of apiKeys) key.disabled = true;
    },
  });
  const { code, report } = await examined(keeper);
  expect(code).toBe(1);
  expect(report.outcome).toBe('failed');
  expect(new Set(keeper.world.calls.map(({ operation }) => operation))).toEqual(new Set(['grantToken']));
});

test('a clock that is two hours behind is told', async () => {
  const keeper = watched({
    surround: (surroundings) => ({
      ...surroundings,
      clock: {
        ...surroundings.clock,
        now: () => surroundings.clock.now() - hours(2),
        sleep: (ms) => surroundings.clock.sleep(ms),
      },
    }),
  });
  const { report } = await examined(keeper);
  expect(report.problems).toContainEqual('127.0.0.1: its clock is 2 h ahead of that of this machine');
});

test('what the documentation leaves open is answered from what was seen', async () => {
  const answers = async (change: (file: WorldFile) => void) => {
    const { report } = await examined(watched({ change }));
    return Object.fromEntries(report.questions.map(({ id, answer }) => [id, answer]));
  };
  expect(
    await answers(({ settings, cis }) => {
      settings.cis.rateLimitHeaders = true;
      settings.cis.emptyListAsNull = true;
      settings.iam.groupsWithoutRight = 'refuse';
      settings.iam.defaultKeyType = 'user';
      settings.iam.ownPolicies = 'hidden';
      for (const zone of cis.flatMap(({ zones }) => zones)) if (zone.name === 'shop.example') zone.jobs = [];
    }),
  ).toMatchObject({
    'empty-list': 'seen: null',
    'rate-limit-headers': expect.stringMatching(/^seen: "default";q=\d+;w=\d+/),
    'groups-without-right': 'seen: a refusal',
    'key-list-type': 'seen: others than those of service IDs',
    'own-policies': 'not seen',
    'error-shapes': expect.stringContaining('iam 403'),
  });
  expect(await answers(() => undefined)).toMatchObject({
    'empty-list': 'not seen',
    'rate-limit-headers': expect.stringMatching(/^seen: no such header in \d+ answers$/),
    'groups-without-right': 'seen: an empty list, or there are none',
    'key-list-type': 'seen: those of service IDs',
    'own-policies': expect.stringMatching(/^seen: 3 in account/),
    'retention-role': 'seen: it is read with Writer',
  });
});

test('a secret whose key is not the one that jobs show', async () => {
  const keeper = watched();
  const { world, clock } = keeper;
  world.iam.addKey({
    id: 'ApiKey-00000000-0000-4000-8000-0000000000aa',
    name: 'by hand',
    iamId: 'iam-ServiceId-dda198a0-5acb-4ec6-8cf6-916bac88022f',
    accountId: '9989c32096219819f54f6ed1c559e016',
    value: 'TRACER-by-hand',
    createdAt: clock.now(),
    disabled: false,
    locked: false,
  });
  for (const job of world.cis.jobs())
    if (job.destination.apiKey === world.keyValue('edge-logs-key'))
      job.destination = { ...job.destination, apiKey: 'TRACER-by-hand' };
  clock.advance(minutes(1));
  const { report } = await examined(keeper);
  expect(report.bindings[0]?.inStep).toEqual({
    verdict: 'no',
    detail: expect.stringMatching(
      /^job 700101 .* and 11 more carries another key than the one in the secret: ApiKey-00000000-0000-4000-8000-0000000000aa$/,
    ),
  });
});

/** A small world whose ledger is in a bucket, with these roles of the keeper on it. */
function withLedgerBucket(roles: readonly string[]) {
  const file = smallWorld({ jobs: 2, readsPolicies: true });
  file.buckets.push({
    name: 'acme-keeper',
    location: 'eu-de',
    instance: '33333333-1111-4222-8333-444444444444',
    account: 'edge',
    grantsLogpush: false,
    instanceState: 'active',
    lifecycle: [{ id: 'tidy', prefix: '', enabled: true, expireDays: 30 }],
  });
  for (const { name, policies } of file.accounts.flatMap(({ serviceIds }) => serviceIds))
    if (name === 'keeper') {
      const others = policies.filter(({ service }) => service !== 'cloud-object-storage');
      policies.splice(0, policies.length, ...others);
      if (roles.length > 0)
        policies.push({ service: 'cloud-object-storage', roles: [...roles], bucket: 'acme-keeper' });
    }
  const keeper: VirtualKeeper = watched({
    file,
    changeConfig: (text) => text.replace('file:./ledger', 'cos://acme-keeper/prod?region=eu-de'),
    surround: (surroundings) => ({
      ...surroundings,
      ledger: createLedger(
        loadConfig({
          text: keeper.configText,
          source: 'keeper.yml',
          env: { APIKEY_EDGE: keeper.world.keyValue('keeper-key') },
        }),
        surroundings,
      ),
    }),
  });
  return keeper;
}

test.each([
  { roles: ['Reader', 'Object Writer'], read: 'yes', verdict: 'present', findings: ['ledger-expires'] },
  { roles: ['Reader'], read: 'yes', verdict: 'missing', findings: ['ledger-expires'] },
  {
    roles: ['Content Reader', 'Object Writer'],
    read: 'yes',
    verdict: 'present',
    findings: ['ledger-rules-unknown'],
  },
  { roles: [], read: 'no', verdict: 'missing', findings: [] },
])(
  'a ledger in a bucket with $roles: it is read, its rules are told, nothing is written',
  async (expected) => {
    const keeper = withLedgerBucket(expected.roles);
    const { report } = await examined(keeper);
    expect(keeper.world.cos.objects('acme-keeper')).toEqual([]);
    expect(report.ledger).toMatchObject({ place: 'cos://acme-keeper/prod', read: expected.read });
    expect(report.ledger.findings.map(({ code }) => code)).toEqual(expected.findings);
    expect(report.rights.find(({ right }) => right === 'ledger')?.verdict).toBe(expected.verdict);
  },
);

test('a key that reading would destroy is not read, and the binding is refused as a rotation refuses it', async () => {
  const keeper = watched({ file: aWorld(iamCredentials({ reuse: false }), MADE) });
  const { report, text } = await examined(keeper);
  expect(keeper.world.calls.some(({ operation }) => operation === 'getSecretVersion')).toBe(false);
  expect(report.bindings[0]).toMatchObject({
    secret: { type: 'iam_credentials', unfit: expect.stringContaining('does not reuse its key') },
    inStep: { verdict: 'unknown' },
  });
  expect(report.bindings[0]?.findings.map(({ code }) => code)).toEqual(['secret-not-reusable']);
  expect(text).toContain('refused: secret');
});

test('a key whose lease is over is not read, for that would make another', async () => {
  const keeper = watched({ file: aWorld(iamCredentials(), MADE) });
  const made = keeper.world.iam.keys().length;
  expect((await examined(keeper)).report.bindings[0]?.inStep.verdict).toBe('yes');
  keeper.clock.advance(days(29) - minutes(2));
  keeper.world.catchUp();
  keeper.world.calls.length = 0;
  const { report } = await examined(keeper);
  expect(keeper.world.calls.some(({ operation }) => operation === 'getSecretVersion')).toBe(false);
  expect(keeper.world.iam.keys()).toHaveLength(made);
  expect(report.bindings[0]?.inStep).toEqual({
    verdict: 'unknown',
    detail: expect.stringContaining('could not be told: the lease of its key ends'),
  });
});

test('jobs of which one hides its key are not called in step', async () => {
  const keeper = watched({
    change: ({ cis }) => {
      const [first] = cis.flatMap(({ zones }) => zones.flatMap(({ jobs }) => jobs));
      if (first !== undefined) first.keysOnRead = 'masked';
    },
  });
  const { report } = await examined(keeper);
  expect(report.bindings[0]?.inStep).toEqual({
    verdict: 'unknown',
    detail: '11 of 12 show the key in the secret; of 1 it cannot be told',
  });
});

test('what a terminal shows: problems first and once, dead keys among them, rights that are missing before those that are there', async () => {
  const keeper = demo({
    change: ({ accounts }) => {
      for (const { name, policies } of accounts.flatMap(({ serviceIds }) => serviceIds))
        if (name === 'keeper-edge')
          for (const policy of policies) if (policy.service === 'internet-svcs') policy.roles = ['Reader'];
    },
  });
  const { text, report } = await examined(keeper);
  const missing = report.problems.filter((line) => line.startsWith('right cis-edit on CIS instance crn:'));
  expect(missing).toHaveLength(3);
  expect(text).not.toContain('crn:v1:');
  expect(text).toMatch(
    /right cis-edit on CIS instance [0-9a-f-]{36}: missing; give Writer on internet-svcs there, to iam-ServiceId-[0-9a-f-]{36}\n {4}the same of right cis-edit on CIS instance [0-9a-f-]{36}, right cis-edit on CIS instance [0-9a-f-]{36}\n/,
  );
  expect(text).toContain(
    '  binding pay-logs: its current key ApiKey-0cb1e29c-658c-4a14-95e6-0af593bd04cf ended 2026-02-28 21:00:00Z\n',
  );
  expect(text).toMatch(
    /^ {2}missing .*bucket-config on 3 buckets: acme-archive \(eu-de\), acme-vault \(eu-de\), acme-legacy/m,
  );
  expect(text.indexOf('rights that are missing')).toBeLessThan(text.indexOf('rights that are there'));
  expect(text).toMatch(/^ {2}cis-read +on 3 CIS instances \(check-logpush, verify-buckets, doctor\)$/m);
  expect(text).toMatch(/^ {4}waits for key ApiKey-[0-9a-f-]+ is due [\d-]+ [\d:]+Z$/m);
  expect(text).not.toMatch(/\d{4}-\d\d-\d\dT/);
});

test('how long it takes is told before it begins, and how far it is while it lasts, on stderr', async () => {
  const slow = () =>
    demo({
      changeConfig: (text) =>
        text.replace(/^policies:$/m, 'policies:\n  cis: { callsPerMinute: 8, processes: 4 }'),
    });
  const { err, out } = await slow().cli('doctor');
  const [first, ...more] = err.trim().split('\n');
  expect(first).toBe(
    'about 12 minutes: 12 zones at 2 calls a minute; --alone uses all 8, where no other keeper and nothing else calls CIS with this identity',
  );
  expect(more.length).toBeGreaterThan(2);
  for (const line of more)
    expect(line).toMatch(/^\d+ of 12 zones; (about \d+ minutes|a minute at most) more$/);
  expect(out).not.toContain('of 12 zones');

  const json = await slow().cli('doctor', '--json');
  expect(json.err).toBe(`${first}\n`);
  JSON.parse(json.out);

  const keeper = slow();
  const startedAt = keeper.clock.now();
  expect((await keeper.cli('doctor', '--alone')).err).toMatch(
    /^about 3 minutes: 12 zones at 8 calls a minute\n/,
  );
  expect(keeper.clock.now() - startedAt).toBeLessThan(minutes(6));
});

test('a job whose id is in exceptJobs is nobody’s to cover', async () => {
  const keeper = demo({
    changeConfig: (text) => text.replace(/name: archive$/m, 'name: archive\n    exceptJobs: [700129]'),
  });
  const { report } = await examined(keeper);
  expect(report.uncovered).toEqual([]);
  expect(report.problems.join()).not.toContain('700129');
});

test('the right to read a token is judged only where a job is declared that needs one', async () => {
  const rights = async (flow: Flow, roles: readonly string[]) => {
    const { keeper } = declaringKeeper([aDeclaration(flow)], {
      world: { readsPolicies: true },
      change: ({ accounts }) => {
        for (const { name, policies } of accounts.flatMap(({ serviceIds }) => serviceIds))
          if (name === 'keeper') {
            const others = policies.filter(({ service }) => service !== 'cloud-object-storage');
            policies.splice(0, policies.length, ...others);
            policies.push({ service: 'cloud-object-storage', roles: [...roles] });
          }
      },
    });
    const { rights: all } = JSON.parse((await keeper.cli('doctor', '--json')).out) as DoctorReport;
    return all.flatMap(({ right, verdict }) => (right === 'token-read' ? [verdict] : []));
  };
  expect(await rights('cloud-logs', ['Reader'])).toEqual([]);
  expect(await rights('cos', ['Reader'])).toEqual([]);
  expect(await rights('cos-ownership', ['Object Writer'])).toEqual(['missing']);
  expect(await rights('cos-ownership', ['Object Reader'])).toEqual(['present']);
});

test('Viewer on one service, or on one instance, is not Viewer on all of them', async () => {
  const policies = [
    { service: 'internet-svcs', roles: ['Viewer'] },
    { service: 'logs', roles: ['Viewer'], instance: 'bdaaaee6-64da-482f-86f3-f733be1eae08' },
  ] as const;
  for (const policy of policies) {
    const keeper = watched({
      change: (file) => {
        mayReadAll(file);
        // The last of them is Viewer on everything.
        for (const one of keepersOf(file))
          one.policies.splice(
            one.policies.findIndex(({ service }) => service === undefined),
            1,
            { ...policy, roles: [...policy.roles] },
          );
      },
    });
    const { report } = await examined(keeper);
    const seen = report.rights.filter(({ right }) => right === 'instance-read');
    expect(seen.map(({ verdict }) => verdict)).toEqual(['missing', 'missing']);
    if (!('instance' in policy)) expect(seen[0]?.evidence.join()).not.toContain('internet-svcs');
  }
});

test('a plan without Logpush, and a log retention that may not be read, are told apart', async () => {
  const refused = async (operation: string, status: number) => {
    const keeper = watched();
    keeper.world.faults.add({
      match: { operation },
      after: 0,
      times: null,
      respond: { kind: 'status', status },
    });
    return (await examined(keeper)).report;
  };
  const plan = await refused('listLogpushJobs', 405);
  expect(plan.instances.map(({ logpush, jobs }) => [logpush, jobs])).toEqual([
    ['no', 0],
    ['no', 0],
  ]);
  expect(plan.problems.filter((line) => line.endsWith('its plan has no Logpush'))).toHaveLength(2);
  const retention = await refused('getLogRetention', 403);
  expect(retention.instances.map((one) => [one.logpush, one.retention])).toEqual([
    ['yes', 'unknown'],
    ['yes', 'unknown'],
  ]);
  expect(retention.questions.find(({ id }) => id === 'retention-role')?.answer).toBe('seen: it is refused');
  expect(
    retention.rights.filter(({ right, verdict }) => right === 'cis-read' && verdict !== 'present'),
  ).toEqual([]);
});

test('at every step of a rotation it only looks, and uses no key but its own', async () => {
  const keeper = watched();
  const phases = new Set<string>();
  for (let hour = 0; hour < 72; hour += 3) {
    await keeper.run('check-logpush');
    await keeper.run('rotate-keys');
    keeper.world.calls.length = 0;
    LOGINS.get(keeper.world)?.clear();
    const { report } = await examined(keeper);
    for (const { waitsFor = '' } of report.bindings) phases.add(waitsFor.split(/[ ,:]/, 3).join(' '));
    keeper.clock.advance(hours(3));
    keeper.world.catchUp();
  }
  expect(phases.size).toBeGreaterThan(4);
});

test('Secrets Manager that answers on its private network alone is told apart from one that is down', async () => {
  const host = /^https:\/\/([0-9a-f-]{36})\.(private\.)?[a-z-]+\.secrets-manager\.appdomain\.cloud\/api/;
  const keeper = watched({
    changeConfig: (text) => text.replace(/^ {2}secretsManager: .*\n/m, ''),
    wrapTransport: (transport) => ({
      send: (request) => {
        const [, guid, isPrivate] = host.exec(request.url) ?? [];
        if (guid !== undefined && isPrivate === undefined) return Promise.reject(new TransportError('dns'));
        const url = request.url.replace(host, `http://127.0.0.1/secrets-manager/${guid}/api`);
        return transport.send({ ...request, url });
      },
    }),
  });
  const { report } = await examined(keeper);
  expect(report.bindings.map(({ secret }) => [secret.configuredNetwork, secret.answeredOn])).toEqual([
    ['public', 'private'],
    ['public', 'private'],
  ]);
  expect(report.problems).toContainEqual(
    expect.stringMatching(/answers on its private network alone; write network: private$/),
  );
  expect(report.problems).toContainEqual(
    'secrets-manager (a5636a44-6fb3-438d-85d6-3284f14d49fe.us-south.secrets-manager.appdomain.cloud): it was not reached: dns',
  );
});
