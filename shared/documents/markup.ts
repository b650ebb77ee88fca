// A guarded event parser for XML and HTML of unknown origin.
// Invariants: M1 depth and element count are bounded (htmlparser2 alone is quadratic in depth). M2 entities are the five of XML or HTML's
// own list: nothing is expanded recursively, nothing is fetched.
import { Parser } from 'htmlparser2';
import { TerminalError } from '../errors.ts';

export interface MarkupHandler {
  /** Local name, lower case in HTML, without namespace prefix in XML; attributes with their prefix as written. */
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

const MAX_DEPTH = 1000;

/** Feed `write` with text as it comes, then `end`. Throws extract.too-large over the limits. */
export function markupParser(handler: MarkupHandler, options: { xml: boolean; maxElements: number }): Parser {
  let depth = 0;
  let elements = 0;
  const local = options.xml ? (name: string) => name.slice(name.indexOf(':') + 1) : (name: string) => name;
  return new Parser(
    {
      onopentagname() {
        depth += 1;
        elements += 1;
        if (depth > MAX_DEPTH)
          throw new TerminalError('extract.too-large', `markup: at most ${MAX_DEPTH} nested elements are read`);
        if (elements > options.maxElements)
          throw new TerminalError('extract.too-large', `markup: at most ${options.maxElements} elements are read`);
      },
      onopentag(name, attributes) {
        handler.open?.(local(name), attributes);
      },
      ontext(text) {
        handler.text?.(text);
      },
      onclosetag(name) {
        depth -= 1;
        handler.close?.(local(name));
      },
    },
    { xmlMode: options.xml, decodeEntities: true, recognizeCDATA: true },
  );
}

/** Parse a whole string. */
export function parseMarkup(
  text: string,
  handler: MarkupHandler,
  options: { xml: boolean; maxElements: number },
): void {
  const parser = markupParser(handler, options);
  parser.write(text);
  parser.end();
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
