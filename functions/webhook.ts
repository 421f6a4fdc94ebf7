import { defineWebhook } from '../shared/runtime/webhook/webhook.ts';

/** Entry point of the Code Engine function `webhook`. */
export const main = defineWebhook();
