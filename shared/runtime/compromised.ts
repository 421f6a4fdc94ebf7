import type { Compromised } from '../domain/rotation/steps.ts';
import { TIMING } from '../domain/rotation/timing.ts';
import { formatDuration, formatInstant } from '../domain/time.ts';
import { findKeyUsers, type KeyUsers } from '../sweeps/key-users.ts';
import type { Config } from './config/config.ts';
import { connect, type Surroundings } from './connect.ts';

export const CUTS = ['after-move', 'now'] as const satisfies readonly Compromised['cut'][];

/** Who uses a key that somebody else has. Only reads. */
export function usersOf(config: Config, surroundings: Surroundings, keyId: string): Promise<KeyUsers> {
  const { ports } = connect(config, surroundings, { plan: true });
  return findKeyUsers({ ports, instances: config.instances, bindings: config.bindings }, keyId);
}

/** Bindings that have to see to it: those that hold the key, or all of its identity where none does. */
export function concernedBy({ bindings }: KeyUsers): readonly string[] {
  const holding = bindings.filter(({ holds }) => holds !== 'nothing');
  return (holding.length > 0 ? holding : bindings).map(({ name }) => name);
}

/** Whether jobs carry the key, or may. */
export const isInJobs = ({ jobs, hidden, unread }: KeyUsers): boolean =>
  jobs.length + hidden.length + unread.length > 0;

/** Who would be hit, and by what: one sentence a line. */
export function tellUsers(
  users: KeyUsers,
  { keyId, cut }: Pick<Compromised, 'keyId' | 'cut'>,
  now: number,
): readonly string[] {
  const { key, bindings, jobs, hidden, unread } = users;
  if (key === undefined)
    return [
      `No account of the configuration shows key ${keyId}, or no binding has its identity.`,
      ...unread.map((what) => `Not looked at: ${what}.`),
    ];
  const login = key.lastAuthnAt === undefined ? 'none is shown' : formatInstant(key.lastAuthnAt);
  return [
    `Key ${keyId} belongs to ${key.iamId}; its last login (IAM may show it a day late): ${login}.`,
    ...bindings.map(({ name, holds }) => `Binding ${name}: ${HOLDS[holds]}.`),
    jobs.length === 0 ? 'No job shows this key.' : `Jobs that carry it: ${jobs.join(', ')}.`,
    ...(hidden.length === 0
      ? []
      : [`Jobs that may carry it, for CIS hides their keys: ${hidden.join(', ')}.`]),
    ...unread.map((what) => `Not looked at: ${what}.`),
    cut === 'now'
      ? 'It is disabled first. Until they have another key these jobs cannot push, and what they could not push is lost if that takes long; who else uses the key is cut off as well.'
      : 'All jobs of these bindings get another key, and then it is disabled at once, without waiting until CIS has taken the new one over: what is pushed with the old one in the minutes after that fails. Who else uses the key is cut off as well.',
    `Tokens that were made with it work until ${formatDuration(TIMING.tokenLifeMs)} after it is disabled${cut === 'now' ? `, about ${formatInstant(now + TIMING.tokenLifeMs)}` : ''}.`,
  ];
}

const HOLDS: Readonly<Record<KeyUsers['bindings'][number]['holds'], string>> = {
  current: 'its secret holds it',
  old: 'its rotation under way replaces it',
  new: 'its rotation under way moves the jobs to it',
  given: 'its jobs were given it before',
  nothing: 'its secret holds another key of the same identity',
  unknown: 'whether its secret holds it cannot be told',
};
