/** What Code Engine costs, by one published list. */
export interface Prices {
  readonly currency: string;
  /** When the list was read. */
  readonly asOf: string;
  readonly vcpuSecond: number;
  readonly gbSecond: number;
  /** One HTTP request to a function. */
  readonly call: number;
  /** Free each month in an account, for all that runs in it. */
  readonly free: { readonly vcpuSeconds: number; readonly gbSeconds: number; readonly calls: number };
}

/**
 * List prices, as IBM's own example of an estimate has them; they differ between countries.
 *
 * @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-pricing
 */
export const PRICES: Prices = {
  currency: 'USD',
  asOf: '2026-08-11',
  vcpuSecond: 0.00003431,
  gbSecond: 0.00000356,
  call: 0.538 / 1_000_000,
  free: { vcpuSeconds: 100_000, gbSeconds: 200_000, calls: 100_000 },
};
