import * as z from 'zod';
import { parseInstant } from '../domain/time.ts';

/** An instant in any of IBM's spellings, as epoch milliseconds. */
export const instant = z.lazy(() =>
  z.string().transform((text, context) => {
    const at = parseInstant(text);
    if (at !== undefined) return at;
    context.addIssue({ code: 'custom', message: 'not an instant' });
    return z.NEVER;
  }),
);
