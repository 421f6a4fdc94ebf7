import { defineFunction, runAsProgram } from '../shared/runtime/entry.ts';

/** Entry point of the Code Engine job `verify-buckets`. */
export const main = defineFunction('verify-buckets');

if (import.meta.main) runAsProgram(main);
