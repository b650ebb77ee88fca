// Presentations (pptx, pptm, ppsx): slides in their order, each with its tables, diagrams, charts, comments and notes.
import { TerminalError } from '../../errors.ts';
import { attribute } from '../markup.ts';
import { PackageParts } from '../package-parts.ts';
import { type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { addDrawingText, mainPart, relationsOf } from './office-xml.ts';

export async function readPptx(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const parts = await PackageParts.open(bytes, limits);
  const slides = await slidesInOrder(parts);
  if (slides.length > limits.maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `pptx: at most ${limits.maxPages} slides are read, have ${slides.length}`,
    );
  const texts: string[] = [];
  let chars = 0;
  for (const slide of slides) {
    const sink = new TextSink(limits.maxChars - chars);
    await addDrawingText(parts, slide, sink);
    for (const { kind, target } of await relationsOf(parts, slide)) {
      if (kind === 'diagramData' || kind === 'chart' || kind === 'comments' || kind === 'comment')
        await addDrawingText(parts, target, sink);
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
  return { parts: texts, pages: slides.length, warnings: [] };
}

async function slidesInOrder(parts: PackageParts): Promise<string[]> {
  const main = await mainPart(parts, 'ppt/presentation.xml');
  const targets = new Map(
    (await relationsOf(parts, main)).filter((r) => r.kind === 'slide').map((r) => [r.id, r.target]),
  );
  const order: string[] = [];
  await parts.xml(main, {
    open(name, attributes) {
      const id = name === 'sldId' ? Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1] : undefined;
      const target = id === undefined ? undefined : targets.get(id);
      if (target !== undefined && parts.has(target)) order.push(target);
    },
  });
  // A damaged list: the slides by their numbers.
  return order.length > 0 ? order : parts.names(/^ppt\/slides\/slide\d+\.xml$/i);
}
