import { type Binding, claimOf } from '../domain/binding.ts';
import { type Declared, declaredKey, isMatch, jobToBe } from '../domain/declared/job.ts';
import { finding } from '../domain/finding.ts';
import { holdOf } from '../domain/hold.ts';
import { minutes } from '../domain/time.ts';
import { ApiError } from '../errors.ts';
import { describeError } from './context.ts';
import { logdnaFindings } from './declared-logdna.ts';
import { heldFinding, refusedFinding } from './declared-refusals.ts';
import { createDeclared, deleteReplaced, updateDeclared } from './ensure-effects.ts';
import { JobHeldError, permitted } from './permission.ts';
import type { ZoneDesk } from './zone-desk.ts';

/**
 * Sees to the declared jobs of one zone. What CIS refuses of one of them is told, and the others are still seen to.
 *
 * @throws what ends the work on the zone, or on the whole instance: no list, the ledger, the deadline, the mode
 */
export async function ensureZone(desk: ZoneDesk): Promise<void> {
  await desk.list();
  const { enforce } = desk.run.context.declared;
  const all = desk.jobs.map(({ job }) => job);
  const wanted = desk.declared.map((declared) => declared.wanted);
  desk.findings.push(...logdnaFindings(all, desk.zone, wanted, enforce));
  const isRetained = await retain(desk);
  const keys = desk.declared.map(declaredKey);
  for (const [i, declared] of desk.declared.entries()) {
    if (keys.indexOf(declaredKey(declared)) !== i) {
      const detail = 'it is declared twice: once with the id of its zone, once with its name';
      desk.tell('declared-ambiguous', declared, detail);
      continue;
    }
    try {
      await ensure(desk, declared, isRetained);
    } catch (error) {
      if (error instanceof JobHeldError) desk.findings.push(heldFinding(declared, error.holds, desk.now()));
      else if (error instanceof ApiError)
        desk.findings.push(refusedFinding(declared, error, desk.jobs.length));
      else throw error;
    }
  }
}

/** A job that pushed this lately shows that log retention is on. */
const PUSHES_MS = minutes(60);

const isPushing = (desk: ZoneDesk): boolean =>
  desk.jobs.some(
    ({ job }) =>
      desk.now() - (job.lastCompleteAt ?? 0) <= PUSHES_MS &&
      desk.declared.some((declared) => isMatch(declared, job)),
  );

/**
 * Log retention comes first: CIS wants it on before Logpush is used. It is read back. Where a declared job pushes it need not be
 * asked for. If the process dies here, the next run
 * reads what it is.
 *
 * @returns whether a job may be made
 * @see https://cloud.ibm.com/docs/cis?topic=cis-logpull
 */
async function retain(desk: ZoneDesk): Promise<boolean> {
  const { run, zone } = desk;
  const { context, instance } = run;
  const subject = `zone ${zone.name}`;
  const told = (detail: string): false => {
    desk.findings.push(finding('declared-retention-refused', subject, detail));
    return false;
  };
  const free = desk.declared.find(
    (declared) => holdOf(context.holds, jobToBe(declared), zone, desk.now()) === undefined,
  );
  try {
    if (isPushing(desk) || (await desk.cis.getLogRetention(instance.crn, zone.id))) return true;
    // All of it is held: what would be done is told of each job.
    if (free === undefined) return true;
    const detail = 'switch log retention on: without it nothing is pushed';
    if (!desk.isActing('set-retention', subject, detail)) return true;
    const services = permitted(context, { job: jobToBe(free), zone });
    await services.cis(instance.account).setLogRetention(instance.crn, zone.id, true);
    if (!(await desk.cis.getLogRetention(instance.crn, zone.id)))
      return told('it was switched on, and is still shown as off');
    desk.report('set-retention', subject, detail, 'applied', desk.now());
    return true;
  } catch (error) {
    if (error instanceof JobHeldError && free !== undefined) {
      desk.findings.push(heldFinding(free, error.holds, desk.now()));
      return false;
    }
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 403) return told(describeError(error));
    const code = error.status === 405 ? 'declared-plan' : 'declared-failed';
    desk.findings.push(finding(code, subject, describeError(error)));
    return false;
  }
}

async function ensure(desk: ZoneDesk, declared: Declared, isRetained: boolean): Promise<void> {
  const { context, memory } = desk.run;
  const { binding: named } = declared.wanted;
  const binding = context.bindings.find(({ name }) => name === named);
  if (named !== undefined && !isCarrier(binding, declared)) {
    const detail = `no selector of binding ${named} says that a job of this zone carries its key`;
    desk.tell('declared-unselected', declared, detail);
    return;
  }
  if (desk.decide(declared).effect?.kind === 'look-elsewhere') await desk.run.elsewhere.read();
  const { entry, findings, effect, waiting } = desk.decide(declared);
  desk.findings.push(...findings);
  if (waiting !== undefined) desk.waiting.push(waiting);
  await memory.keep(declaredKey(declared), entry);
  switch (effect?.kind) {
    case undefined:
    case 'look-elsewhere':
      return;
    case 'create':
      // Why not is told of the zone.
      return isRetained ? createDeclared(desk, declared, effect, binding) : undefined;
    case 'update':
      return updateDeclared(desk, declared, effect, binding);
    case 'delete':
      return deleteReplaced(desk, declared, effect);
  }
}

/** Whether a binding says that the job will carry its key, so that it is rotated. */
const isCarrier = (binding: Binding | undefined, declared: Declared): boolean =>
  binding !== undefined && claimOf(binding, jobToBe(declared), declared.zone) === 'key';
