/** What stands inside an element: text, or elements. */
type Content = string | number | boolean | readonly Xml[];

/** Ready XML; texts are escaped by whoever made it. */
type Xml = { readonly xml: string };

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const element = (name: string, content: Content): Xml => {
  const inner =
    typeof content === 'object' ? content.map(({ xml }) => xml).join('') : escaped(String(content));
  return { xml: `<${name}>${inner}</${name}>` };
};

export const xmlDocument = (name: string, content: Content): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${element(name, content).xml}`;
