/** Takes out of a service's message whatever looks like a credential, and cuts it to a readable length. */
export function redactMessage(text: string): string {
  const masked = PATTERNS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
  return masked.length > 200 ? `${masked.slice(0, 200)}…` : masked;
}

/** The members of bodies and the parameters of destinations that hold credentials. */
const NAMED = String.raw`(?:api[_-]?key|ingress_key|access-key-id|secret-access-key|token|ownership_challenge)`;
/** A parameter that becomes a request header may hold one, whatever its name, and a space within its value. */
const HEADER = String.raw`header_[^\s=&"':]+`;
/** As JSON says it, which may be quoted once more. */
const COLON = String.raw`(?:\\?["'])?\s*:\s*`;
const QUOTED = String.raw`\\?"[^"]*"|'[^']*'`;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]+(?:\.[\w-]+)*/g, '[secret]'],
  // user:password@host; the password may hold an @ itself.
  [/(:\/\/)[^\s/?#"]+@/g, '$1[secret]@'],
  [new RegExp(`(${HEADER}=)[^&"\\n]*`, 'gi'), '$1[secret]'],
  [new RegExp(`(${HEADER}${COLON})(?:${QUOTED}|[^&"\\n]*)`, 'gi'), '$1[secret]'],
  [new RegExp(`(${NAMED}(?:=|%3D))[^\\s&"]*`, 'gi'), '$1[secret]'],
  [new RegExp(`(${NAMED}${COLON})(?:${QUOTED}|[^\\s"',;}]+)`, 'gi'), '$1[secret]'],
  [/\b(Bearer|Basic|Splunk)\s+(?!\[secret\])\S+/gi, '$1 [secret]'],
  // Longer than a GUID and without a space: more likely a credential than a word.
  [/[\w-]{40,}/g, '[secret]'],
];
