/** @returns whether a text names an IANA time zone */
export function isTimezone(name: string): boolean {
  // The platform loads names only; offsets such as +02:00 are none.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Whether clocks in a time zone are moved twice a year. */
export function movesItsClocks(name: string): boolean {
  const offsetIn = (month: number): string =>
    new Intl.DateTimeFormat('en', {
      timeZone: name,
      hour: 'numeric',
      hourCycle: 'h23',
      timeZoneName: 'longOffset',
    })
      .formatToParts(Date.UTC(2026, month, 15))
      .filter(({ type }) => type === 'timeZoneName')
      .map(({ value }) => value)
      .join('');
  return offsetIn(0) !== offsetIn(6);
}
