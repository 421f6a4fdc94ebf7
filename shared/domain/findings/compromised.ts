import type { Catalogue } from './catalogue.ts';

const SEE = 'A key is compromised';

/** What `rotate-keys` says of a key that somebody else has. */
export const COMPROMISED = {
  'key-compromised': {
    severity: 'critical',
    repair: 'keeper',
    means:
      'A person said that somebody else has this key, and it still works: it is cut as soon as all jobs have another one. Until then whoever has it can use it.',
    todo: 'see what the rotation of its binding waits for; `--compromised KEY_ID --cut now` disables it at once, whatever that costs',
    see: SEE,
  },
  'key-cut': {
    severity: 'warning',
    repair: 'person',
    means:
      'The key that somebody else has is disabled, or gone: nobody gets a token with it any more. Tokens that were made before work until they end, an hour at most; the detail says until when.',
    todo: 'look in the activity log for what was done with it, until its last tokens have ended too',
    see: SEE,
  },
  'compromised-in-use': {
    severity: 'critical',
    repair: 'person',
    means:
      'Jobs carry this key, or may, although the secret of their binding holds another one: no rotation takes it from them. So it was not cut, and whoever else has it can use it.',
    todo: 'give these jobs another key by hand, or run it again with `--cut now`, which stops them from pushing until they have one',
    see: SEE,
  },
  'compromised-new-key': {
    severity: 'critical',
    repair: 'person',
    means:
      'The key is the one that a rotation is moving the jobs to. Moving them again first would take too long, so nothing was done, and whoever else has it can use it.',
    todo: 'run it again with `--cut now`: the jobs get another key at once, and lose what they push meanwhile',
    see: SEE,
  },
} as const satisfies Catalogue;
