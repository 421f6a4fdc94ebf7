import type { Binding } from '../binding.ts';
import type { ReportedAction } from '../report.ts';
import { slotName } from '../slot.ts';
import type { Action } from './steps.ts';

/** An action in words: what it is done to, and what it means. */
export function describeAction(
  action: Action,
  binding: Binding,
): Pick<ReportedAction, 'kind' | 'subject' | 'detail'> {
  const secret = slotName(binding.secret);
  switch (action.kind) {
    case 'lock-version':
      return { kind: action.kind, subject: secret, detail: 'put the guard lock on the current version' };
    case 'mint-key':
      return {
        kind: action.kind,
        subject: `binding ${binding.name}`,
        detail: `make a key for ${binding.iamId}`,
      };
    case 'enable-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: 'let the new key log in' };
    case 'qualify-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'try it at what a job does with it',
      };
    case 'extend-secret':
      return { kind: action.kind, subject: secret, detail: 'move its expiry to that of the new key' };
    case 'publish-key':
      return {
        kind: action.kind,
        subject: secret,
        detail: `store key ${action.keyId} as its current version`,
      };
    case 'request-version':
      return { kind: action.kind, subject: secret, detail: 'let Secrets Manager make its next key' };
    case 'move-job':
      return {
        kind: action.kind,
        subject: `job ${action.label}`,
        detail: `give it key ${action.keyId}${ROLES[action.role]}`,
      };
    case 'disable-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'the old key: no job uses it any more',
      };
    case 'enable-old-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: action.detail };
    case 'cut-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: 'somebody else has it' };
    case 'delete-key':
      return { kind: action.kind, subject: `key ${action.keyId}`, detail: 'the old key, disabled for a day' };
    case 'release-previous':
      return { kind: action.kind, subject: secret, detail: 'move the guard lock off the previous version' };
    case 'probe-old-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'try the old key where the new one fails',
      };
    case 'mark-rollback':
      return { kind: action.kind, subject: secret, detail: 'note on its lock that this rotation goes back' };
    case 'restore-version':
      return {
        kind: action.kind,
        subject: secret,
        detail: `store the old key ${action.keyId} as its current version again`,
      };
    case 'disable-new-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'the key that failed: its jobs have left it',
      };
    case 'disable-stray-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'two looks agree that nothing names it',
      };
    case 'delete-stray-key':
      return {
        kind: action.kind,
        subject: `key ${action.keyId}`,
        detail: 'disabled for a day, and still nothing names it',
      };
  }
}

const ROLES = { canary: ', as the first', fleet: '', back: ' again' } as const;
