import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideDeclared } from '../../../../shared/domain/declared/decide.ts';
import { type Declared, isMatch, placeOf } from '../../../../shared/domain/declared/job.ts';
import { isDeadLogdna } from '../../../../shared/domain/declared/predecessor.ts';
import { SETTLE_MS } from '../../../../shared/domain/declared/record.ts';
import type { DeclaredView } from '../../../../shared/domain/declared/view.ts';
import {
  type Destination,
  destinationName,
  isKeyed,
  type LogpushJob,
} from '../../../../shared/domain/logpush.ts';
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
    replaces: optional(fc.integer({ min: 1, max: 6 })),
    onDrift: fc.constantFrom('report', 'enforce'),
  })
  .map(({ isKeyed, replaces, ...wanted }) => ({
    zone: aZone(),
    wanted: {
      ...wanted,
      ...(replaces === undefined ? {} : { replaces }),
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
const made = fc.record({
  jobId: id,
  at,
  labels: fc.constantFrom({}, { applicationName: 'a' }),
  name,
});
const entry = fc.record(
  {
    intent: fc.record({ at, before: fc.array(id), labels: fc.constant({}) }),
    made,
    sent: fc.record({
      jobId: id,
      destination: fc.constantFrom(destinationName(ON_LOGS), destinationName(IN_BUCKET)),
    }),
    predecessor: fc.record({
      jobId: id,
      dataset,
      place: fc.constantFrom(placeOf(ON_LOGS), placeOf(IN_BUCKET), 'splunk'),
      by: fc.constantFrom('ledger', 'declaration'),
    }),
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
    orphans: fc.array(made, { maxLength: 2 }),
    elsewhere: optional(fc.constantFrom({ jobs: [], unread: 0 }, { jobs: [], unread: 1 })),
    isHeld: fc.boolean(),
    health: fc.constantFrom('healthy', 'disabled-by-failures', 'disabled-unclear', 'disabled-by-hand'),
  })
  .chain(({ count, isHeld, health, elsewhere, ...rest }) =>
    fc.tuple(...Array.from({ length: count }, (_, i) => job(i + 1))).map((jobs) => ({
      ...rest,
      othersJobs: new Set(rest.othersJobs),
      orphans: new Map(rest.orphans.map((one) => [one.jobId, one])),
      ...(elsewhere === undefined ? {} : { elsewhere }),
      jobs: jobs.map((one) => ({ job: one, health })),
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

test('a job is never made beside one that is it or may be it, nor while a create may still show', () => {
  laws((of, { effect }) => {
    if (effect?.kind !== 'create') return;
    const { intent, made: ours } = of.entry;
    const { wanted } = of.declared;
    const there = (jobId: number): boolean => of.jobs.some(({ job: one }) => one.ref.jobId === jobId);
    if (intent !== undefined)
      expect(
        of.storeNow - intent.at >= SETTLE_MS ||
          of.jobs.some(({ job: one }) => isMatch(of.declared, one) && !intent.before.includes(one.ref.jobId)),
      ).toBe(true);
    else if (ours !== undefined && !there(ours.jobId))
      expect(of.storeNow - ours.at).toBeGreaterThanOrEqual(SETTLE_MS);
    for (const { job: one } of of.jobs) {
      const { jobId } = one.ref;
      const isGoing = jobId === effect.replaces?.jobId || jobId === of.entry.predecessor?.jobId;
      // One that is it and cannot be changed is what the new one replaces.
      if (isMatch(of.declared, one)) expect(isGoing || jobId === wanted.replaces).toBe(true);
      if (one.destination.kind === 'unreadable' && one.dataset === wanted.dataset && !isMatchOfAny(of))
        expect(jobId === wanted.replaces || of.othersJobs.has(jobId)).toBe(true);
    }
    // A path may be taken where nobody has looked.
    if (wanted.destination.kind === 'cos') expect(of.elsewhere?.unread).toBe(0);
  });
});

/** The declared job is there, and is replaced. */
const isMatchOfAny = (of: DeclaredView): boolean => of.jobs.some(({ job: one }) => isMatch(of.declared, one));

test('nothing that is there is changed or deleted where drift is only reported, but what the declaration names', () => {
  laws((of, { effect }) => {
    if (of.enforce || effect === undefined || effect.kind === 'look-elsewhere') return;
    expect(effect.kind).not.toBe('update');
    if (effect.kind === 'delete') expect(effect.job.ref.jobId).toBe(of.declared.wanted.replaces);
    if (effect.kind === 'create' && effect.replaces !== undefined)
      expect(effect.replaces.jobId).toBe(of.declared.wanted.replaces);
  });
});

test('deleted, replaced or given another destination is only what the ledger or the declaration knows, or what is dead', () => {
  laws((of, { effect, entry: kept }) => {
    const old =
      effect?.kind === 'delete'
        ? effect.job
        : effect?.kind === 'create'
          ? effect.replaces?.job
          : effect?.kind === 'update' && !isMatch(of.declared, effect.job)
            ? effect.job
            : undefined;
    if (old === undefined) return;
    const { jobId } = old.ref;
    const isRemembered = of.entry.predecessor?.by === 'ledger' && of.entry.predecessor.jobId === jobId;
    const isOurs = kept.made?.jobId === jobId || of.orphans.has(jobId) || isRemembered;
    const isKnown = isOurs || of.declared.wanted.replaces === jobId;
    expect(isKnown || (isDeadLogdna(old) && effect?.kind === 'delete' && of.enforce)).toBe(true);
  });
});

test('what is deleted is what was remembered as it was, beside a job that has pushed lately', () => {
  laws((of, { effect, entry: kept }) => {
    if (effect?.kind !== 'delete') return;
    const { job: old, successor } = effect;
    const { predecessor } = kept;
    if (predecessor === undefined) expect(isDeadLogdna(old)).toBe(true);
    else expect([predecessor.jobId, predecessor.dataset]).toEqual([old.ref.jobId, old.dataset]);
    if (predecessor !== undefined && isKeyed(old.destination))
      expect(predecessor.place).toBe(placeOf(old.destination));
    expect(isMatch(of.declared, successor)).toBe(true);
    expect(successor).toMatchObject({ enabled: true, lastCompleteAt: START });
    expect(of.siblings.every((sibling) => !isMatch(sibling, old))).toBe(true);
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
