import type { PastRotation, Phase } from './record.ts';

/**
 * From which phase a rotation may enter which, and how it may end there. Whatever is not in this table is a mistake of
 * ours, and stops the run before it is written down. The document explains each. @see docs/rotation.md
 */
export const TRANSITIONS: Readonly<
  Record<Phase, { readonly to: readonly Phase[]; readonly ends: readonly PastRotation['outcome'][] }>
> = {
  minting: { to: ['qualifying', 'moving'], ends: ['mint-failed', 'value-lost', 'abandoned'] },
  qualifying: {
    to: ['publishing', 'moving'],
    ends: ['qualification-refused', 'value-lost', 'superseded', 'abandoned'],
  },
  publishing: { to: ['qualifying', 'moving'], ends: ['mint-failed', 'value-lost', 'abandoned'] },
  moving: {
    to: ['moving', 'confirming', 'draining', 'rolling-back'],
    ends: ['key-died', 'superseded', 'abandoned'],
  },
  confirming: { to: ['moving', 'rolling-back'], ends: ['key-died', 'superseded', 'abandoned'] },
  draining: { to: ['moving', 'proving', 'rolling-back'], ends: ['key-died', 'superseded', 'abandoned'] },
  proving: {
    to: ['moving', 'disabling', 'deleting', 'rolling-back'],
    ends: ['key-died', 'superseded', 'abandoned'],
  },
  disabling: { to: ['moving', 'deleting'], ends: ['key-died', 'abandoned'] },
  deleting: { to: ['moving'], ends: ['complete', 'key-died', 'abandoned'] },
  'rolling-back': { to: ['restoring'], ends: ['rolled-back', 'superseded', 'abandoned'] },
  restoring: { to: [], ends: ['rolled-back', 'abandoned'] },
};

/** Where a rotation begins: the keeper makes the key, asks Secrets Manager for it, or finds it in the secret. */
export const BEGINS_IN: readonly Phase[] = ['minting', 'publishing', 'qualifying'];

/** Where a rotation that is found without its ledger document may be taken up. */
export const REBUILT_IN: readonly Phase[] = ['moving', 'rolling-back', 'restoring'];
