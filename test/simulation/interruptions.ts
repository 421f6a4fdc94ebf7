import type { VirtualClock } from '../../infra/local/clock.ts';
import { hours, minutes } from '../../shared/domain/time.ts';
import type { FunctionName } from '../../shared/runtime/invocation.ts';
import type { Brought } from './aims.ts';
import type { GateCall } from './gate.ts';
import { isRunFault, type RunFault } from './grid.ts';
import { type Event, HAPPENINGS, type Happening, type Scene } from './outside.ts';
import type { RunnerSpec, RunProcess } from './runner.ts';

const LOST_TICKS_MS = hours(5);
/** Another keeper, on another machine. */
const STRANGER: RunnerSpec = { name: 'S', skewMs: minutes(-7), offsetMs: 0 };

/** What a life lets others do in it. */
interface Stage {
  readonly clock: VirtualClock;
  readonly scene: () => Scene;
  readonly run: (runner: RunnerSpec, name: FunctionName) => Promise<unknown>;
  readonly say: (text: string) => void;
  /** Somebody has come in. */
  readonly wake: () => void;
  readonly loseTicksUntil: (at: number) => void;
}

/** What happens between two calls of a run: other runs, people, other tools. */
export class Interruptions {
  readonly #stage: Stage;
  readonly #pending: Set<Event>;
  readonly #beside: Promise<unknown>[] = [];
  /** What has happened and will come to an end by itself. */
  #remedies = 0;

  constructor(events: readonly Event[], stage: Stage) {
    this.#stage = stage;
    this.#pending = new Set(events);
  }

  get isUnderWay(): boolean {
    return this.#remedies > 0;
  }

  /** Something of this name is still to happen. */
  isAwaiting(name: string): boolean {
    return [...this.#pending].some((event) => event.name.startsWith(name));
  }

  /** Runs that were started beside another have ended. */
  async besideEnded(): Promise<void> {
    await Promise.all(this.#beside.splice(0));
  }

  async afterCall({ name }: GateCall<RunProcess>): Promise<void> {
    for (const event of this.#pending)
      if (event.afterCall(name, this.#stage.scene()) && (await this.#happen(event.name, event.happening)))
        this.#pending.delete(event);
  }

  /** @returns whether it could be brought about here */
  async bring(kind: Brought, { process: { runner } }: GateCall<RunProcess>): Promise<boolean> {
    if (!isRunFault(kind)) return this.#happen(kind, HAPPENINGS[kind]);
    this.#stage.say(`event: ${kind}`);
    await this.#disturbRun(kind, runner);
    return true;
  }

  async #happen(name: string, { happen, remedy }: Happening): Promise<boolean> {
    const { clock, scene, say, wake } = this.#stage;
    if (!(await happen(scene()))) return false;
    say(`event: ${name}`);
    wake();
    if (remedy === undefined) return true;
    this.#remedies += 1;
    void clock.sleep(remedy.afterMs).then(async () => {
      scene().world.catchUp();
      await remedy.happen(scene());
      say(`event: the end of ${name}`);
      this.#remedies -= 1;
      wake();
    });
    return true;
  }

  async #disturbRun(kind: RunFault, runner: RunnerSpec): Promise<void> {
    const { run, clock, loseTicksUntil } = this.#stage;
    switch (kind) {
      case 'overtaken':
        await run(STRANGER, 'rotate-keys');
        return;
      case 'tick doubled':
        this.#beside.push(run(runner, 'rotate-keys'));
        return;
      case 'ticks lost':
        loseTicksUntil(clock.now() + LOST_TICKS_MS);
        return;
      case 'reenable beside':
        this.#beside.push(run(STRANGER, 'reenable-logpush'));
        return;
      case 'check beside':
        this.#beside.push(run(STRANGER, 'check-logpush'));
    }
  }
}
