import { finding } from '../finding.ts';
import { decideBegin, decideMinting, decidePublishing, decideQualifying } from './decide-mint.ts';
import { decideConfirming, decideDraining, decideMoving, decideProving } from './decide-move.ts';
import { decideDeleting, decideDisabling } from './decide-retire.ts';
import { type RotationView, rest, type Step } from './steps.ts';

/**
 * The next step of one binding's rotation: something to look at, one effect, a change of the ledger, or rest.
 *
 * Pure: it sees what this run has looked at and asks for what it lacks. The sweep repeats it until it rests; a plan
 * does the same and assumes that each effect succeeds, so that plan and run cannot differ.
 */
export function decideRotation(view: RotationView): Step {
  const rotation = view.record.current;
  if (rotation === undefined) return decideBegin(view);
  if (rotation.halted !== undefined) {
    const { code, detail, at } = rotation.halted;
    return rest('a person', undefined, [finding(code, `binding ${view.binding.name}`, detail, at)]);
  }
  switch (rotation.phase) {
    case 'minting':
      return decideMinting(view, rotation);
    case 'qualifying':
      return decideQualifying(view, rotation);
    case 'publishing':
      return decidePublishing(view, rotation);
    case 'moving':
      return decideMoving(view, rotation);
    case 'confirming':
      return decideConfirming(view, rotation);
    case 'draining':
      return decideDraining(view, rotation);
    case 'proving':
      return decideProving(view, rotation);
    case 'disabling':
      return decideDisabling(view, rotation);
    case 'deleting':
      return decideDeleting(view, rotation);
  }
}
