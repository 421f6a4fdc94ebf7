import { readFileSync } from 'node:fs';
import { aSite, type Site, type SiteOptions } from './site.ts';

/** The manifest of this project, and a fleet in two accounts to deploy it to. */
export function aFleet(options: SiteOptions = {}): Site {
  const manifest = readFileSync('manifest.yml', 'utf8').replace(
    'roles: system',
    'account: edge\n  roles: system',
  );
  const site = aSite({ world: 'demo', manifest, ...options });
  Object.assign(site.env, {
    KEEPER_RINGS_BUCKET: 'rings',
    KEEPER_RINGS_INSTANCE: '3f2a1c00-0000-4000-8000-00000000c051',
  });
  return site;
}
