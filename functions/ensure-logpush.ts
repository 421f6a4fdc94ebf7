import { defineFunction, runAsProgram } from '../shared/runtime/entry.ts';

/** Entry point of the Code Engine job `ensure-logpush`. */
export const main = defineFunction('ensure-logpush');

if (import.meta.main) runAsProgram(main);
