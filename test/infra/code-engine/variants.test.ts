import { expect, test } from 'vitest';
import type { WorldFile } from '../../../infra/local/world-file.ts';
import { aSite, type Site } from './site.ts';

type Settings = WorldFile['settings'];

/** What IBM does not document, one way and the other. */
const VARIANTS: readonly (readonly [string, (settings: Settings) => void])[] = [
  ['as it is most likely', () => {}],
  [
    'small pages, other statuses, updates that serve on, webhooks that change as a whole',
    ({ codeEngine, resourceController, iam, alerting }) => {
      codeEngine.pageSize = 1;
      resourceController.pageSize = 1;
      codeEngine.statusWhileUpdated = 'ready';
      codeEngine.staleTagStatus = 409;
      iam.staleTagStatus = 412;
      iam.takenNameStatus = 400;
      codeEngine.missingTagStatus = 428;
      alerting.webhookUpdate = 'all';
      alerting.webhookIdInPolicies = 'sent';
    },
  ],
  [
    'an IAM to which broader policies are in the way, and whose version 2 knows no authorizations',
    ({ iam }) => {
      iam.conflictingPolicy = 'broader-too';
      iam.authorizationsV2 = 'refuse';
    },
  ],
  [
    'an IAM that takes minutes, and tells little',
    ({ codeEngine, iam }) => {
      iam.linkDelaySeconds = 120;
      iam.newProfileDelaySeconds = 120;
      iam.newPolicyDelaySeconds = 120;
      iam.conflictingPolicy = 'same-attributes-and-roles';
      iam.conflictShows = 'id';
      iam.equalLinks = 'refuse';
      iam.grantsBeyondOwn = 'idle';
      iam.groupsWithoutRight = 'refuse';
      iam.ownPolicies = 'hidden';
      codeEngine.readOnlyMembers = 'refuse';
    },
  ],
];

const edit = ({ files }: Site, name: string, by: (text: string) => string): void =>
  void files.set(name, by(files.get(name) ?? ''));

const PLAN = /^Plan: .*$/m;

test.each(VARIANTS)('%s: apply, change, take a part away, destroy', async (_, change) => {
  const site = aSite({ change: ({ settings }) => change(settings) });
  const applies = async (): Promise<string | undefined> => {
    const planned = await site.deploy('plan');
    expect(planned.code).toBe(2);
    expect(await site.deploy('apply')).toMatchObject({ code: 0, err: '' });
    expect(await site.deploy('plan')).toMatchObject({ code: 0 });
    return PLAN.exec(planned.out)?.[0];
  };
  expect(await applies()).toBe('Plan: 20 to create, 0 to update, 0 to delete.');

  // The function, the job, its schedule, the configuration, and what the job may read and write.
  edit(site, 'out/webhook/main.js', (code) => `${code}// another version\n`);
  edit(site, 'manifest.yml', (text) =>
    text.replace('timeout: 900', 'timeout: 600').replace('"7 * * * *"', '"9 * * * *"'),
  );
  edit(site, 'keeper.yml', (text) => text.replace('cos://ledger/keeper', 'cos://ledger/prod'));
  expect(await applies()).toBe('Plan: 0 to create, 5 to update, 0 to delete.');

  edit(site, 'keeper.yml', (text) => text.replace('cos://ledger/prod', 'cos://ledger'));
  // A policy that is about some objects alone cannot become one about all of them.
  expect(await applies()).toBe('Plan: 1 to create, 1 to update, 1 to delete.');

  edit(site, 'manifest.yml', (text) => text.replaceAll(/^.*(?:by-alert|cis-alert): .*\n/gm, ''));
  // The subscription, the authorization for it, and in CIS the policy and its webhook.
  expect(await applies()).toBe('Plan: 0 to create, 0 to update, 4 to delete.');

  expect(await site.deploy('destroy', '--yes')).toMatchObject({ code: 0, err: '' });
  site.clock.advance(60_000);
  expect(site.end()).toEqual(aSite().end());
});
