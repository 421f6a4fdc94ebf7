import type { RotationReport } from '../domain/report.ts';
import { slotName } from '../domain/slot.ts';
import { clockTime, waitText } from './clock-time.ts';
import type { Status } from './status.ts';

/** Rotation states for people. */
export const ROTATION_STATE_TEXT: Readonly<Record<string, string>> = {
  halted: 'halted: a person must decide',
  complete: 'complete',
  abandoned: 'abandoned',
  'value-lost': 'ended: the new key’s value was lost',
  'qualification-refused': 'ended: the new key was refused',
  'mint-failed': 'ended: no key could be made',
  'rolled-back': 'rolled back',
  'key-died': 'ended: the new key died',
  superseded: 'ended: the secret holds a newer key',
};

/** How far a job of a rotation came, for people. */
export const ROTATED_JOB_TEXT: Readonly<Record<string, string>> = {
  moved: 'has the new key; no push seen yet',
  confirmed: 'pushes; which key did it is not known yet',
  proven: 'pushes with the new key',
  'idle-unproven': 'has the new key; no push for a day',
  'moved-while-disabled': 'has the new key; is disabled',
  kept: 'had the key already',
  'moved-back': 'has the old key again',
  gone: 'no longer exists',
};

/** One rotation for a terminal: why, from which key to which, its phases, its jobs with proof, what it waits for. */
export function renderRotation(rotation: RotationReport): readonly string[] {
  const { attempt, reason, runId, oldKeyId = 'none', newKeyId = 'none yet' } = rotation;
  const lines = [
    `${ROTATION_STATE_TEXT[rotation.state] ?? rotation.state}  (${reason}; run ${runId}, attempt ${attempt})`,
    `  key ${oldKeyId} → ${newKeyId}`,
  ];
  if (rotation.detail !== undefined) lines.push(`  ${rotation.detail}`);
  if (rotation.waitsFor !== undefined)
    lines.push(`  waits for ${waitText(rotation.waitsFor, rotation.until)}`);
  lines.push(...rotation.phases.map(({ phase, at }) => `  ${clockTime(at)}  ${phase}`));
  if (rotation.endedAt !== undefined) lines.push(`  ${clockTime(rotation.endedAt)}  ended`);
  for (const job of rotation.jobs) {
    const push = job.lastCompleteAt === undefined ? '' : `, last push ${clockTime(job.lastCompleteAt)}`;
    lines.push(
      `  ${clockTime(job.movedAt)}  job ${job.label}: ${ROTATED_JOB_TEXT[job.state] ?? job.state}${push}`,
    );
  }
  const counts = Object.entries(rotation.jobCounts ?? {}).map(([state, count]) => `${count} ${state}`);
  if (counts.length > 0) lines.push(`  jobs: ${counts.join(', ')}`);
  const calls = Object.entries(rotation.calls).map(([service, count]) => `${count} ${service}`);
  lines.push(`  calls: ${calls.length === 0 ? 'none' : calls.join(', ')}`);
  return lines;
}

/** The status for a terminal: one block a binding, the rotation under way last. */
export function renderStatus(status: Status): string {
  const lines = [`status  ${clockTime(status.at)}`];
  for (const { binding, secretId, member, configured, rotations, strays, notBefore } of status.bindings) {
    lines.push(
      '',
      `binding ${binding}  ${slotName({ id: secretId, ...(member === undefined ? {} : { member }) })}${configured ? '' : '  (not configured any more)'}`,
    );
    if (rotations.length === 0) lines.push('  no rotation yet');
    for (const rotation of rotations) lines.push(...renderRotation(rotation).map((line) => `  ${line}`));
    if (notBefore !== undefined && notBefore > status.at)
      lines.push(`  the next attempt is not before ${clockTime(notBefore)}`);
    for (const stray of strays) lines.push(`  ${stray.code}  ${stray.subject}: ${stray.detail}`);
  }
  if (status.unreadable.length > 0)
    lines.push('', 'could not be read', ...status.unreadable.map((text) => `  ${text}`));
  else if (status.bindings.length === 0) lines.push('', 'the configuration has no binding');
  return `${lines.join('\n')}\n`;
}
