import { expect, test } from 'vitest';
import { HttpClient } from '../../../../shared/clients/http.ts';
import { TokenProvider } from '../../../../shared/clients/tokens.ts';
import type { HttpRequest, HttpResponse } from '../../../../shared/ports.ts';
import { fakeClock, fixedRandom } from '../../../support/fake-clock.ts';
import { GOOD, load } from '../../../support/keeper-yml.ts';

const EDGE = 'Profile-0f7c6a52-0000-4000-8000-00000000000e';
const LOGS = 'Profile-0f7c6a52-0000-4000-8000-00000000000f';
const MOUNT = '/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token';
const BUCKET = GOOD.replace(
  'ledger: file:./.keeper',
  'ledger: cos://acme-keeper/prod?region=eu-de&account=edge',
);

const profile = (profileId: string, tokenFile = MOUNT) => ({ kind: 'trusted-profile', profileId, tokenFile });

test('profiles of the platform stand for all credentials: no key is read', () => {
  const { accounts } = load(BUCKET, { env: { KEEPER_PROFILES: `edge=${EDGE},logs=${LOGS}` } });
  expect(accounts['edge']?.credential).toEqual(profile(EDGE));
  expect(accounts['logs']?.credential).toEqual(profile(LOGS));
});

const OTHER = 'Profile-0f7c6a52-0000-4000-8000-00000000000d';

test.each([
  [undefined, EDGE],
  ['0', EDGE],
  ['1', OTHER],
  ['2', EDGE],
  ['17', OTHER],
  // The run itself refuses it.
  ['one', EDGE],
])('of several profiles the instance with JOB_INDEX %s takes its own', (JOB_INDEX, own) => {
  const KEEPER_PROFILES = `edge=${EDGE}+${OTHER},logs=${LOGS}`;
  const env = JOB_INDEX === undefined ? { KEEPER_PROFILES } : { KEEPER_PROFILES, JOB_INDEX };
  const { accounts } = load(BUCKET, { env });
  expect(accounts['edge']?.credential).toEqual(profile(own));
  expect(accounts['logs']?.credential).toEqual(profile(LOGS));
});

test('another token file stands in for the mount, and for no file that the configuration names', () => {
  const env = { KEEPER_EDGE_APIKEY: 'x', CR_TOKEN_FILENAME: '/tmp/token' };
  const ofLogs = (text: string, more = {}) => load(text, { env: { ...env, ...more } }).accounts['logs'];
  expect(ofLogs(GOOD)?.credential).toMatchObject({ tokenFile: '/tmp/token' });
  expect(ofLogs(GOOD, { KEEPER_PROFILES: `logs=${LOGS}` })?.credential).toEqual(profile(LOGS, '/tmp/token'));
  const own = GOOD.replace(/(id: Profile-[\w-]+) }/, '$1, tokenFile: /run/own }');
  expect(ofLogs(own)?.credential).toMatchObject({ tokenFile: '/run/own' });
});

test('an account without a profile has no credential, and using it says so', async () => {
  const { accounts } = load(BUCKET, { env: { KEEPER_PROFILES: `edge=${EDGE}` } });
  const sent: HttpRequest[] = [];
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    sent.push(request);
    return { status: 500, headers: {}, body: '' };
  };
  const clock = fakeClock();
  const credential = accounts['logs']?.credential ?? { kind: 'none', reason: 'no such account' };
  const tokens = new TokenProvider({
    http: new HttpClient({ transport: { send }, clock, random: fixedRandom }),
    clock,
    iamUrl: 'https://iam.example',
    account: 'logs',
    credential,
    readFile: () => 'token',
  });
  await expect(tokens.token()).rejects.toThrow(
    'account "logs" has no credential: KEEPER_PROFILES names no trusted profile for it',
  );
  expect(sent).toEqual([]);
});

test.each([
  ['', 'entry 1 is not NAME=Profile-…'],
  [`edge=${EDGE},`, 'entry 2 is not NAME=Profile-…'],
  [`edge=${EDGE}, logs=${LOGS}`, 'entry 2 is not NAME=Profile-…'],
  ['edge=0f7c6a52', 'entry 1 is not NAME=Profile-…'],
  [`edge=${EDGE}=`, 'entry 1 is not NAME=Profile-…'],
  [`edge=${EDGE},edge=${LOGS}`, 'entry 2 names the account "edge" again'],
  [`edge=${EDGE},log=${LOGS}`, 'entry 2 names the account "log", which the configuration does not have'],
  [`edge=${EDGE}+`, 'entry 1 is not NAME=Profile-…'],
  [`edge=+${EDGE}`, 'entry 1 is not NAME=Profile-…'],
  [`logs=${LOGS},edge=${EDGE}+logs`, 'entry 2 is not NAME=Profile-…'],
  [`edge=${EDGE}+${EDGE}`, 'entry 1 names one profile twice'],
  [`logs=${LOGS}`, 'it has no entry for the account "edge", whose the ledger is'],
])('KEEPER_PROFILES %j is refused', (KEEPER_PROFILES, message) => {
  expect(() => load(BUCKET, { env: { KEEPER_PROFILES } })).toThrow(`KEEPER_PROFILES:0:0: ${message} (`);
});
