import { type Finding, finding } from '../finding.ts';
import { formatInstant } from '../time.ts';
import { withoutFindings } from './carried.ts';
import { decideBegin } from './decide-begin.ts';
import { decideSuperseded } from './decide-carry.ts';
import { decideCompromised } from './decide-compromised.ts';
import { decideConfirming, decideDraining, decideProving } from './decide-confirm.ts';
import { decideMinting, decidePublishing, decideQualifying } from './decide-mint.ts';
import { decideMoving } from './decide-move.ts';
import { decideQuarantine, straysOf } from './decide-quarantine.ts';
import { decideDeleting, decideDisabling } from './decide-retire.ts';
import { decideRestoring, decideRollingBack } from './decide-rollback.ts';
import { whyDead } from './old-key.ts';
import type { Phase, Rotation, RotationRecord } from './record.ts';
import { type Compromised, look, note, type RotationView, rest, type Step } from './steps.ts';
import { TIMING } from './timing.ts';

const DECISIONS: Readonly<Record<Phase, (view: RotationView, rotation: Rotation) => Step>> = {
  minting: decideMinting,
  qualifying: decideQualifying,
  publishing: decidePublishing,
  moving: decideMoving,
  confirming: decideConfirming,
  draining: decideDraining,
  proving: decideProving,
  disabling: decideDisabling,
  deleting: decideDeleting,
  'rolling-back': decideRollingBack,
  restoring: decideRestoring,
};

/**
 * The next step of one binding's rotation: something to look at, one effect, a change of the ledger, or rest.
 *
 * Pure: it sees what this run has looked at and asks for what it lacks. The sweep repeats it until it rests; a plan
 * does the same and assumes that each effect succeeds, so that plan and run cannot differ. Stray keys come last: they
 * harm nobody while they wait.
 */
export function decideRotation(view: RotationView): Step {
  const step = decidePhase(view);
  if (step.kind !== 'rest') return step;
  const quarantine = decideQuarantine(view);
  if (quarantine !== undefined) return quarantine;
  const strays = straysOf(view.record);
  const until = Math.min(step.until ?? Number.POSITIVE_INFINITY, strays.until ?? Number.POSITIVE_INFINITY);
  return {
    ...step,
    findings: [
      ...step.findings,
      ...strays.findings,
      ...unclearJobs(view.facts),
      ...blindness(view),
      ...withoutFindings(view.record.current?.left ?? []),
      ...compromisedFindings(view),
      ...outlastedFindings(view),
    ],
    ...(step.until === undefined || !Number.isFinite(until) ? {} : { until }),
  };
}

/** Jobs that are left out because nothing tells whether they carry the key. */
const unclearJobs = ({ jobs }: RotationView['facts']): readonly Finding[] =>
  (jobs?.unclear ?? []).map(({ label, detail }) => finding('destination-unreadable', `job ${label}`, detail));

/** What could not be looked at is said, whatever came of the rest. */
const blindness = ({ facts: { jobs }, binding }: RotationView): readonly Finding[] =>
  jobs?.blind === undefined ? [] : [finding('zone-unreadable', `binding ${binding.name}`, jobs.blind)];

/** Until it is cut. */
const compromisedFindings = ({ record, binding }: RotationView): readonly Finding[] =>
  record.compromisedKeyId === undefined
    ? []
    : [
        finding(
          'key-compromised',
          `key ${record.compromisedKeyId}`,
          `somebody else has it, and it still works: binding ${binding.name} has yet to replace it`,
        ),
      ];

/** The key that jobs are moved to ends while they are: nothing makes another one before that. */
function outlastedFindings({ record, now }: RotationView): readonly Finding[] {
  const { newKeyId, newKeyExpiresAt } = record.current ?? {};
  if (newKeyExpiresAt === undefined || newKeyExpiresAt - now > TIMING.usersGoneMs) return [];
  const detail = `it ends ${formatInstant(newKeyExpiresAt)}, and its rotation is still under way`;
  return [finding('rotation-outlasts-key', `key ${newKeyId}`, detail)];
}

/** While the jobs of a rotation get a key that others made. */
const REPLACEABLE: readonly Phase[] = [
  'qualifying',
  'moving',
  'confirming',
  'draining',
  'proving',
  'rolling-back',
];

/** From the move of the first job on, the new key is what the jobs push with. */
const CARRYING: readonly Phase[] = ['moving', 'confirming', 'draining', 'proving', 'disabling', 'deleting'];

/**
 * The new key may die as any key may: deleted by a person, or disabled because it leaked. Then nothing is gained by
 * going back: the attempt ends, and the next one replaces a dead key, all jobs at once.
 */
function decideNewKey({ facts, memory, now }: RotationView, rotation: Rotation): Step | undefined {
  if (!CARRYING.includes(rotation.phase) || rotation.newKeyId === undefined) return undefined;
  // This very run made it.
  if (memory.enabled) return undefined;
  if (facts.newKey === undefined) return look('new-key');
  const dead = whyDead(facts.newKey, now);
  if (dead === undefined) return undefined;
  return note({ kind: 'close', outcome: 'key-died', detail: `key ${rotation.newKeyId}: ${dead}` });
}

/** A person has said it in an earlier run, and it is not cut yet. */
const remembered = ({ compromisedKeyId: keyId }: RotationRecord): Compromised | undefined =>
  keyId === undefined ? undefined : { keyId, cut: 'after-move', isInJobs: true, isRemembered: true };

function decidePhase(view: RotationView): Step {
  const rotation = view.record.current;
  const compromised = view.compromised ?? remembered(view.record);
  const told = compromised === undefined ? view : { ...view, compromised };
  const cut = compromised === undefined ? undefined : decideCompromised(told, compromised);
  if (cut !== undefined) return cut;
  if (rotation === undefined) return decideBegin(told);
  if (rotation.halted === undefined) {
    const isTheirs = view.binding.managedBy !== 'keeper';
    const replaced =
      isTheirs && REPLACEABLE.includes(rotation.phase) ? decideSuperseded(view, rotation) : undefined;
    return replaced ?? decideNewKey(view, rotation) ?? DECISIONS[rotation.phase](view, rotation);
  }
  const { code, detail, at } = rotation.halted;
  return rest('a person', undefined, [finding(code, `binding ${view.binding.name}`, detail, at)]);
}
