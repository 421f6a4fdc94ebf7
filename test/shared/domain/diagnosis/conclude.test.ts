import { expect, test } from 'vitest';
import { broken, type Cause, doubtful, good } from '../../../../shared/domain/diagnosis/chain.ts';
import { conclude, type LookedJob } from '../../../../shared/domain/diagnosis/conclude.ts';

const EXPIRED: Cause = { code: 'key-expired', subject: 'API key ApiKey-1', detail: 'it expired', since: 5 };
const REGION: Cause = {
  code: 'logs-region-unproven',
  subject: 'Cloud Logs instance 1 (eu-fr2)',
  detail: 'not named',
  suspected: true,
};

const aLook = (id: number, fields: Partial<LookedJob> = {}): LookedJob => ({
  key: `job-${id}`,
  label: `${id} (http_requests of shop.example)`,
  fails: true,
  links: [],
  ...fields,
});

test('a cause that jobs share is one finding, which names some of them and counts the others', () => {
  const jobs = [1, 2, 3, 4, 5].map((id) => aLook(id, { links: [broken('key', EXPIRED)] }));
  const { findings, byJob } = conclude(jobs);
  expect(findings).toMatchObject([{ code: 'key-expired', subject: 'API key ApiKey-1', since: 5 }]);
  expect(findings[0]?.detail).toBe(
    'it expired; jobs 1 (http_requests of shop.example), 2 (http_requests of shop.example), 3 (http_requests of shop.example) and 2 more',
  );
  expect(byJob.get('job-4')?.because).toEqual(['key-expired API key ApiKey-1']);
});

test('a suspicion counts where nothing certain was found, and is a doubt beside it', () => {
  const alone = conclude([aLook(1, { links: [broken('destination', REGION)] })]);
  expect(alone.findings.map(({ code }) => code)).toEqual(['logs-region-unproven']);
  const beside = conclude([aLook(1, { links: [broken('key', EXPIRED), broken('destination', REGION)] })]);
  expect(beside.findings.map(({ code }) => code)).toEqual(['key-expired', 'cause-partly-unclear']);
  expect(beside.byJob.get('job-1')?.doubts).toEqual([
    { link: 'destination', text: 'destination: Cloud Logs instance 1 (eu-fr2): not named' },
  ]);
});

test('of a job that is silent only what is certain is told', () => {
  const silent = { fails: false };
  expect(conclude([aLook(1, { ...silent, links: [broken('destination', REGION)] })]).findings).toEqual([]);
  expect(conclude([aLook(1, { ...silent, links: [doubtful('key', 'hidden')] })]).findings).toEqual([]);
  const dead = conclude([aLook(1, { ...silent, links: [broken('key', EXPIRED)] })]);
  expect(dead.findings.map(({ code }) => code)).toEqual(['key-expired']);
});

test('a job that fails for no cause that shows is unclear: what was not seen is said in the order of a push, and what CIS says', () => {
  const links = [
    doubtful('destination', 'firewall not shown'),
    doubtful('key', 'it is hidden'),
    good('zone'),
  ];
  const { findings } = conclude([aLook(1, { links, errorMessage: 'permission denied' })]);
  expect(findings).toMatchObject([
    {
      code: 'cause-unclear',
      detail:
        'key: it is hidden; destination: firewall not shown; CIS shows “permission denied”: a role may be missing, or a firewall or restriction refuses',
    },
  ]);
});

test('where everything was seen and is good that is said', () => {
  expect(conclude([aLook(1, { links: [good('key')] })]).findings[0]?.detail).toBe(
    'everything that the keeper can look at is in order; CIS shows no error text',
  );
});

test('doubts that a try of the key settles are told apart', () => {
  const links = [doubtful('role', 'policies', { triedAway: true }), doubtful('destination', 'firewall')];
  const { byJob } = conclude([aLook(1, { links })]);
  expect(byJob.get('job-1')).toMatchObject({
    doubts: [
      { link: 'role', text: 'role: policies' },
      { link: 'destination', text: 'destination: firewall' },
    ],
    untried: [{ link: 'destination', text: 'destination: firewall' }],
  });
});
