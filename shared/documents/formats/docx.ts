// Word documents (docx, docm, dotx): body, headers and footers, foot- and endnotes, comments, text boxes, equations, diagrams, charts.
// Tracked changes are read as accepted: inserted text stands, deleted text does not.
import { TerminalError } from '../../errors.ts';
import { PackageParts } from '../package-parts.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { addDrawingText, mainPart, relationsOf } from './office-xml.ts';

const AROUND = ['header', 'body', 'footnotes', 'endnotes', 'comments', 'footer'];

export async function readDocx(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const parts = await PackageParts.open(bytes, limits);
  const main = await mainPart(parts, 'word/document.xml');
  if (!parts.has(main)) throw new TerminalError('extract.corrupt', 'docx: its main part is missing');
  const texts = new Map<string, string[]>(AROUND.map((kind) => [kind, []]));
  const add = async (kind: string, part: string) => {
    const sink = new TextSink(limits.maxChars);
    if (kind === 'diagramData' || kind === 'chart') await addDrawingText(parts, part, sink);
    else await addStory(parts, part, sink);
    const list = texts.get(kind === 'diagramData' || kind === 'chart' ? 'body' : kind);
    const text = sink.toString();
    if (list !== undefined && !list.includes(text)) list.push(text);
  };
  await add('body', main);
  for (const { kind, target } of await relationsOf(parts, main))
    if (['header', 'footer', 'footnotes', 'endnotes', 'comments', 'diagramData', 'chart'].includes(kind))
      await add(kind, target);
  return {
    parts: AROUND.map((kind) => texts.get(kind)!.join('\n')).filter((text) => text.trim() !== ''),
    pages: null,
    warnings: [],
  }; // every kind was set above
}

/** Text of one WordprocessingML part. */
async function addStory(parts: PackageParts, part: string, sink: TextSink): Promise<void> {
  let skipped = 0;
  let inText = 0;
  let cells = 0;
  let math = 0;
  await parts.xml(part, {
    open(name, attributes) {
      if (skipped > 0 || isSkipped(name)) {
        skipped += 1;
        return;
      }
      if (name === 't') inText += 1;
      else if (name === 'tab' || name === 'ptab') sink.add('\t');
      else if (name === 'br' || name === 'cr') sink.add('\n');
      else if (name === 'noBreakHyphen') sink.add('-');
      else if (name === 'sym') sink.add(symbol(attributes));
      else if (name === 'tc') {
        cells += 1;
        sink.add('\t');
      } else if (name === 'tr' || name === 'txbxContent') sink.breakLine();
      else if (name === 'docPr' && attributes.descr) sink.add(`\n${attributes.descr}\n`);
      else if (name === 'chr') sink.add(Object.values(attributes)[0] ?? '');
      else if (name === 'sup' && math > 0) sink.add('^');
      if (name === 'oMath') math += 1;
    },
    text(text) {
      if (skipped === 0 && inText > 0) sink.add(text);
    },
    close(name) {
      if (skipped > 0) {
        skipped -= 1;
        return;
      }
      if (name === 't') inText -= 1;
      else if (name === 'oMath') math -= 1;
      else if (name === 'tc') cells -= 1;
      else if (name === 'p') sink.add(cells > 0 ? ' ' : '\n');
      else if (name === 'tr' || name === 'txbxContent') sink.add('\n');
    },
  });
  sink.breakLine();
}

/** Deleted or moved-away text, field codes, the second copy of a drawing, and tab stops, which are no tabs. */
function isSkipped(name: string): boolean {
  return (
    name === 'del' ||
    name === 'moveFrom' ||
    name === 'instrText' ||
    name === 'delText' ||
    name === 'Fallback' ||
    name === 'tabs' ||
    name === 'rt'
  );
}

function symbol(attributes: Record<string, string>): string {
  const hex = Object.entries(attributes).find(([name]) => name.endsWith('char'))?.[1];
  const code = hex === undefined ? Number.NaN : Number.parseInt(hex, 16);
  return code > 0x20 && code < 0xf000 ? String.fromCodePoint(code) : ' '; // F000 and up are glyph numbers of a symbol font
}
