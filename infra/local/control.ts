import { Hono } from 'hono';
import * as z from 'zod';
import { formatInstant } from '../../shared/domain/time.ts';
import { Fault } from './faults.ts';
import type { World } from './world.ts';

const Advance = z.strictObject({ advanceMs: z.int().min(0) });
const Faults = z.union([Fault.transform((fault) => [fault]), z.array(Fault)]);

/**
 * The control API of a served local cloud. It belongs to the simulator, not to IBM Cloud: it tells the truth that the
 * services keep to themselves, moves the clock, and brings faults.
 */
export function controlRoutes(world: World): Hono {
  const app = new Hono();
  app.get('/world', (c) => {
    world.catchUp();
    return c.json(worldTruth(world));
  });
  app.get('/clock', (c) => c.json(clockBody(world)));
  app.post('/clock', async (c) => {
    const body = Advance.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: 'send {"advanceMs": <milliseconds, 0 or more>}' }, 400);
    world.clock.advance(body.data.advanceMs);
    world.catchUp();
    world.codeEngine.settle();
    return c.json(clockBody(world));
  });
  app.post('/run-until', async (c) => {
    const body = Advance.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: 'send {"advanceMs": <milliseconds, 0 or more>}' }, 400);
    await world.codeEngine.fastForward(world.now() + body.data.advanceMs);
    return c.json(clockBody(world));
  });
  app.get('/job-runs', (c) => c.json(world.codeEngine.truth()));
  app.post('/faults', async (c) => {
    const body = Faults.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ error: z.prettifyError(body.error) }, 400);
    for (const fault of body.data) world.faults.add(fault);
    return c.json({ added: body.data.length });
  });
  app.delete('/faults', (c) => {
    world.faults.clear();
    return c.json({ cleared: true });
  });
  app.get('/calls', (c) => c.json(countCalls(world)));
  app.get('/messages', (c) => c.json(world.webhook.messages));
  return app;
}

const clockBody = (world: World) => ({ now: formatInstant(world.now()), nowMs: world.now() });

/** Every job and key as they are, without any value. */
function worldTruth(world: World) {
  return {
    now: formatInstant(world.now()),
    jobs: world.logpush.truth().map((job) => ({
      ...job,
      keyId: world.iam.keyIdOf(world.logpush.apiKeyValue(job.ref)),
    })),
    keys: world.iam.keys(),
    secrets: world.secretsManager.truth(),
    lostMinutes: world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0),
  };
}

/** Calls per service and operation. */
function countCalls(world: World): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const call of world.calls) {
    const service = (counts[call.service] ??= {});
    service[call.operation] = (service[call.operation] ?? 0) + 1;
  }
  return counts;
}
