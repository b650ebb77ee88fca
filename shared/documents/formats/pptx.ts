// Presentations (pptx, pptm, ppsx): slides in their order, each with its tables, diagrams, charts, comments and notes; words that layouts and masters
// put on the slides, once; files and scans inside. Prompts of placeholders are no content.
import { TerminalError } from '../../errors.ts';
import { attribute } from '../markup-handler.ts';
import { PackageParts } from '../package-parts.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { controlText } from './active-x.ts';
import { addChartText } from './chart-text.ts';
import { addDrawingText } from './drawing-text.ts';
import { mainPart, type Relation, relationsOf } from './office-xml.ts';
import { embeddedFiles, metafiles, type ShownPicture, scannedPictures } from './package-files.ts';

export async function readPptx(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  return await readPptxParts(await PackageParts.open(bytes, context.limits), context);
}

export async function readPptxParts(parts: PackageParts, context: ReadContext): Promise<ReadText> {
  const { limits } = context;
  const slides = await slidesInOrder(parts);
  if (slides.length > limits.maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `pptx: at most ${limits.maxPages} slides are read, have ${slides.length}`,
    );
  const texts: string[] = [];
  const shown: ShownPicture[] = [];
  const layouts = new Set<string>();
  let chars = 0;
  for (const slide of slides) {
    const sink = new TextSink(limits.maxChars - chars);
    const relations = await relationsOf(parts, slide);
    let isHidden = false;
    const pictures = pictureVisitor(relations, shown);
    await addDrawingText(
      parts,
      slide,
      sink,
      () => false,
      (name, attributes, stack) => {
        if (name === 'cSld' && isHidden) sink.add('(hidden)\n');
        if (name === 'sld') isHidden = /^(0|false)$/.test(attribute(attributes, 'show') ?? '1');
        pictures(name, attributes, stack);
      },
    );
    for (const { kind, target } of relations) {
      if (kind === 'slideLayout') layouts.add(target);
      if (kind === 'diagramData' || kind === 'comments' || kind === 'comment')
        await addDrawingText(parts, target, sink);
      else if (kind === 'chart' || kind === 'chartEx') await addChartText(parts, target, sink);
      // Controls of ActiveX: boxes and fields.
      else if (kind === 'control') sink.add(`${await controlText(parts, target)}\n`);
      // The slide number and the header and date placeholders of a notes page are no notes.
      else if (kind === 'notesSlide')
        await addDrawingText(
          parts,
          target,
          sink,
          (name, attributes) => name === 'fld' && /slidenum|datetime/.test(attribute(attributes, 'type') ?? ''),
        );
    }
    chars += sink.chars;
    texts.push(sink.toString());
  }
  const designed = await designTexts(parts, layouts, limits.maxChars - chars);
  const drawn = await metafiles(parts, shown, context);
  return {
    parts: [...texts, drawn.text, ...designed],
    pages: slides.length,
    warnings: drawn.warnings,
    embedded: await embeddedFiles(parts, context),
    pictures: [...(await scannedPictures(parts, shown, context)), ...drawn.pictures],
  };
}

/** Pictures of a slide with their size; the picture of an embedded object is what the object shows. */
function pictureVisitor(relations: readonly Relation[], shown: ShownPicture[]) {
  const targets = new Map(relations.filter(({ kind }) => kind === 'image').map(({ id, target }) => [id, target]));
  let open: ShownPicture | undefined;
  return (name: string, attributes: Record<string, string>, stack: readonly string[]) => {
    if (stack.includes('oleObj')) return;
    if (name === 'blip') {
      const part = targets.get(attribute(attributes, 'embed') ?? '');
      open = part === undefined ? undefined : { part, widthEmu: undefined, heightEmu: undefined };
      if (open !== undefined) shown.push(open);
    } else if (name === 'ext' && attributes.cx !== undefined && open !== undefined) {
      open.widthEmu = Number(attributes.cx);
      open.heightEmu = Number(attributes.cy);
      open = undefined;
    }
  };
}

/** Words that layouts and their masters put on the slides: shapes that are no placeholders. */
async function designTexts(parts: PackageParts, layouts: ReadonlySet<string>, maxChars: number): Promise<string[]> {
  const designs = new Set(layouts);
  for (const layout of layouts)
    for (const { kind, target } of await relationsOf(parts, layout)) if (kind === 'slideMaster') designs.add(target);
  const texts = new Set<string>();
  for (const design of designs) {
    for (const text of await shapeTexts(parts, design, maxChars)) texts.add(text);
  }
  return texts.size === 0 ? [] : [[...texts].join('\n')];
}

/** Text of each shape that is no placeholder. */
async function shapeTexts(parts: PackageParts, part: string, maxChars: number): Promise<string[]> {
  const texts: string[] = [];
  let sink: TextSink | undefined;
  let isPlaceholder = false;
  let inText = 0;
  await parts.xml(part, {
    looksAt: new Set(),
    open(name) {
      if (name === 'sp') {
        sink = new TextSink(maxChars);
        isPlaceholder = false;
      } else if (name === 'ph') isPlaceholder = true;
      else if (name === 't') inText += 1;
    },
    text(text) {
      if (inText > 0) sink?.add(text);
    },
    close(name) {
      if (name === 't') inText -= 1;
      else if (name === 'p') sink?.add('\n');
      else if (name === 'sp' && sink !== undefined) {
        const text = sink.toString().trim();
        if (!isPlaceholder && text !== '') texts.push(text);
        sink = undefined;
      }
    },
  });
  return texts;
}

async function slidesInOrder(parts: PackageParts): Promise<string[]> {
  const main = await mainPart(parts, 'ppt/presentation.xml');
  const targets = new Map(
    (await relationsOf(parts, main)).filter((r) => r.kind === 'slide').map((r) => [r.id, r.target]),
  );
  const order: string[] = [];
  await parts.xml(main, {
    looksAt: new Set(['sldId']),
    open(name, attributes) {
      const id = name === 'sldId' ? Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] : undefined;
      const target = id === undefined ? undefined : targets.get(id);
      if (target !== undefined && parts.has(target)) order.push(target);
    },
  });
  // A damaged list: the slides by their numbers.
  return order.length > 0 ? order : parts.names(/^ppt\/slides\/slide\d+\.xml$/i);
}
