// What is told the events of XML and HTML, and how it looks at attributes.

export interface MarkupHandler {
  /** Local names of the elements of XML whose attributes it looks at, asked before each is opened: those of others are left out. All where it does not say. */
  readonly looksAt?: Pick<ReadonlySet<string>, 'has'>;
  /** Local name, lower case in HTML, without namespace prefix in XML; attributes with their prefix as written, not to be changed. */
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

const COLON = 0x3a;

/** Value of an attribute by its local name, whatever its prefix. */
export function attribute(attributes: Record<string, string>, local: string): string | undefined {
  if (attributes[local] !== undefined) return attributes[local];
  for (const name in attributes) {
    const colon = name.length - local.length - 1;
    if (colon >= 0 && name.charCodeAt(colon) === COLON && name.endsWith(local)) return attributes[name];
  }
  return undefined;
}
