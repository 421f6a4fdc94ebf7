// The small build of zod: see tokens.ts.
import * as z from 'zod/mini';
import { redactMessage } from './redact.ts';

/** What an error answer says about itself, in whichever of IBM's shapes it came. */
export interface WireError {
  readonly code?: string;
  readonly message?: string;
  readonly requestId?: string;
}

const Item = z.looseObject({
  code: z.optional(z.union([z.string(), z.number()])),
  message: z.optional(z.string()),
  message_code: z.optional(z.string()),
});
const Envelope = z.looseObject({
  errorCode: z.optional(z.string()),
  errorMessage: z.optional(z.string()),
  trace: z.optional(z.string()),
  context: z.optional(
    z.looseObject({ requestId: z.optional(z.string()), transaction_id: z.optional(z.string()) }),
  ),
  errors: z.optional(z.array(z.unknown())),
});

/**
 * Reads an error body without trusting it: the token endpoint's camelCase, the platform's envelope, CIS's list of
 * objects, strings or lists of strings, the gateway's, or something that is no JSON at all.
 */
export function readWireError(body: string): WireError {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return {};
  }
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) return {};
  const { errorCode, errorMessage, trace, context, errors } = envelope.data;
  const first = [errors?.[0]].flat()[0];
  const item = Item.safeParse(first);
  const code = errorCode ?? (item.success ? item.data.code : undefined);
  const message =
    errorMessage ?? (item.success ? item.data.message : typeof first === 'string' ? first : undefined);
  const requestId = context?.requestId ?? context?.transaction_id ?? trace;
  return {
    ...(code === undefined ? {} : { code: redactMessage(String(code)) }),
    ...(message === undefined ? {} : { message: redactMessage(message) }),
    ...(requestId === undefined ? {} : { requestId: redactMessage(requestId) }),
  };
}
