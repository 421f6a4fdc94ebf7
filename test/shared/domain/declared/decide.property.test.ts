import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeclaredView, decideDeclared } from '../../../../shared/domain/declared/decide.ts';
import { type Declared, isMatch } from '../../../../shared/domain/declared/job.ts';
import { isDeadLogdna } from '../../../../shared/domain/declared/predecessor.ts';
import { SETTLE_MS } from '../../../../shared/domain/declared/record.ts';
import type { Destination, LogpushJob } from '../../../../shared/domain/logpush.ts';
import { minutes } from '../../../../shared/domain/time.ts';
import { aBinding, aJob, aZone, INSTANCE_CRN, LOGS_INSTANCE, START } from '../../../support/builders.ts';

const ON_LOGS = { kind: 'cloud-logs', instanceId: LOGS_INSTANCE, region: 'eu-de' } as const;
const IN_BUCKET = {
  kind: 'cos',
  instanceId: 'cos',
  region: 'eu-de',
  bucket: 'logs',
  path: 'http',
  dailySubfolder: false,
} as const;
const DESTINATIONS: readonly Destination[] = [
  ON_LOGS,
  { ...ON_LOGS, region: 'us-south' },
  IN_BUCKET,
  { ...IN_BUCKET, dailySubfolder: true },
  { ...IN_BUCKET, path: 'other' },
  { kind: 'other', system: 'logdna' },
  { kind: 'other', system: 'splunk' },
  { kind: 'unreadable', reason: 'it is not a URL' },
];
const name = fc.constantFrom('edge', 'other');
const dataset = fc.constantFrom('http_requests', 'dns_logs');
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });

const job = (jobId: number): fc.Arbitrary<LogpushJob> =>
  fc
    .record({
      name,
      dataset,
      enabled: fc.boolean(),
      frequency: fc.constantFrom('high', 'low'),
      destination: fc.constantFrom(...DESTINATIONS),
      pushedAt: optional(fc.constantFrom(Date.UTC(2025, 0, 1), START)),
    })
    .map(({ pushedAt, ...fields }) => {
      const { lastCompleteAt: _, ...plain } = aJob({ jobId, ...fields });
      return {
        ...plain,
        logpullOptions: 'fields=RayID',
        ...(pushedAt === undefined ? {} : { lastCompleteAt: pushedAt }),
      };
    });

const declared: fc.Arbitrary<Declared> = fc
  .record({
    name,
    dataset,
    enabled: fc.boolean(),
    destination: fc.constantFrom(ON_LOGS, IN_BUCKET),
    isKeyed: fc.boolean(),
    onDrift: fc.constantFrom('report', 'enforce'),
  })
  .map(({ isKeyed, ...wanted }) => ({
    zone: aZone(),
    wanted: {
      ...wanted,

      instance: INSTANCE_CRN,
      zone: aZone().name,
      frequency: 'low' as const,
      logpullOptions: 'fields=RayID',
      labels: {},
      ...(isKeyed || wanted.destination.kind === 'cloud-logs' ? { binding: 'edge-logs' } : {}),
    },
  }));

const id = fc.integer({ min: 1, max: 6 });
const at = fc.integer({ min: 0, max: 40 }).map((age) => START - minutes(age));
const entry = fc.record(
  {
    intent: fc.record({ at, before: fc.array(id), labels: fc.constant({}) }),
    made: fc.record({ jobId: id, at, labels: fc.constantFrom({}, { applicationName: 'a' }) }),
    replaces: id,
  },
  { requiredKeys: [] },
);

const view: fc.Arbitrary<DeclaredView> = fc
  .record({
    declared,
    entry,
    siblings: fc.array(declared, { maxLength: 2 }),
    count: fc.integer({ min: 0, max: 5 }),
    othersJobs: fc.array(id, { maxLength: 2 }),
    orphans: fc.array(id, { maxLength: 2 }),
    isHeld: fc.boolean(),
    health: fc.constantFrom('healthy', 'disabled-by-failures', 'disabled-unclear', 'disabled-by-hand'),
  })
  .chain(({ count, isHeld, health, ...rest }) =>
    fc.tuple(...Array.from({ length: count }, (_, i) => job(i + 1))).map((jobs) => ({
      ...rest,
      othersJobs: new Set(rest.othersJobs),
      orphans: new Set(rest.orphans),
      jobs: jobs.map((one) => ({ job: one, health })),
      elsewhere: [],
      bindings: [aBinding()],
      enforce: rest.declared.wanted.onDrift === 'enforce',
      holds: isHeld
        ? [{ instance: '*', zone: '*', dataset: '*', reason: 'they are at it' }]
        : ([] as DeclaredView['holds']),
      now: START,
      storeNow: START,
    })),
  );

const laws = (law: (view: DeclaredView, decision: ReturnType<typeof decideDeclared>) => void): void =>
  fc.assert(
    fc.property(view, (of) => law(of, decideDeclared(of))),
    { numRuns: 3000 },
  );

test('a job is never made beside one that is it, nor while a create may still show', () => {
  laws((of, { effect }) => {
    if (effect?.kind !== 'create') return;
    const { intent, made } = of.entry;
    const there = (jobId: number): boolean => of.jobs.some(({ job: one }) => one.ref.jobId === jobId);
    if (intent !== undefined)
      expect(
        of.storeNow - intent.at >= SETTLE_MS ||
          of.jobs.some(({ job: one }) => isMatch(of.declared, one) && !intent.before.includes(one.ref.jobId)),
      ).toBe(true);
    else if (made !== undefined && !there(made.jobId))
      expect(of.storeNow - made.at).toBeGreaterThanOrEqual(SETTLE_MS);
    // One that is it and cannot be changed is what the new one replaces.
    for (const { job: one } of of.jobs)
      if (isMatch(of.declared, one) && one.ref.jobId !== of.entry.replaces)
        expect(one.ref.jobId).toBe(effect.replaces?.ref.jobId);
  });
});

test('nothing that is there is changed or deleted where drift is only reported, but a dead LogDNA job', () => {
  laws((of, { effect }) => {
    if (of.enforce || effect === undefined) return;
    if (effect.kind === 'delete') expect(isDeadLogdna(effect.job)).toBe(true);
    else expect(effect).toEqual({ kind: 'create' });
  });
});

test('what is deleted is what is remembered or a dead LogDNA job, beside a job that has pushed', () => {
  laws((of, { effect }) => {
    if (effect?.kind !== 'delete') return;
    expect(effect.job.ref.jobId === of.entry.replaces || isDeadLogdna(effect.job)).toBe(true);
    expect(isMatch(of.declared, effect.successor)).toBe(true);
    expect(effect.successor).toMatchObject({ enabled: true, lastCompleteAt: expect.any(Number) });
    expect(of.siblings.every((sibling) => !isMatch(sibling, effect.job))).toBe(true);
  });
});

test('under a hold there is no effect, and what would be done is said to be held', () => {
  laws((of, { effect, findings }) => {
    if (of.holds.length === 0) return;
    expect(effect).toBe(undefined);
    const free = decideDeclared({ ...of, holds: [] }).effect;
    expect(findings.some(({ code }) => code === 'declared-held')).toBe(free !== undefined);
  });
});

test('a job that failures disabled is not enabled, and no update says what it need not', () => {
  laws((of, { effect }) => {
    if (effect?.kind !== 'update') return;
    const { job: one, change } = effect;
    const health = of.jobs.find(({ job: other }) => other === one)?.health;
    if (change.enabled === true) expect(health).not.toBe('disabled-by-failures');
    if (change.enabled !== undefined) expect(change.enabled).not.toBe(one.enabled);
    if (change.frequency !== undefined) expect(change.frequency).not.toBe(one.frequency);
    // A key is put only into a job that a binding looks after.
    if (change.destination !== undefined) expect(of.declared.wanted.binding).toBe('edge-logs');
    expect(Object.keys(change).length).toBeGreaterThan(0);
  });
});
