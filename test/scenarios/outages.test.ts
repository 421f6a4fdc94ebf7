import { expect, test } from 'vitest';
import { days, minutes } from '../../shared/domain/time.ts';
import { type Transport, TransportError, type TransportFailure } from '../../shared/ports.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

/** A network on which one service does not answer. */
const without =
  (service: string, kind: TransportFailure) =>
  (transport: Transport): Transport => ({
    send: (request) =>
      request.url.includes(`/${service}/`)
        ? Promise.reject(new TransportError(kind))
        : transport.send(request),
  });

test.each([
  ['cis', 'refused', 'cis listZones: the connection was refused'],
  ['cis', 'timeout', 'cis listZones: no answer within 30 s'],
  ['iam', 'dns', 'iam grantToken: the host name is unknown'],
] as const)('%s that cannot be reached (%s) is one clear line', async (service, kind, reason) => {
  const keeper = virtualKeeper({ wrapTransport: without(service, kind) });
  const report = await keeper.run('check-logpush');
  expect(report.outcome).toBe('failed');
  expect(report.findings.map((finding) => finding.detail)).toContain(reason);
  expect(report.jobs).toEqual([]);
});

test('a rotation that meets an outage of any service at any time goes on when it ends', async () => {
  for (const service of ['iam', 'secrets-manager', 'cis', 'cloud-logs'] as const) {
    let down = false;
    const keeper = virtualKeeper({
      wrapTransport: (transport) => {
        const broken = without(service, 'refused')(transport);
        return { send: (request) => (down ? broken : transport).send(request) };
      },
    });
    // Down for every second run of the first two days, then up.
    const until = keeper.clock.now() + days(10);
    const firstDays = keeper.clock.now() + days(2);
    for (let run = 0; keeper.clock.now() < until; run += 1) {
      down = run % 2 === 0 && keeper.clock.now() < firstDays;
      await keeper.run('rotate-keys');
      keeper.clock.advance(minutes(15) - (keeper.clock.now() % minutes(15)));
    }
    keeper.world.catchUp();
    const done = (
      await Promise.all((await keeper.ledger.list('rotations/')).map((key) => keeper.ledger.read(key)))
    ).map(
      (document) =>
        JSON.parse(document?.body ?? '{}') as { readonly history: readonly { readonly outcome: string }[] },
    );
    expect(
      done.map((record) => record.history.at(-1)?.outcome),
      service,
    ).toEqual(['complete', 'complete']);
    expect(
      keeper.world.logpush.truth().reduce((sum, job) => sum + job.lostMinutes, 0),
      service,
    ).toBe(0);
  }
});
