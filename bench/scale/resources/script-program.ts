import { BaseService, IamAuthenticator } from 'ibm-cloud-sdk-core';
import { instancesOf } from './endless-cloud.ts';
import { takenBy } from './taken.ts';

/**
 * The sequential script over what IBM's SDKs are made of, for the CIS SDK is not on the npm registry: a service object with an
 * authenticator of its own for each zone, as its constructors ask for, and its retries.
 *
 * @see https://github.com/IBM/networking-node-sdk
 */
const [, , zones = '', port = ''] = process.argv;
const base = `http://127.0.0.1:${port}`;
const crnOf = (guid: string): string =>
  `crn:v1:bluemix:public:internet-svcs:global:a/9989c32096219819f54f6ed1c559e016:${guid}::`;

function serviceOf(): BaseService {
  const authenticator = new IamAuthenticator({ apikey: 'a key that nobody checks', url: `${base}/iam` });
  const service = new BaseService({ authenticator, serviceUrl: `${base}/cis` });
  service.enableRetries();
  return service;
}

async function get<T>(service: BaseService, path: string, qs: object = {}): Promise<T> {
  const options = { url: path, method: 'GET', qs };
  const defaultOptions = { serviceUrl: `${base}/cis`, headers: { Accept: 'application/json' } };
  const answer = (await service['createRequest']({ options, defaultOptions })) as {
    readonly result: { readonly result: T };
  };
  return answer.result.result;
}

const PER_PAGE = 20;

async function look(): Promise<number> {
  let jobs = 0;
  for (const guid of instancesOf(Number(zones))) {
    const instance = encodeURIComponent(crnOf(guid));
    const listing = serviceOf();
    for (let page = 1; ; page += 1) {
      const path = `/v1/${instance}/zones`;
      const found = await get<readonly { readonly id: string }[]>(listing, path, {
        page,
        per_page: PER_PAGE,
      });
      for (const { id } of found)
        jobs += (await get<readonly unknown[]>(serviceOf(), `/v2/${instance}/zones/${id}/logpush/jobs`))
          .length;
      if (found.length < PER_PAGE) break;
    }
  }
  return jobs;
}

await look();
process.stdout.write(`${JSON.stringify(await takenBy(look))}\n`);
