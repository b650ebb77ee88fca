// Word documents (docx, docm, dotx): body, headers and footers, foot- and endnotes, comments, text boxes, equations, diagrams, charts; numbers of lists
// and headings; choices of forms as [x] or their words; drawings that hold text; files and scans inside. The same for one XML file of the whole package
// (flat OPC).
import { TerminalError } from '../../errors.ts';
import { PackageParts } from '../package-parts.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { addChartText } from './chart-text.ts';
import { addDrawingText } from './drawing-text.ts';
import { mainPart, relationsOf } from './office-xml.ts';
import { embeddedFiles, metafiles, type ShownPicture, scannedPictures } from './package-files.ts';
import { WordLists } from './word-lists.ts';
import { readNumbering } from './word-numbering.ts';
import { Story } from './word-story.ts';
import { readStyles } from './word-styles.ts';

const AROUND = ['header', 'body', 'footnotes', 'endnotes', 'comments', 'footer'];
const IN_BODY = new Set(['diagramData', 'chart', 'chartEx']);

export async function readDocx(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  return await readDocxParts(await PackageParts.open(bytes, context.limits), context);
}

export async function readDocxParts(parts: PackageParts, context: ReadContext): Promise<ReadText> {
  const { limits } = context;
  const main = await mainPart(parts, 'word/document.xml');
  if (!parts.has(main)) throw new TerminalError('extract.corrupt', 'docx: its main part is missing');
  const texts = new Map<string, string[]>(AROUND.map((kind) => [kind, []]));
  const shown: ShownPicture[] = [];
  const relations = await relationsOf(parts, main);
  const partOf = (wanted: string) => relations.find(({ kind }) => kind === wanted)?.target;
  const numbering = await readNumbering(parts, partOf('numbering'), limits.maxElements);
  const styles = await readStyles(parts, partOf('styles'), limits.maxElements);
  const add = async (kind: string, part: string) => {
    const sink = new TextSink(limits.maxChars);
    if (kind === 'diagramData') await addDrawingText(parts, part, sink);
    else if (IN_BODY.has(kind)) await addChartText(parts, part, sink);
    else {
      const own = part === main ? relations : await relationsOf(parts, part);
      const story = new Story(sink, own, styles, new WordLists(numbering, styles));
      await parts.xml(part, story);
      sink.breakLine();
      await story.addControls(parts);
      shown.push(...story.pictures);
    }
    const list = texts.get(IN_BODY.has(kind) ? 'body' : kind);
    const text = sink.toString();
    if (list !== undefined && !list.includes(text)) list.push(text);
  };
  await add('body', main);
  for (const { kind, target } of relations)
    if (kind !== 'body' && (texts.has(kind) || IN_BODY.has(kind))) await add(kind, target);
  const drawn = await metafiles(parts, shown, context);
  return {
    parts: [...AROUND.map((kind) => texts.get(kind)!.join('\n')), drawn.text].filter((text) => text.trim() !== ''), // every kind was set above
    pages: null,
    warnings: drawn.warnings,
    embedded: await embeddedFiles(parts, context),
    pictures: [...(await scannedPictures(parts, shown, context)), ...drawn.pictures],
  };
}
