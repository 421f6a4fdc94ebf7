import { defineFunction, runAsProgram } from '../shared/runtime/entry.ts';

/** Entry point of the Code Engine job `reenable-logpush`. */
export const main = defineFunction('reenable-logpush');

if (import.meta.main) runAsProgram(main);
