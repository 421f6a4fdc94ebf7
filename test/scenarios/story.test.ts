import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import type { WorldFile } from '../../infra/local/world-file.ts';
import { lostMinutes, type Told, tellStory } from '../../infra/story/tell.ts';
import { days, minutes } from '../../shared/domain/time.ts';
import type { LedgerStore } from '../../shared/ports.ts';
import { createMemoryLedger } from '../support/memory-ledger.ts';

const manifest = fileURLToPath(new URL('../../manifest.yml', import.meta.url));

/** The demo world, with other answers to what IBM's documentation leaves open. */
function demo(change: (file: WorldFile) => void = () => {}): WorldFile {
  const file = loadWorld('demo');
  change(file);
  return file;
}

interface Heard extends Told {
  readonly lines: readonly string[];
  readonly ledger: LedgerStore;
}

async function hear(file: WorldFile, seed = 1): Promise<Heard> {
  const lines: string[] = [];
  const ledger = createMemoryLedger();
  const told = await tellStory({
    file,
    seed,
    ledger,
    manifest,
    write: (line) => lines.push(line),
    quiet: false,
  });
  return { ...told, lines, ledger };
}

/** The demo world as it is: told once for all tests that only look at it. */
let plain: Promise<Heard> | undefined;
const heardDemo = (): Promise<Heard> => (plain ??= hear(demo()));

/** Actions of one kind, by what they were done to. */
const subjects = ({ reports }: Told, kind: string): readonly string[] =>
  reports.flatMap(({ actions }) =>
    actions
      .filter((action) => action.kind === kind && action.outcome === 'applied')
      .map((action) => action.subject),
  );

/**
 * Log minutes that the world loses without a keeper, from its file alone: a key that ends stops minting tokens, the
 * token cached last serves for one token life at most, and from then on each interval of each job is lost.
 */
function lossWithoutKeeper(file: WorldFile): number {
  const endsAt = days(file.days);
  const tokenLifeMs = minutes(file.settings.logpush.tokenCacheMinutes);
  const expiry = new Map(
    file.accounts.flatMap((account) =>
      account.serviceIds.flatMap((serviceId) =>
        serviceId.apiKeys.map((key) => [
          key.name,
          key.expiresInDays === undefined ? Infinity : days(key.expiresInDays),
        ]),
      ),
    ) as readonly (readonly [string, number])[],
  );
  let lost = 0;
  for (const job of file.cis.flatMap((cis) => cis.zones.flatMap((zone) => zone.jobs))) {
    const intervalMs = job.frequency === 'high' ? minutes(1) : minutes(5);
    const keyEndsAt = expiry.get(job.apiKey ?? '') ?? Infinity;
    if (!job.enabled || keyEndsAt >= endsAt) continue;
    // Tokens are minted with the first push and whenever the one before has ended; the last one minted in time ends here.
    const lastTokenEndsAt = intervalMs + Math.ceil((keyEndsAt - intervalMs) / tokenLifeMs) * tokenLifeMs;
    lost += Math.floor((endsAt - lastTokenEndsAt) / intervalMs + 1) * (intervalMs / minutes(1));
  }
  return lost;
}

test.each([60, 30, 0])(
  'no log minute is lost when the previous key serves for %i minutes after a change',
  async (previousKeyWindowMinutes) => {
    const file = demo((world) => {
      world.settings.logpush.previousKeyWindowMinutes = previousKeyWindowMinutes;
    });
    const told = previousKeyWindowMinutes === 60 ? await heardDemo() : await hear(file);

    expect(lostMinutes(told.treated)).toBe(0);
    expect(subjects(told, 'release-previous')).toHaveLength(2);
    expect(subjects(told, 'move-job')).toHaveLength(20);
    expect(lostMinutes(told.untreated)).toBe(lossWithoutKeeper(file));
    expect(lossWithoutKeeper(file)).toBeGreaterThan(0);
  },
);

test('a keeper that moves no job loses what the untreated twin loses', async () => {
  const file = demo();
  // CIS answers every PUT as if it had been done, and does nothing: the moving step is suppressed.
  const lines: string[] = [];
  const told = await tellStory({
    file,
    seed: 1,
    ledger: createMemoryLedger(),
    manifest,
    write: (line) => lines.push(line),
    quiet: true,
    wrapTransport: (transport) => ({
      send: (request) =>
        transport.send(
          request.method === 'PUT' && request.url.includes('/logpush/jobs/')
            ? { method: 'GET', url: request.url, headers: request.headers, timeoutMs: request.timeoutMs }
            : request,
        ),
    }),
  });

  expect(lostMinutes(told.treated)).toBe(lossWithoutKeeper(file));
});

test('the same seed tells the same story, another seed another one', async () => {
  const [first, second] = [await heardDemo(), await hear(demo())];
  const oneDay = demo((file) => {
    file.days = 1;
  });
  const other = await hear(oneDay, 2);

  expect(second.lines).toEqual(first.lines);
  expect(second.log).toEqual(first.log);
  expect(other.lines).not.toEqual(first.lines);
});

test.each(['masked', 'absent'] as const)(
  'rotations complete when keys are %s on read',
  async (keysOnRead) => {
    const told = await hear(
      demo((world) => {
        world.settings.cis.keysOnRead = keysOnRead;
      }),
    );

    expect(lostMinutes(told.treated)).toBe(0);
    expect(subjects(told, 'release-previous')).toHaveLength(2);
  },
);

test('the adopted predecessor is disabled and kept, the other is left alone and reported', async () => {
  const told = await heardDemo();
  const keys = new Map(told.treated.iam.keys().map((key) => [key.name, key]));

  expect(keys.get('logpush audit')).toMatchObject({ disabled: true });
  expect(keys.get('logpush edge')).toMatchObject({ disabled: false });
  expect(subjects(told, 'delete-key')).toEqual([]);
  expect(told.reports.flatMap((report) => report.findings.map((finding) => finding.code))).toContain(
    'predecessor-unstamped',
  );
});

test('no secret value reaches an output, a report, the log or the ledger', async () => {
  const told = await heardDemo();
  const { iam, secretsManager, cis } = told.treated;
  const secrets = [...iam.secretValues(), ...secretsManager.secretValues(), ...cis.secretValues()];
  const documents = await Promise.all(
    (await told.ledger.list('')).map(async (key) => (await told.ledger.read(key))?.body ?? ''),
  );
  const everything = [...told.lines, ...told.log, JSON.stringify(told.reports), ...documents].join('\n');

  expect(secrets.length).toBeGreaterThan(20);
  expect(documents.length).toBeGreaterThan(2);
  expect(everything).toContain('rotation action');
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
});
