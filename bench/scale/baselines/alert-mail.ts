import { FAILING_JOB_ALERT } from '../../../infra/local/cis/alerting.ts';
import { cisCrn } from '../../../infra/local/world-file.ts';
import { days, hours } from '../../../shared/domain/time.ts';
import type { Named, Stage, Way } from '../way.ts';

/** When somebody reads mail, in hours of a day of work, UTC. */
const [READ_FROM, READ_UNTIL] = [9, 17];

/**
 * Nothing but what CIS does by itself: a mail when the platform has disabled a job.
 *
 * @see https://cloud.ibm.com/docs/cis?topic=cis-configuring-policies
 */
export const alertMail: Way = {
  name: 'the mail of CIS alone',
  practice: `an alert policy of CIS, whose mail is read between ${READ_FROM} and ${READ_UNTIL} o'clock`,
  leavesOut:
    'weekends; an alert that wakes somebody, which would be seen a day after the last push; that the mail may come late, or not at all: for a while IBM’s pages said that there is none about jobs of Cloud Logs',
  lives: (stage) => [reading(stage)],
};

/** The mail comes as a webhook would: what CIS sends is the same. */
async function reading({ cloud, tell }: Stage): Promise<never> {
  const { world, clock } = cloud;
  const { alerting } = world.cis;
  const { accounts, cis } = world.file;
  const crn = cisCrn(accounts[0]?.id ?? '', cis[0]?.guid ?? '');
  const read = async (named: Named, sentAt: number): Promise<void> => {
    await clock.sleep(nextReading(sentAt) - sentAt);
    tell(named, sentAt);
  };
  alerting.deliverThrough(async (_url, { body }) => {
    const { data } = JSON.parse(body) as { readonly data: { readonly job_id?: number } };
    if (data.job_id !== undefined) void read(new Map([[data.job_id, 'disabled']]), clock.now());
    return 200;
  });
  const webhook = await alerting.addWebhook(crn, { name: 'mail', url: 'https://mail.example/' });
  if (webhook === undefined) throw new Error('nobody takes the mail');
  alerting.addPolicy(crn, {
    name: 'logpush-disabled',
    enabled: true,
    alert_type: FAILING_JOB_ALERT,
    mechanisms: { webhooks: [{ id: webhook.id }] },
  });
  return new Promise(() => {});
}

function nextReading(at: number): number {
  const today = Math.floor(at / days(1)) * days(1);
  if (at < today + hours(READ_FROM)) return today + hours(READ_FROM);
  return at < today + hours(READ_UNTIL) ? at : today + days(1) + hours(READ_FROM);
}
