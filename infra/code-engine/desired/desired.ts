import type { Wanted } from '../resource.ts';
import { accessOf, authorizationOf } from './access.ts';
import type { Inputs, Outputs } from './inputs.ts';
import { triggersOf } from './triggers.ts';
import { workloadsOf } from './workloads.ts';

/** Every resource of a deployment. Pure: with more outputs known, fewer of its fields are still open. */
export const desired = (inputs: Inputs, outputs: Outputs): readonly Wanted[] => [
  ...accessOf(inputs, outputs),
  ...authorizationOf(inputs, outputs),
  ...workloadsOf(inputs, outputs),
  ...triggersOf(inputs, outputs),
];
