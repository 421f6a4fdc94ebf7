/** Where a page of a list starts, as a token that means nothing to whoever got it. */
export const pageToken = (offset: number): string => Buffer.from(String(offset)).toString('base64url');

/** @returns where the page starts, the first one for no token; undefined for what no answer can have held */
export function offsetIn(token: string | undefined): number | undefined {
  if (token === undefined || token === '') return 0;
  const offset = Number(Buffer.from(token, 'base64url').toString() || Number.NaN);
  return Number.isInteger(offset) && offset >= 0 ? offset : undefined;
}
