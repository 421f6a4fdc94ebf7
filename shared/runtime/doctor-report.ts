import type { Exchange } from '../domain/doctor/exchange.ts';
import { problemsOf } from '../domain/doctor/problems.ts';
import type { DoctorReport } from '../domain/doctor/report.ts';
import type { KeeperFunction } from '../domain/needs.ts';
import { examine, type Patient } from '../sweeps/doctor.ts';
import type { Config } from './config/config.ts';
import { connect, type Surroundings } from './connect.ts';
import { scheduledFor } from './invocation.ts';
import { lookContext } from './look-context.ts';
import { type LookOptions, progressOf } from './progress.ts';

/** No right is missing that only a function needs which has nothing to do. */
const functionsOf = (config: Config): readonly KeeperFunction[] => [
  ...scheduledFor(config).map(({ name }) => name),
  'doctor',
];

/** Looks at everything that the configuration names, and writes nothing: not even the ledger. */
export async function runDoctor(
  config: Config,
  surroundings: Surroundings,
  options: LookOptions,
): Promise<DoctorReport> {
  const exchanges: Exchange[] = [];
  const { begins, observe } = progressOf(config, surroundings.clock, options);
  const { ports, counts } = connect(config, surroundings, {
    plan: true,
    alone: options.alone,
    observe(exchange) {
      exchanges.push(exchange);
      observe(exchange);
    },
  });
  const { clock, random } = surroundings;
  const startedAt = clock.now();
  const seen = await examine(
    lookContext(config, {
      ports,
      runId: random.hex(12),
      calls: counts,
      schedules: scheduledFor(config),
    }),
    {
      accounts: config.accounts,
      ledger: ledgerOf(config),
      functions: functionsOf(config),
      exchanges: () => exchanges,
      begins,
    },
  );
  const problems = problemsOf(seen, startedAt);
  const nobody = seen.identities.every(({ verdict }) => verdict === 'no-login');
  return {
    schema: 1,
    command: 'doctor',
    startedAt,
    finishedAt: clock.now(),
    outcome: nobody ? 'failed' : problems.length > 0 ? 'attention' : 'ok',
    problems,
    ...seen,
    calls: counts(),
  };
}

function ledgerOf({ ledger }: Config): Patient['ledger'] {
  if (ledger.kind === 'file') return { name: `file:${ledger.path}` };
  const { account, bucket, prefix } = ledger;
  return { name: `cos://${bucket}/${prefix}`, place: { account, bucket, prefix } };
}
