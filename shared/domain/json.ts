/** What a text holds; undefined when it is no JSON, which no JSON is. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
