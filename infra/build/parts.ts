import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The SDK of COS is a third of all code, and only a run that touches a bucket needs it. */
export const COS_SDK = 'ibm-cos-sdk/clients/s3.js';
/** What stands for it beside the code of a job. */
export const COS_SDK_FILE = 'cos-sdk';

/** Makes the code of a job smaller than its imports: what it may never need is in a file of its own, or left out. */
export const onlyWhatIsNeeded: Plugin = {
  name: 'only-what-is-needed',
  setup(build) {
    build.onResolve({ filter: /^ibm-cos-sdk\/clients\/s3\.js$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${COS_SDK_FILE}.js`, external: true } : undefined,
    );
    build.onResolve({ filter: /^undici$/ }, () => ({ path: here('undici.mjs') }));
    build.onResolve({ filter: /^\.\/client-h2\.js$/ }, ({ importer }) =>
      /undici[\\/]lib[\\/]dispatcher[\\/]client\.js$/.test(importer)
        ? { path: here('undici-h2.cjs') }
        : undefined,
    );
  },
};
