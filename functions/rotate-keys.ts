import { defineFunction, runAsProgram } from '../shared/runtime/entry.ts';

/** Entry point of the Code Engine job `rotate-keys`. */
export const main = defineFunction('rotate-keys');

if (import.meta.main) runAsProgram(main);
