import { fileURLToPath } from 'node:url';
import type { RunReport } from '../../../shared/domain/report.ts';
import { isFunctionName } from '../../../shared/runtime/invocation.ts';
import { readSchedules } from '../../../shared/runtime/manifest/schedules.ts';
import { keeperIn } from '../ours.ts';
import { type Named, onSchedule, type Way } from '../way.ts';

export const MANIFEST = fileURLToPath(new URL('../../../manifest.yml', import.meta.url));

/** The keeper, on the schedules of `manifest.yml`. */
export const keeper: Way = {
  name: 'logpush-keeper',
  practice: 'its functions on the schedules of manifest.yml; nobody is told but by the report of a run',
  leavesOut: 'the webhook, which would bring looks forward once the platform has disabled a job',
  lives: (stage) => {
    const run = keeperIn(stage.cloud);
    return readSchedules({ path: MANIFEST, source: 'manifest.yml', env: {} }).map(({ action, nextAfter }) => {
      if (!isFunctionName(action)) throw new Error(`manifest.yml names the function "${action}"`);
      return onSchedule(stage, nextAfter, async () => {
        const { value: report } = await run(action);
        stage.tell(namedIn(report), report.startedAt);
      });
    });
  },
};

/** The jobs that a report says something of that is not only for information, and those that a rotation moves from a dead key. */
function namedIn({ findings, jobs, rotations }: RunReport): Named {
  const ofDead = rotations.filter(({ reason }) => reason.startsWith('key-'));
  const moved = ofDead.flatMap((rotation) => rotation.jobs.map(({ label }) => Number.parseInt(label, 10)));
  const named = new Map<number, 'failing' | 'disabled'>(moved.map((id) => [id, 'failing']));
  for (const { severity, subject } of findings) {
    const id = Number(/^job (\d+) /.exec(subject)?.[1]);
    if (Number.isNaN(id) || severity === 'info') continue;
    const health = jobs.find(({ jobId }) => jobId === id)?.health;
    named.set(id, health?.startsWith('disabled') === true ? 'disabled' : 'failing');
  }
  return named;
}
