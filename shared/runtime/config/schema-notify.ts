import * as z from 'zod';
import { choice, endpoint, path, record, text } from './leaves.ts';

const URL_FIX =
  'write { env: NAME } or { file: PATH }; the URL is a credential and does not belong in this file';
export const UrlSource = record(
  {
    env: text(
      /^[A-Z][A-Z0-9_]{0,39}$/,
      'the name of an environment variable',
      'write the name in upper-case letters, digits and underscores, such as KEEPER_WEBHOOK_URL',
    ).optional(),
    file: path('write the path of a file that holds the URL and nothing else').optional(),
  },
  URL_FIX,
).meta({ oneOf: [{ required: ['env'] }, { required: ['file'] }] });
export type UrlSource = z.infer<typeof UrlSource>;

/** Who is told, and of what. */
export const Notify = record(
  {
    webhook: record({ url: UrlSource }, 'write { url: { env: NAME } } or { url: { file: PATH } }').optional(),
    heartbeatUrl: UrlSource.optional(),
    minSeverity: choice(['warning', 'critical']).default('warning'),
    link: endpoint.optional(),
  },
  'write { webhook: { url: { env: NAME } } }, or leave notify out',
).optional();
