import { readFileSync } from 'node:fs';
import { Cron } from 'croner';
import { parse } from 'yaml';
import * as z from 'zod';

const Manifest = z.object({
  project: z.object({
    packages: z.record(
      z.string(),
      z.object({
        actions: z.record(z.string(), z.unknown()),
        triggers: z.record(
          z.string(),
          z.object({ schedule: z.string(), timezone: z.string().default('UTC') }),
        ),
        rules: z.record(z.string(), z.object({ trigger: z.string(), action: z.string() })),
      }),
    ),
  }),
});

/** When one function runs. */
export interface Schedule {
  readonly action: string;
  /** The first start after this instant, in epoch milliseconds. */
  nextAfter(at: number): number;
}

/**
 * The schedules of a `manifest.yml`, one for each rule.
 *
 * @throws {Error} when a rule names a trigger or an action that is not there, or a schedule never comes
 */
export function readSchedules(manifestPath: string): readonly Schedule[] {
  const { packages } = Manifest.parse(parse(readFileSync(manifestPath, 'utf8'))).project;
  return Object.values(packages).flatMap(({ actions, triggers, rules }) =>
    Object.entries(rules).map(([name, rule]) => {
      const trigger = triggers[rule.trigger];
      if (trigger === undefined || !Object.hasOwn(actions, rule.action)) {
        throw new Error(`rule "${name}" of ${manifestPath} names a trigger or an action that is not there`);
      }
      // Croner only computes times here; nothing of it waits, so virtual clocks work.
      const cron = new Cron(trigger.schedule, { timezone: trigger.timezone, paused: true });
      return {
        action: rule.action,
        nextAfter: (at) => {
          const next = cron.nextRun(new Date(at));
          if (next === null)
            throw new Error(`the schedule "${trigger.schedule}" of ${manifestPath} never comes again`);
          return next.getTime();
        },
      };
    }),
  );
}
