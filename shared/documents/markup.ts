// A guarded event parser for XML and HTML of unknown origin.
// Invariants: M1 depth and element count are bounded (htmlparser2 alone is quadratic in depth). M2 entities are the five of XML or HTML's
// own list: nothing is expanded recursively, nothing is fetched.
import { Parser } from 'htmlparser2';
import { TerminalError } from '../errors.ts';
import type { MarkupHandler } from './markup-handler.ts';
import { XmlEvents } from './xml-events.ts';

const MAX_DEPTH = 1000;

/** Throws extract.too-large over the limits. */
function htmlParser(handler: MarkupHandler, maxElements: number): Parser {
  let depth = 0;
  let elements = 0;
  return new Parser(
    {
      onopentagname() {
        depth += 1;
        elements += 1;
        if (depth > MAX_DEPTH)
          throw new TerminalError('extract.too-large', `markup: at most ${MAX_DEPTH} nested elements are read`);
        if (elements > maxElements)
          throw new TerminalError('extract.too-large', `markup: at most ${maxElements} elements are read`);
      },
      onopentag(name, attributes) {
        handler.open?.(name, attributes);
      },
      ontext(text) {
        handler.text?.(text);
      },
      onclosetag(name) {
        depth -= 1;
        handler.close?.(name);
      },
    },
    { xmlMode: false, decodeEntities: true, recognizeCDATA: true },
  );
}

/** Parse a whole string. */
export function parseMarkup(
  text: string,
  handler: MarkupHandler,
  options: { xml: boolean; maxElements: number },
): void {
  const parser = options.xml ? new XmlEvents(handler, options.maxElements) : htmlParser(handler, options.maxElements);
  parser.write(text);
  parser.end();
}
