import { type Binding, selects } from '../domain/binding.ts';
import { type Declared, declaredKey, jobToBe } from '../domain/declared/job.ts';
import { otherPlace } from '../domain/declared/predecessor.ts';
import type { DeclaredEffect } from '../domain/declared/view.ts';
import { destinationName } from '../domain/logpush.ts';
import { omit } from '../domain/omit.ts';
import type { LogpushJobChange, Services } from '../ports.ts';
import { type Created, createWithKey, createWithOwnership, keyFor } from './declared-create.ts';
import { heldFinding, subjectOf } from './declared-refusals.ts';
import { withKeyLease } from './key-under-lease.ts';
import { mayWrite, permitted } from './permission.ts';
import type { ZoneDesk } from './zone-desk.ts';

type Effect<K extends DeclaredEffect['kind']> = Extract<DeclaredEffect, { kind: K }>;

/** Makes a job; what happens if the process dies on the way is said of the requests that it takes. */
export async function createDeclared(
  desk: ZoneDesk,
  declared: Declared,
  { replaces: old, dead }: Effect<'create'>,
  binding: Binding | undefined,
): Promise<void> {
  const { context, instance, memory } = desk.run;
  const { destination } = declared.wanted;
  const proof =
    binding === undefined ? 'a proof that the bucket is ours' : `the key of binding ${binding.name}`;
  const goes = old?.job ?? dead;
  const then =
    goes === undefined
      ? ''
      : `, then delete job ${goes.ref.jobId} (${goes.dataset} to ${otherPlace(goes)}) once it has pushed`;
  const detail = `make it with ${proof}${then}`;
  if (!desk.isActing('create-job', subjectOf(declared), detail)) return;
  const creation = {
    context,
    instance,
    memory,
    declared,
    ...(old === undefined ? {} : { predecessor: omit(old, 'job') }),
    again: async () => {
      await desk.list();
      const { effect: now } = desk.decide(declared);
      const isSame = now?.kind === 'create' && now.replaces?.jobId === old?.jobId;
      return isSame ? desk.jobs.map(({ job }) => job) : undefined;
    },
  };
  if (binding === undefined) {
    if (destination.kind !== 'cos') throw new Error('a destination that takes a key has no binding');
    const account = accountOf(desk, declared);
    created(desk, declared, await createWithOwnership(creation, destination, account), detail, then);
    return;
  }
  const made = await withKeyLease(context, binding, (leased) =>
    createWithKey({ ...creation, context: leased }, binding),
  );
  if ('because' in made) desk.tell('declared-waits-for-rotation', declared, made.detail);
  else created(desk, declared, made, detail, then);
}

/** @param then - what follows, for people */
function created(desk: ZoneDesk, declared: Declared, made: Created, detail: string, then: string): void {
  const subject = subjectOf(declared);
  if (made.kind === 'made') {
    const { job, at } = made;
    desk.saw(job, at);
    desk.report('create-job', subject, detail, 'applied', at);
    desk.tell('declared-job-created', declared, `it is job ${job.ref.jobId}${then}`);
    desk.compare(declared, job);
    return;
  }
  if (made.finding !== undefined) {
    desk.findings.push(made.finding);
    desk.report('create-job', subject, detail, 'failed', desk.now());
  }
  if (made.waiting !== undefined) desk.waiting.push(made.waiting);
}

/** Whose rights look into the bucket of a job without a key. */
function accountOf({ run: { context, instance }, zone }: ZoneDesk, declared: Declared): string {
  const selecting = context.bindings.find((binding) => selects(binding, jobToBe(declared), zone));
  return selecting?.account ?? instance.account;
}

/**
 * A PUT, which twice is once: if the process dies before, during or after it, the next run sees what differs then. A key goes
 * along under the lease of its secret.
 */
export async function updateDeclared(
  desk: ZoneDesk,
  declared: Declared,
  effect: Effect<'update'>,
  binding: Binding | undefined,
): Promise<void> {
  const { context } = desk.run;
  if (!desk.isActing('update-job', subjectOf(declared), effect.detail)) return;
  const { destination, ...plain } = effect.change;
  if (destination === undefined) {
    await put(desk, context.ports.services, declared, effect, plain);
    return;
  }
  if (binding === undefined) throw new Error('a destination that is to be changed has no binding');
  const withheld = await withKeyLease(context, binding, async (leased) => {
    const found = await keyFor(leased, binding, declared, effect.job);
    if ('finding' in found) return found.finding;
    const change = { ...plain, destination: { ...destination, apiKey: found.key } };
    await put(desk, leased.ports.services, declared, effect, change);
    return undefined;
  });
  if (withheld === undefined) return;
  if ('because' in withheld) desk.tell('declared-waits-for-rotation', declared, withheld.detail);
  else desk.findings.push(withheld);
}

async function put(
  desk: ZoneDesk,
  services: Services,
  declared: Declared,
  { job, detail, change: decided }: Effect<'update'>,
  change: LogpushJobChange,
): Promise<void> {
  const { context, instance, memory } = desk.run;
  const again = await desk.again(declared, [job.ref]);
  if (again?.kind !== 'update' || JSON.stringify(again.change) !== JSON.stringify(decided)) {
    desk.hasChanged(declared);
    return;
  }
  const held = { job, zone: desk.zone };
  const guarded = permitted({ ...context, ports: { ...context.ports, services } }, held);
  const { job: shown, answeredAt } = await guarded.cis(instance.account).updateLogpushJob(job.ref, change);
  desk.saw(shown, answeredAt);
  if (decided.destination !== undefined) {
    const key = declaredKey(declared);
    const sent = { jobId: job.ref.jobId, destination: destinationName(decided.destination) };
    await memory.keep(key, { ...memory.entry(key), sent });
  }
  desk.report('update-job', subjectOf(declared), detail, 'applied', answeredAt);
  desk.compare(declared, shown);
}

/**
 * Deletes a job in whose place another one pushes. Both are read once more before. If the process dies before the request, the
 * next run deletes it; if it dies during or after it, the next run sees that it is gone.
 */
export async function deleteReplaced(
  desk: ZoneDesk,
  declared: Declared,
  { job, successor }: Effect<'delete'>,
): Promise<void> {
  const { context, instance, memory } = desk.run;
  const [old, its] = [job.ref.jobId, successor.ref.jobId];
  const what = `${job.name}, ${job.dataset} to ${otherPlace(job)}`;
  const detail = `delete job ${old} (${what}): job ${its} pushes in its place`;
  if (!desk.isActing('delete-job', subjectOf(declared), detail)) return;
  const again = await desk.again(declared, [job.ref, successor.ref]);
  if (again?.kind !== 'delete' || again.job.ref.jobId !== old) {
    desk.hasChanged(declared);
    return;
  }
  const held = { job, zone: desk.zone };
  const holds = await mayWrite(context, held);
  if (holds !== undefined) {
    desk.findings.push(heldFinding(declared, holds, desk.now(), job));
    return;
  }
  await permitted(context, held).cis(instance.account).deleteLogpushJob(job.ref);
  desk.lost(job.ref);
  const key = declaredKey(declared);
  await memory.keep(key, omit(memory.entry(key), 'predecessor'));
  desk.report('delete-job', subjectOf(declared), detail, 'applied', desk.now());
  desk.tell(
    'declared-job-replaced',
    declared,
    `job ${old} (${what}) is deleted, job ${its} pushes in its place`,
  );
}
