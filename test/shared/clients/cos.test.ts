import { afterAll, beforeAll } from 'vitest';
import { conditionalPutContract } from './conditional-put-contract.ts';
import { cosContract } from './cos-contract.ts';
import { type CosPlace, inProcessPlace, servedPlace } from './cos-place.ts';

const inProcess = inProcessPlace();
let served: CosPlace;

beforeAll(async () => {
  served = await servedPlace();
});
afterAll(() => served.close());

const can = { knowsLocations: true, listsInNoOrder: true, writersRead: false };
cosContract('local cloud in process', can, () => inProcess);
cosContract('local cloud on loopback', can, () => served);
conditionalPutContract(
  'local cloud on loopback',
  { createLosers: [412], replaceLosers: [412] },
  () => served,
);
