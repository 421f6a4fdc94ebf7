import { expect, test } from 'vitest';
import { main as check } from '../../../functions/check-logpush.ts';
import { main as ensure } from '../../../functions/ensure-logpush.ts';
import { main as reenable } from '../../../functions/reenable-logpush.ts';
import { main as rotate } from '../../../functions/rotate-keys.ts';
import { main as verify } from '../../../functions/verify-buckets.ts';
import { InProcessTransport } from '../../../infra/local/transport.ts';
import type { RunReport } from '../../../shared/domain/report.ts';
import { hours, minutes } from '../../../shared/domain/time.ts';
import { createLedger } from '../../../shared/runtime/ledger.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { aSite, type Site, SMALL } from './site.ts';

const FUNCTIONS = {
  'check-logpush': check,
  'reenable-logpush': reenable,
  'rotate-keys': rotate,
  'verify-buckets': verify,
  'ensure-logpush': ensure,
} as const;

/** All five functions, each once an hour. */
const ALL = `${SMALL.slice(0, SMALL.indexOf('        rotate-keys:'))}${Object.keys(FUNCTIONS)
  .map(
    (name) =>
      `        ${name}: { kind: job, function: functions/${name}.ts, image: "\${KEEPER_IMAGE}", runtime: nodejs-24, cpu: 0.25, memory: 1G, timeout: 900 }\n`,
  )
  .join('')}      triggers:
${Object.keys(FUNCTIONS)
  .map((name, i) => `        at-${name}: { schedule: "${5 + i * 5} * * * *" }\n`)
  .join('')}      rules:
${Object.keys(FUNCTIONS)
  .map((name) => `        ${name}: { trigger: at-${name}, action: ${name} }\n`)
  .join('')}`;

/** Lets containers run the functions in this process. @returns the last line of each run, by its job */
function runsHere({ world, clock, env }: Site): Map<string, RunReport> {
  const reports = new Map(Object.keys(FUNCTIONS).map((name) => [name, {} as RunReport]));
  world.codeEngine.images.register(
    env['KEEPER_IMAGE'] ?? '',
    Object.keys(FUNCTIONS).map((name) => `node ${name}/main.js`),
  );
  world.codeEngine.runs.workloads = {
    runJob: async ({ command, env: given, files }) => {
      const name = (command[1] ?? '').replace('/main.js', '') as keyof typeof FUNCTIONS;
      const lines: string[] = [];
      const readFile = (path: string): Buffer => {
        if (files[path] === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
        return Buffer.from(files[path]);
      };
      const code = await FUNCTIONS[name](given, {
        readFile,
        write: (line) => void lines.push(line),
        surround: async (config, write) => {
          const transport = new InProcessTransport(world.app, clock);
          const random = world.random.fork(`run ${reports.size}`);
          return {
            transport,
            clock,
            random,
            log: createLog({ write, clock }),
            ledger: createLedger(config, { transport, clock, random, readFile }),
            close: async () => {},
          };
        },
      });
      reports.set(name, JSON.parse(lines.at(-1) ?? '{}') as RunReport);
      return code;
    },
  };
  return reports;
}

test.each(['system', 'custom'])('what is deployed runs, with %s roles and nothing else', async (roles) => {
  const site = aSite({ manifest: ALL.replace('region: us-south', `region: us-south\n  roles: ${roles}`) });
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  const reports = runsHere(site);
  site.clock.advance(minutes(15));

  await site.clock.run(site.world.codeEngine.live(site.clock.now() + hours(2)));

  expect([...reports].map(([name, { outcome, mode }]) => [name, outcome, mode])).toEqual(
    Object.keys(FUNCTIONS).map((name) => [name, 'ok', 'act']),
  );
  // Nobody lacks a right to see something either.
  expect([...reports.values()].flatMap(({ findings }) => findings.map(({ code }) => code))).toEqual([]);
  const { cis, file } = site.world;
  const made = file.cis.flatMap(({ zones }) =>
    zones.flatMap(({ id }) => cis.jobsOf(id).map(({ name }) => name)),
  );
  expect(made).toContain('new-example-http');
});
