/** Managed runtimes, and the days from which they are deprecated, and no longer run anything. */
const RUNTIMES = [
  { id: 'nodejs-20', deprecatedOn: '2025-11-01', endsOn: '2026-04-30' },
  { id: 'nodejs-22', deprecatedOn: '2026-10-20', endsOn: '2027-04-30' },
  { id: 'nodejs-24', deprecatedOn: '2027-10-20', endsOn: '2028-04-30' },
  { id: 'python-3.11', deprecatedOn: '2025-10-31', endsOn: '2026-10-31' },
  { id: 'python-3.13', deprecatedOn: '2026-10-01', endsOn: '2027-04-30' },
];

/** What a family name stands for; it lags behind the newest. */
const DEFAULTS = ['nodejs-22', 'python-3.13'];

/** The runtimes that run at an instant. @see https://cloud.ibm.com/docs/codeengine?topic=codeengine-fun-runtime */
export const runtimesAt = (at: number) =>
  RUNTIMES.filter(({ endsOn }) => at < Date.parse(endsOn)).map(({ id, deprecatedOn }) => ({
    id,
    name: id,
    family: id.split('-')[0] ?? id,
    default: DEFAULTS.includes(id),
    deprecated: at >= Date.parse(deprecatedOn),
    optimized: true,
  }));
