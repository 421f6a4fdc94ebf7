import type { RunReport } from '../../shared/domain/report.ts';
import { days, formatDuration, minutes } from '../../shared/domain/time.ts';
import type { World } from '../local/world.ts';
import type { Duty } from './expectations.ts';
import type { Fate } from './verdict.ts';

const NAME = 33;
const START = 24;

/** The end of a story: a line for each job with the log minutes it lost, and what the keeper did in numbers. */
export function* closingTable(
  fates: readonly Fate[],
  dueSecrets: readonly string[],
  reports: readonly RunReport[],
  { file, webhook }: World,
): Generator<string> {
  yield '';
  yield `  ${''.padEnd(NAME + START + 1)} log minutes lost`;
  yield row('job', 'when it began', ['keeper', 'repair', 'at most', 'without']);
  for (const { truth, expected, afterRepair, twin } of fates)
    yield row(`${truth.ref.jobId} ${truth.name}`, expected.start, [
      String(truth.lostMinutes),
      afterRepair === undefined ? '' : String(afterRepair),
      mostText(expected.duty),
      String(twin?.lostMinutes ?? '?'),
    ]);
  const sum = (of: (fate: Fate) => number): string => String(fates.reduce((all, fate) => all + of(fate), 0));
  const [kept, without] = [sum(({ truth }) => truth.lostMinutes), sum(({ twin }) => twin?.lostMinutes ?? 0)];
  yield row('total', '', [kept, '', '', without]);
  yield '';
  yield 'keeper: in all. repair: of that, after the first start of the function that repairs it. at most: 5 minutes, plus';
  yield 'what a change takes to spread and a new key to be tried. without: in the same world without the keeper.';
  yield '';
  const done = completed(reports);
  yield `rotations: ${dueSecrets.filter((id) => done.has(id)).length} of ${dueSecrets.length} that were due are complete`;
  const calls = reports.reduce(
    (all, report) => all + Object.values(report.calls).reduce((a, b) => a + b, 0),
    0,
  );
  yield `${webhook.messages.length} messages to people, one for each incident that opened, changed or closed`;
  yield `${reports.length} runs of the keeper, ${calls} calls, in ${formatDuration(days(file.days))} of virtual time`;
}

const row = (name: string, start: string, columns: readonly string[]): string =>
  `  ${name.padEnd(NAME)} ${start.padEnd(START)} ${columns.map((text) => text.padStart(8)).join(' ')}`;

function mostText(duty: Duty): string {
  switch (duty.kind) {
    case 'lose-nothing':
      return '0';
    case 'repair':
      return String(Math.ceil(duty.mostMs / minutes(1)));
    case 'leave':
      return 'a person';
  }
}

/** Ids of the secrets of which a rotation has come to its end. */
const completed = (reports: readonly RunReport[]): ReadonlySet<string> =>
  new Set(
    reports.flatMap(({ actions }) =>
      actions
        .filter(({ kind, outcome }) => kind === 'release-previous' && outcome === 'applied')
        .map(({ subject }) => subject.replace(/^secret /, '')),
    ),
  );
