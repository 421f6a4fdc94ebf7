import { expect, test } from 'vitest';
import { actionsOf, roleCrn } from '../../../../infra/local/iam/roles.ts';

const ROLES = [
  'Object Writer',
  'Object Reader',
  'Content Reader',
  'Reader',
  'Writer',
  'Manager',
  'Administrator',
];

/** IBM's table, a column a role in the order above. @see https://cloud.ibm.com/docs/account?topic=account-iam-service-roles-actions */
test.each([
  ['bucket.head', '--xxxx-'],
  ['bucket.get', '--xxxx-'],
  ['bucket.get_location', '--xxxx-'],
  ['bucket.get_acl', '-----x-'],
  ['object.put_acl', '-----x-'],
  ['account.get_account_buckets', '---xxx-'],
  ['bucket.get_versioning', '---xxx-'],
  ['bucket.get_protection', '---xxx-'],
  ['bucket.get_object_lock_configuration', '---xxx-'],
  ['bucket.put_public_access_block', '-----x-'],
  ['bucket.list_crk_id', '----xx-'],
  ['bucket.get_basic', '---xxx-'],
  ['bucket.get_firewall', '-----x-'],
  ['bucket.get_quota', '----xx-'],
  ['bucket.put_quota', '-----x-'],
  ['object.put', 'x---xx-'],
  ['object.post_initiate_upload', 'x---xx-'],
  ['object.put_part', 'x---xx-'],
  ['object.post_complete_upload', 'x---xx-'],
  ['object.delete_upload', 'x---xx-'],
  ['object.get', '-xxxxx-'],
  ['object.head', '-xxxxx-'],
  ['object.delete', '----xx-'],
  ['object.copy', '----xx-'],
  ['bucket.put_bucket', '----xx-'],
])('%s is held by the roles of IBM’s table', (action, expected) => {
  const held = ROLES.map((role) => {
    const crn = roleCrn('cloud-object-storage', role);
    return actionsOf('cloud-object-storage', crn).includes(`cloud-object-storage.${action}`) ? 'x' : '-';
  });
  expect(held.join('')).toBe(expected);
});
