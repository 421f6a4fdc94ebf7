import type { FindingCode } from '../../shared/domain/finding.ts';
import type { RunReport } from '../../shared/domain/report.ts';
import type { RotationRecord } from '../../shared/domain/rotation/record.ts';
import { days, minutes } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import { Invariants } from '../simulation/invariants.ts';
import { OLD_KEY, SECRET_ID, type SmallWorld, smallWorld } from '../simulation/small-world.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { personCalls } from './person.ts';
import { type VirtualKeeperOptions, virtualKeeper } from './virtual-keeper.ts';

const SCHEDULE_MS = minutes(15);

/** A small world whose key is being rotated on schedule, to be stopped where others come in. */
export function rotating(
  world: Partial<SmallWorld> = {},
  options: Pick<VirtualKeeperOptions, 'change' | 'changeConfig' | 'wrapTransport' | 'ledger'> = {},
) {
  const ledger = options.ledger ?? createMemoryLedger();
  const keeper = virtualKeeper({ ...options, file: smallWorld({ jobs: 2, ...world }), ledger });
  const invariants = new Invariants(keeper.world);
  const { clock } = keeper;
  let configText = keeper.configText;
  const codes = new Set<FindingCode>();
  let report: RunReport | undefined;

  const record = async (): Promise<RotationRecord | undefined> => {
    const body = (await ledger.read(`rotations/${SECRET_ID}.json`))?.body;
    return body === undefined ? undefined : (JSON.parse(body) as RotationRecord);
  };
  const tick = async (): Promise<RunReport> => {
    invariants.startRun();
    report = await keeper.run('rotate-keys', { text: configText });
    for (const finding of report.findings) codes.add(finding.code);
    invariants.check();
    return report;
  };
  const pass = (ms: number): void => {
    clock.advance(ms);
    keeper.world.catchUp();
    invariants.check();
  };
  /** Runs on schedule until it holds after a run. @throws {Error} when it does not within 20 days */
  const until = async (
    holds: (record: RotationRecord | undefined, report: RunReport) => boolean,
  ): Promise<RunReport> => {
    for (const giveUpAt = clock.now() + days(20); clock.now() < giveUpAt; pass(SCHEDULE_MS)) {
      const seen = await tick();
      if (holds(await record(), seen)) return seen;
    }
    throw new Error(`it never came; the last run: ${JSON.stringify(report, undefined, 2)}`);
  };
  return {
    world: keeper.world,
    cli: keeper.cli,
    log: keeper.log,
    run: (name: FunctionName) => keeper.run(name, { text: configText }),
    invariants,
    codes,
    record,
    tick,
    pass,
    until,
    untilPhase: (phase: string) => until((seen) => seen?.current?.phase === phase),
    untilFinding: (code: FindingCode) =>
      until((_, seen) => seen.findings.some((finding) => finding.code === code)),
    /** To the end of the rotation, with every stray key gone. */
    untilOver: () =>
      until((seen) => seen !== undefined && seen.current === undefined && seen.suspects.length === 0),
    configure: (change: (text: string) => string): void => {
      configText = change(configText);
    },
    /** Somebody calls Secrets Manager about the secret. */
    person: (method: string, path: string, body?: unknown): Promise<number> =>
      personCalls(keeper.world, method, path, body),
    oldKey: () => keeper.world.iam.keys().find((key) => key.id === oldKeyId(keeper.world)),
    keyIn: (jobId: number) => {
      const job = [...keeper.world.cis.jobs()].find(({ id }) => id === jobId);
      return job === undefined ? undefined : keeper.world.iam.keyIdOf(job.destination.apiKey);
    },
    ref: (jobId: number) => {
      const job = [...keeper.world.cis.jobs()].find(({ id }) => id === jobId);
      if (job === undefined) throw new Error(`no job ${jobId}`);
      return { instanceCrn: job.instanceCrn, zoneId: job.zoneId, jobId };
    },
    lostMinutes: (): number => keeper.world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0),
  };
}

const oldKeyId = (world: ReturnType<typeof virtualKeeper>['world']): string | undefined =>
  world.iam.keyIdOf(world.keyValue(OLD_KEY));
