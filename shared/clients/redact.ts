/** Takes out of a service's message whatever looks like a credential, and cuts it to a readable length. */
export function redactMessage(text: string): string {
  const masked = PATTERNS.reduce((rest, [pattern, by]) => rest.replace(pattern, by), text);
  return masked.length > 200 ? `${masked.slice(0, 200)}…` : masked;
}

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]+(?:\.[\w-]+)*/g, '[secret]'],
  [/\b(Bearer|Basic)\s+\S+/gi, '$1 [secret]'],
  [
    /((?:api_?key|header_[\w-]+|access-key-id|secret-access-key|token)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    '$1[secret]',
  ],
  // Longer than a GUID and without a space: more likely a credential than a word.
  [/[\w-]{40,}/g, '[secret]'],
];
