import { omit } from '../omit.ts';
import type { RotationReport, Waiting } from '../report.ts';
import type { PastRotation, Rotation, RotationRecord } from './record.ts';

/** The rotation under way and the last one that ended, for people and for tools. */
export function reportRotations(record: RotationRecord, rests?: Waiting): readonly RotationReport[] {
  const past = record.history.at(-1);
  return [
    ...(past === undefined ? [] : [reportPast(record, past)]),
    ...(record.current === undefined ? [] : [reportCurrent(record, record.current, rests)]),
  ];
}

function reportCurrent(record: RotationRecord, rotation: Rotation, rests?: Waiting): RotationReport {
  const waitsFor = rotation.halted === undefined ? rests?.waitsFor : 'a person';
  return {
    ...reportCommon(record, rotation),
    state: rotation.halted === undefined ? rotation.phase : 'halted',
    ...(waitsFor === undefined ? {} : { waitsFor }),
    ...(rests?.until === undefined ? {} : { until: rests.until }),
    jobs: Object.values(rotation.jobs).map((job) => omit(job, 'ref')),
  };
}

function reportPast(record: RotationRecord, past: PastRotation): RotationReport {
  return {
    ...reportCommon(record, past),
    state: past.outcome,
    endedAt: past.endedAt,
    ...(past.detail === undefined ? {} : { detail: past.detail }),
    jobs: [],
    jobCounts: past.jobs,
  };
}

const reportCommon = (record: RotationRecord, of: Rotation | PastRotation) => ({
  binding: record.binding,
  secretId: record.secretId,
  ...(record.member === undefined ? {} : { member: record.member }),
  runId: of.runId,
  attempt: of.attempt,
  reason: of.reason,
  startedAt: of.startedAt,
  ...(of.oldKeyId === undefined ? {} : { oldKeyId: of.oldKeyId }),
  ...(of.newKeyId === undefined ? {} : { newKeyId: of.newKeyId }),
  phases: of.phases,
  calls: of.calls,
});
