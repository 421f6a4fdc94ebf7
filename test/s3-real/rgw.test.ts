import { afterAll, beforeAll } from 'vitest';
import { seconds } from '../../shared/domain/time.ts';
import { conditionalPutContract } from '../shared/clients/conditional-put-contract.ts';
import { cosContract } from '../shared/clients/cos-contract.ts';
import { cosLedgerContract } from '../shared/clients/cos-ledger-contract.ts';
import type { CosPlace } from '../shared/clients/cos-place.ts';
import { whenInstalled } from '../support/required.ts';
import { rgwPlace } from './rgw-place.ts';

/** A server that neither our client nor our simulator wrote. */
const ceph = {
  programs: ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'monmaptool'],
  install: 'apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common',
};

whenInstalled('s3', ceph, () => {
  let place: CosPlace | undefined;
  const started = (): CosPlace => {
    if (place === undefined) throw new Error('the gateway has not been started');
    return place;
  };
  beforeAll(async () => {
    place = await rgwPlace();
  }, seconds(70));
  afterAll(() => place?.close());

  cosContract('Ceph', { knowsLocations: false, listsInNoOrder: false, writersRead: true }, started);
  // The loser of a replacement is told that the outcome is unclear, and has lost all the same.
  conditionalPutContract('Ceph', { createLosers: [412], replaceLosers: [412, 500] }, started);
  cosLedgerContract('Ceph', started);
});
