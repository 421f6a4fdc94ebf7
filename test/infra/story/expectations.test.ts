import { expect, test } from 'vitest';
import type { WorldFile } from '../../../infra/local/world-file.ts';
import { Expectations, jobsOf } from '../../../infra/story/expectations.ts';
import { BUCKET, OTHER_LOGS_ID, type SmallWorld, smallWorld } from '../../simulation/small-world.ts';

/** What the world file says about its first job. */
function firstOf(destination: NonNullable<SmallWorld['destination']>, change: (file: WorldFile) => void) {
  const file = smallWorld({ jobs: 1, destination });
  change(file);
  const [first] = jobsOf(file);
  if (first === undefined) throw new Error('the small world has no job');
  return new Expectations(file, [], { beforeMs: 0, maxAgeMs: Infinity }).of(first.job);
}

const restricts =
  (more: Partial<WorldFile['accounts'][number]['restrictions'][number]>) =>
  ({ accounts }: WorldFile): unknown =>
    accounts[0]?.restrictions.push({
      id: 'r1',
      service: 'logs',
      enforcement: 'enabled',
      addresses: [],
      ...more,
    });
const logs =
  (more: object) =>
  ({ cloudLogs }: WorldFile): unknown =>
    Object.assign(cloudLogs[0] ?? {}, more);
const bucket =
  (more: object) =>
  ({ buckets }: WorldFile): unknown =>
    Object.assign(buckets[0] ?? {}, more);

test.each<readonly [string, NonNullable<SmallWorld['destination']>, (file: WorldFile) => unknown]>([
  ['its instance is deleted', 'cloud-logs', logs({ state: 'pending_reclamation' })],
  ['its instance is deleted', 'cos', bucket({ instanceState: 'removed' })],
  ['its instance is private', 'cloud-logs', logs({ privateOnly: true })],
  ['kept out by a firewall', 'cos', bucket({ firewall: { allowedIps: ['192.0.2.0/24'] } })],
  ['kept out by a restriction', 'cloud-logs', restricts({})],
  ['kept out by a restriction', 'cos', restricts({ service: 'cloud-object-storage', bucket: BUCKET })],
])('%s (%s): that is left to people', (start, destination, change) => {
  expect(firstOf(destination, change)).toEqual({ start, duty: { kind: 'leave' } });
});

test.each<readonly [string, NonNullable<SmallWorld['destination']>, (file: WorldFile) => unknown]>([
  ['that only reports', 'cloud-logs', restricts({ enforcement: 'report' })],
  ['that lets everybody in', 'cloud-logs', restricts({ addresses: ['0.0.0.0/0'] })],
  ['on another instance', 'cloud-logs', restricts({ instance: OTHER_LOGS_ID })],
  ['on another service', 'cos', restricts({})],
])('a restriction %s changes nothing', (_, destination, change) => {
  expect(firstOf(destination, change)).toEqual({ start: 'fine', duty: { kind: 'lose-nothing' } });
});
