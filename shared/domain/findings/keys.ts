import type { Catalogue } from './catalogue.ts';

/** What `rotate-keys` sees of secrets, and of the keys that are made, left over and retired. */
export const KEYS = {
  'secret-unusable': {
    severity: 'critical',
    repair: 'person',
    means:
      'The secret cannot give the key: it is not active, its type does not go with the binding, or the version with the new key cannot be read any more. No rotation begins, and one under way cannot move more jobs; all push on with the keys that they have until those end.',
    todo: 'see the detail: correct type, member and `managedBy` in the binding, or give the binding an active secret that holds a working key; a rotation whose new key cannot be read any more must be abandoned',
    see: 'Secrets that are refused',
  },
  'previous-version-locked': {
    severity: 'warning',
    repair: 'person',
    means:
      'Somebody has a lock on the previous version of the secret: a consumer still runs on the key in it. No new key is made and no old one is disabled until the lock is gone; the jobs push on until their key ends.',
    todo: 'move that consumer to the current version, then remove its lock from the previous one',
    see: 'Somebody locks the previous version',
  },
  'identity-mismatch': {
    severity: 'critical',
    repair: 'person',
    means:
      'The key in the secret, or the one that Secrets Manager would make, belongs to another identity than `iamId` of the binding. The keeper would rotate, or give to jobs, a key that is not theirs, so it does nothing with it; what jobs carry ends in its time.',
    todo: 'correct `iamId` of the binding, or store a key of the right identity in the secret, whichever is wrong',
    see: 'Secrets that are refused',
    saidBy: ['ensure-logpush', 'reenable-logpush', 'rotate-keys'],
  },
  'secret-expiry-stuck': {
    severity: 'warning',
    repair: 'person',
    means:
      'The secret expires before the key in it, and Secrets Manager refused to move its expiry. An expired secret is destroyed as soon as no lock holds it, with every version in it; then no job can be given its key again. The keeper’s lock holds it for now.',
    todo: 'move the expiry of the secret behind that of its key by hand, or take it away',
    see: 'The secret expires',
  },
  'key-quota-full': {
    severity: 'critical',
    repair: 'person',
    means:
      'The service ID has 20 API keys or more, and IAM allows no more than 20 for one identity. The new key cannot be made; the jobs push on until the old one ends.',
    todo: 'delete API keys of this service ID that nobody uses',
    see: 'The key quota fills up',
  },
  'mint-limit': {
    severity: 'critical',
    repair: 'person',
    means:
      'Three keys were made for this secret within a day, and the rotation is still due. Something undoes each of them; a fourth one is not made before the first of the three is a day old.',
    todo: 'see with `keeper status` how the earlier rotations of this secret ended, and mend that',
    see: 'Three keys were made within a day',
  },
  'mint-failed': {
    severity: 'critical',
    repair: 'person',
    means:
      'The new key could not be made: IAM or Secrets Manager refused, or nothing shows that one was made. No job was touched; the keeper tries again after a while, and the jobs push on until the old key ends.',
    todo: 'see the detail; the identity of the account needs Operator on the IAM identity service where the keeper makes keys, and Writer on Secrets Manager where that makes them',
    see: 'A rotation that does not begin',
  },
  'stray-key': {
    severity: 'info',
    repair: 'keeper',
    means:
      'A key that the keeper made is named by no version of the secret and no rotation: a run died, or a rotation failed. It is disabled when it is certain that no job carries it, a day and a few hours later where nothing tells where it has been, and deleted a day after that.',
    todo: 'nothing',
    see: 'The key quota fills up',
  },
  'stray-key-kept': {
    severity: 'warning',
    repair: 'person',
    means:
      'A key that the keeper made is named by no version of the secret, but somebody uses it or may: it logged in, a job carries it, somebody enabled it again, or a job that hides its key has not pushed since. It is left as it is until that is over or it has expired, and counts towards the 20 keys of the service ID.',
    todo: 'find out who uses it, and give them a key of their own; where a job hides its key, give it another (`keeper rotate-keys --force NAME` does so for the jobs of the binding), and delete this one when no job can carry it',
    see: 'The key quota fills up',
  },
  'rotation-waits-for-neighbour': {
    severity: 'warning',
    repair: 'keeper',
    means:
      'The key is due, and another member of the same `kv` secret is being rotated: they share versions and locks, so one waits for the other. It is critical when the key is dead, for its jobs cannot push meanwhile.',
    todo: 'nothing, if the other rotation goes on; where that is held up see why, and give keys that must not wait a secret of their own',
    see: 'Two bindings are due at once',
  },
  'predecessor-unstamped': {
    severity: 'warning',
    repair: 'person',
    means:
      'The rotation is complete, and the old key still accepts logins: it was not made by the keeper and the binding does not adopt it, so it is left as it is. No job of the binding uses it any more; whoever has it can still use it.',
    todo: 'when nothing logs in with it any more, disable or delete it yourself',
    see: 'It is not adopted',
  },
  'predecessor-kept': {
    severity: 'info',
    repair: 'none',
    means:
      'The rotation is complete, and the old key still accepts logins, because the binding adopts it with `retire: never`. No job of the binding uses it any more.',
    todo: 'nothing, if this is meant; else delete the key yourself when nothing uses it any more',
    see: 'It is adopted and left as it is',
  },
  'predecessor-abandoned': {
    severity: 'warning',
    repair: 'person',
    means:
      'A person abandoned the rotation away from this key. It still accepts logins, jobs that were not moved may carry it, and the keeper leaves it alone from then on.',
    todo: 'when no job carries it any more, delete it yourself; `keeper rotate-keys --force NAME` gives all jobs a fresh key',
    see: 'Take a hand in a rotation',
  },
  'secret-rotated-elsewhere': {
    severity: 'warning',
    repair: 'person',
    means:
      'Somebody else changed the secret: it holds a key that the keeper did not put there, while the jobs carry another, or it holds the old key again during a rotation. The keeper moves no job to it and does not disable what the secret holds.',
    todo: 'agree on who rotates this secret; `keeper rotate-keys --force NAME` gives all jobs a fresh key now, after abandoning a rotation that is under way',
    see: 'Somebody rotates the secret between two rotations',
  },
  'old-key-still-used': {
    severity: 'warning',
    repair: 'person',
    means:
      'Something still uses the old key after all jobs of the binding have left it: it logs in, a job of no binding carries it, or somebody enabled it again. It is not disabled or deleted before that ends, so nothing breaks, and the rotation waits.',
    todo: 'find who uses it (Activity Tracker shows its logins) and give them the new key, or a key of their own',
    see: 'Something unknown still uses the old key',
  },
  'old-key-unreadable': {
    severity: 'warning',
    repair: 'person',
    means:
      'Nothing tells whether somebody still uses the old key: IAM does not show it to the keeper, or shows no login with it while CIS hides which keys jobs carry. It is left as it is, and the rotation does not end.',
    todo: 'give the keeper Operator on the IAM identity service; if it has that, make sure that nobody uses the old key and disable it yourself, which the rotation takes for its own step',
    see: 'Something unknown still uses the old key',
  },
  'old-key-needed': {
    severity: 'critical',
    repair: 'person',
    means:
      'A job failed after the old key was disabled, so the keeper enabled that again and halted the rotation. Something still used the old key; it goes on accepting logins until you decide.',
    todo: 'find out what still used the old key and mend that, then run `keeper rotation abandon NAME` and `keeper rotate-keys --force NAME`',
    see: 'Take a hand in a rotation',
  },
} as const satisfies Catalogue;
