// OpenDocument texts, presentations and drawings (odt, odp, odg): body, notes, tables, headers and footers of the master pages.
// Tracked changes are read as accepted; an encrypted package says so in its manifest.
import { TerminalError } from '../../errors.ts';
import { attribute } from '../markup.ts';
import { PackageParts } from '../package-parts.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { readWorkbook } from './workbook.ts';

export async function readOpenDocument(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const parts = await openUnencrypted(bytes, limits);
  if (!parts.has('content.xml')) throw new TerminalError('extract.corrupt', 'opendocument: its content is missing');
  const sink = new TextSink(limits.maxChars);
  const slides = await addContent(parts, 'content.xml', sink, 'body');
  const styles = new TextSink(limits.maxChars);
  await addContent(parts, 'styles.xml', styles, 'master-styles');
  if (slides > limits.maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `opendocument: at most ${limits.maxPages} slides are read, have ${slides}`,
    );
  return {
    parts: [styles.toString(), sink.toString()].filter((text) => text.trim() !== ''),
    pages: slides > 0 ? slides : null,
    warnings: [],
  };
}

/** Spreadsheets (ods) are read as workbooks once the manifest has shown that they are not encrypted. */
export async function readSpreadsheet(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  await openUnencrypted(bytes, context.limits);
  return await readWorkbook(bytes, context);
}

async function openUnencrypted(bytes: Uint8Array, limits: ReadContext['limits']): Promise<PackageParts> {
  const parts = await PackageParts.open(bytes, limits);
  let isEncrypted = parts.has('encrypted-package');
  await parts.xml('META-INF/manifest.xml', {
    open(name) {
      if (name === 'encryption-data') isEncrypted = true;
    },
  });
  if (isEncrypted) throw new TerminalError('extract.encrypted', 'opendocument: it needs a password');
  return parts;
}

const LINES = new Set(['p', 'h', 'list-item', 'table-row', 'page', 'notes', 'annotation', 'frame', 'title', 'desc']);
// What is stored but not part of the text as it reads today, or of no text at all.
const HIDDEN = new Set([
  'tracked-changes',
  'script',
  'forms',
  'binary-data',
  'ruby-text',
  'page-number',
  'page-count',
  'sequence-decls',
  'variable-decls',
  'initial-creator',
  'date-string',
  'sender-initials',
]);

/** Text below the element `root`; returns the number of slides. */
async function addContent(parts: PackageParts, part: string, sink: TextSink, root: string): Promise<number> {
  let hidden = 0;
  let inRoot = 0;
  let inText = 0;
  let slides = 0;
  await parts.xml(part, {
    open(name, attributes) {
      if (name === root) inRoot += 1;
      if (inRoot === 0) return;
      if (hidden > 0 || HIDDEN.has(name)) {
        hidden += 1;
        return;
      }
      if (name === 'p' || name === 'h' || name === 'title' || name === 'desc') inText += 1;
      if (name === 's') sink.add(' '.repeat(Math.min(Number(attribute(attributes, 'c') ?? 1) || 1, 100)));
      else if (name === 'tab') sink.add('\t');
      else if (name === 'line-break') sink.add('\n');
      else if (name === 'table-cell') sink.add('\t');
      else if (LINES.has(name)) sink.breakLine();
      if (name === 'page') slides += 1;
    },
    text(text) {
      if (inText > 0 && hidden === 0) sink.add(text.replace(/\s+/g, ' '));
    },
    close(name) {
      if (inRoot === 0) return;
      if (name === root) inRoot -= 1;
      if (hidden > 0) {
        hidden -= 1;
        return;
      }
      if (name === 'p' || name === 'h' || name === 'title' || name === 'desc') inText -= 1;
      if (LINES.has(name)) sink.breakLine();
    },
  });
  return slides;
}
