import { test } from 'vitest';
import { loadWorld } from '../../infra/local/load-world.ts';
import { virtualKeeper } from '../support/virtual-keeper.ts';

test('x', async () => {
  for (const keys of ['clear', 'masked'] as const) {
    const keeper = virtualKeeper({
      file: loadWorld('demo'),
      change: (file) => {
        file.settings.cis.keysOnRead = keys;
        for (const a of file.accounts)
          for (const s of a.serviceIds)
            if (s.name.startsWith('keeper')) s.policies.push({ roles: ['Viewer'] });
      },
    });
    const args = keeper.world.file.accounts.flatMap((a) =>
      a.keeper
        ? ['--account', a.name, '--account-id', a.id, '--api-key-env', `APIKEY_${a.name.toUpperCase()}`]
        : [],
    );
    const { code, out, err } = await keeper.cli('config', 'init', ...args, '--endpoints', '/tmp/eps.json');
    console.log(code, out, err);
    console.log((await keeper.cli('doctor')).out);
  }
});
