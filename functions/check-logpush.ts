import { defineFunction, runAsProgram } from '../shared/runtime/entry.ts';

/** Entry point of the Code Engine job `check-logpush`. */
export const main = defineFunction('check-logpush');

if (import.meta.main) runAsProgram(main);
