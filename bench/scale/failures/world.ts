import type { WorldFile } from '../../../infra/local/world-file.ts';
import { benchWorld } from '../world.ts';

/** A Monday: no weekend comes before the last failure is over. */
const STARTS_AT = Date.UTC(2026, 2, 2);

/**
 * The fleet of the bench, shared out among teams, zone by zone in turn: each has a Cloud Logs instance, a bucket and the two keys
 * for them of its own, so that what breaks for one leaves the others alone. Nothing is declared, and no key is due.
 */
export function failuresWorld(zones: number, teams: number): WorldFile {
  const file = benchWorld(zones, { due: false });
  const [account] = file.accounts;
  const [logs] = file.cloudLogs;
  const [bucket] = file.buckets;
  const [secrets] = file.secretsManagers;
  if (account === undefined || logs === undefined || bucket === undefined || secrets === undefined)
    throw new Error('the fleet has an account, a Cloud Logs instance, a bucket and a Secrets Manager');
  const numbers = Array.from({ length: teams }, (_, team) => team);
  const shared = new Set(['logs', 'bucket']);
  const owners = account.serviceIds.filter(({ name }) => shared.has(name));
  account.serviceIds = [
    ...account.serviceIds.filter(({ name }) => !shared.has(name)),
    ...numbers.flatMap((team) =>
      owners.map((owner) => ({
        ...owner,
        name: `${owner.name}-${team}`,
        id: idOf('ServiceId-', owner.id, team),
        apiKeys: owner.apiKeys.map((key) => ({
          ...key,
          name: keyOf(owner.name, team),
          id: idOf('ApiKey-', key.id, team),
        })),
      })),
    ),
  ];
  file.startsAt = STARTS_AT;
  file.cloudLogs = numbers.map((team) => ({
    ...logs,
    name: `logs-${team}`,
    guid: idOf('', logs.guid, team),
  }));
  file.buckets = [
    ...file.buckets.slice(1),
    ...numbers.map((team) => ({ ...bucket, name: `${bucket.name}-${team}` })),
  ];
  secrets.secrets = numbers.flatMap((team) =>
    secrets.secrets.map((secret) => {
      if (secret.type !== 'arbitrary' || secret.binding === undefined)
        throw new Error('each secret of the fleet is an arbitrary one, and has a binding');
      const name = secret.name.replace('-secret', '');
      return {
        ...secret,
        id: idOf('', secret.id, team),
        name: `${secret.name}-${team}`,
        apiKey: keyOf(name, team),
        binding: { ...secret.binding, name: `${name}-${team}` },
      };
    }),
  );
  for (const [index, zone] of file.cis.flatMap((instance) => instance.zones).entries()) {
    const team = index % teams;
    zone.jobs = zone.jobs.map((job) =>
      job.cos === undefined
        ? { ...job, frequency: 'high', cloudLogs: `logs-${team}`, apiKey: keyOf('logs', team) }
        : {
            ...job,
            frequency: 'high',
            cos: { ...job.cos, bucket: `${job.cos.bucket}-${team}` },
            apiKey: keyOf('bucket', team),
          },
    );
  }
  delete file.keeper.logpushJobs;
  return file;
}

const keyOf = (owner: string, team: number): string => `${owner}-${team}-key`;

/** The id of one thing, for one team. */
const idOf = (prefix: string, id: string, team: number): string =>
  `${prefix}${String(team + 1).padStart(8, '0')}${id.slice(prefix.length + 8)}`;
