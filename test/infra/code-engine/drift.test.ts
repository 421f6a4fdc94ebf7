import { expect, test } from 'vitest';
import { cisCrn } from '../../../infra/local/world-file.ts';
import { deployed, EDGE, jobIn, projectOf, silent } from './deployed.ts';
import type { Site } from './site.ts';

/** What somebody does by hand to each kind of resource, and how plan names it. */
const CHANGED: readonly (readonly [string, (site: Site) => void, readonly string[]])[] = [
  [
    'a trusted profile is described otherwise',
    ({ world }) => {
      const profile = world.iam.profiles.named('lpk-edge-logs-rotate-keys', EDGE);
      if (profile !== undefined) world.iam.profiles.change(profile, { description: 'mine' });
    },
    [
      '  ~ trusted profile lpk-edge-logs-rotate-keys',
      '        description: "mine" → "managed-by=logpush-keeper project=',
    ],
  ],
  [
    'a policy gives more',
    ({ world }) => {
      const policy = world.iam.policies
        .all()
        .find(({ description = '' }) => description.includes('internet-svcs'));
      if (policy !== undefined)
        world.iam.policies.replace(
          policy,
          { ...policy, roles: [...policy.roles, 'crn:v1:bluemix:public:iam::::serviceRole:Manager'] },
          'IBMid-1',
        );
    },
    ['  ~ access policy rotate-keys: internet-svcs', 'serviceRole:Manager","crn'],
  ],
  [
    'the configuration is edited in place',
    ({ world }) => {
      world.codeEngine.configMaps.update(projectOf(world).id, 'keeper', {
        data: { 'keeper.yml': 'x', more: 'y' },
      });
    },
    [
      '  ~ config map keeper',
      '        data.keeper.yml changes',
      '        data.more: (not shown) → taken away',
    ],
  ],
  [
    'a secret holds something else',
    ({ world }) => {
      world.codeEngine.secrets.update(projectOf(world).id, 'notify', {
        format: 'generic',
        data: { NOTIFY_TOKEN: 'TRACER-other' },
      });
    },
    ['  ~ secret notify', '        data.NOTIFY_TOKEN changes'],
  ],
  [
    'a job is changed',
    (site) => {
      const spec = jobIn(site, 'rotate-keys');
      const extra = { type: 'literal', name: 'MINE', value: 'TRACER-mine' } as const;
      site.world.codeEngine.jobs.update(projectOf(site.world).id, 'rotate-keys', {
        ...spec,
        scale_retry_limit: 3,
        image_secret: 'mine',
        run_env_variables: [...spec.run_env_variables, extra],
      });
    },
    [
      '        scale_retry_limit: 3 → 1',
      '        env.MINE: (not shown) → taken away',
      '        image_secret: "mine" → taken away',
    ],
  ],
  [
    'the function runs other code',
    ({ world }) => {
      const { id } = projectOf(world);
      const spec = world.codeEngine.functions.get(id, 'webhook')?.spec;
      if (spec !== undefined)
        world.codeEngine.functions.update(id, 'webhook', {
          ...spec,
          code_reference: 'data:text/plain;base64,eA==',
        });
    },
    ['  ~ function webhook', '        code_reference changes'],
  ],
  [
    'the CIS webhook is gone',
    ({ world }) => {
      const crn = cisCrn(EDGE, world.file.cis[0]?.guid ?? '');
      for (const webhook of world.cis.alerting.webhooks(crn)) world.cis.alerting.deleteWebhook(webhook);
    },
    ['  + CIS webhook lpk-edge-logs-', '  ~ CIS alert policy lpk-edge-logs'],
  ],
  [
    'the alert policy is off',
    ({ world }) => {
      const crn = cisCrn(EDGE, world.file.cis[0]?.guid ?? '');
      for (const policy of world.cis.alerting.policies(crn)) policy.body = { ...policy.body, enabled: false };
    },
    ['  ~ CIS alert policy lpk-edge-logs', '        enabled: false → true'],
  ],
  [
    'a schedule is changed',
    ({ world }) => {
      const { id } = projectOf(world);
      world.codeEngine.subscriptions.update(id, {
        kind: 'cron',
        name: 'keeper-by-schedule',
        destination: { type: 'job', name: 'rotate-keys' },
        schedule: '0 0 * * *',
        timezone: 'UTC',
      });
    },
    ['  ~ cron subscription keeper-by-schedule', '        schedule: "0 0 * * *" → "7 * * * *"'],
  ],
];

/** What somebody deletes, and how plan names what is to come again. */
const GONE: typeof CHANGED = [
  [
    'a trusted profile is gone',
    ({ world }) => {
      const profile = world.iam.profiles.named('lpk-edge-logs-rotate-keys', EDGE);
      if (profile !== undefined) world.iam.profiles.remove(profile);
    },
    [
      '  + trusted profile lpk-edge-logs-rotate-keys',
      '  + link of',
      '  ~ job rotate-keys',
      '        env.KEEPER_PROFILES: (not shown) → (known after apply)',
    ],
  ],
  [
    'a link is gone',
    ({ world }) => {
      const profile = world.iam.profiles.named('lpk-edge-logs-webhook', EDGE);
      const [link] = world.iam.profiles.links(profile?.id ?? '');
      world.iam.profiles.unlink(profile?.id ?? '', link?.id ?? '');
    },
    ['  + link of a trusted profile lpk-edge-logs-webhook'],
  ],
  [
    'a policy is gone',
    ({ world }) => {
      const policy = world.iam.policies.all().find(({ description = '' }) => description.includes('rings/'));
      if (policy !== undefined) world.iam.policies.remove(policy, 'IBMid-1');
    },
    ['  + access policy webhook: cloud-object-storage rings rings/ in account edge: ObjectWriter'],
  ],
  [
    'the authorization is gone',
    ({ world }) => {
      const policy = world.iam.policies.all().find(({ type }) => type === 'authorization');
      if (policy !== undefined) world.iam.policies.remove(policy, 'IBMid-1');
    },
    ['  + authorization Code Engine to Object Storage'],
  ],
  [
    'the secret of the webhook is gone',
    (site) => {
      site.world.codeEngine.secrets.remove(projectOf(site.world).id, 'keeper-webhook', site.clock.now());
    },
    [
      '  + secret keeper-webhook',
      '  ~ function webhook',
      '  + CIS webhook',
      '  ~ CIS alert policy',
      '  - CIS webhook',
    ],
  ],
  [
    'the subscription of the rings is gone',
    ({ world }) => {
      world.codeEngine.subscriptions.remove(projectOf(world).id, 'cos', 'keeper-by-alert');
    },
    ['  + Object Storage subscription keeper-by-alert'],
  ],
];

test.each([
  ['changes', CHANGED],
  ['deletes', GONE],
])('whatever somebody %s by hand is shown, and mended', async (_, drift) => {
  const site = await deployed();
  const end = withoutEdition(site.end());
  for (const [, happens] of drift) happens(site);
  site.clock.advance(10_000);

  const planned = await site.deploy('plan');

  expect(planned.code).toBe(2);
  for (const [, , shown] of drift) for (const line of shown) expect(planned.out).toContain(line);
  expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
  expect(withoutEdition(site.end())).toEqual(end);
  expect(await site.deploy('plan')).toMatchObject({ code: 0 });
  silent(site);
});

/** With another secret comes another webhook. */
const withoutEdition = (end: readonly string[]): readonly string[] =>
  end
    .map((line) =>
      line
        .replaceAll(/lpk-edge-logs-[0-9a-f]{8}(?=["\\ ])/g, 'lpk-edge-logs-EDITION')
        .replace(/(KEEPER_WEBHOOK_EDITION","value":")[0-9a-f]{8}/, '$1EDITION'),
    )
    .toSorted();
