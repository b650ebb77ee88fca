// What lies over the cells of a workbook package: text boxes, diagrams, titles of charts, form controls with their state, comments in threads, drawings.
import { attribute } from '../markup-handler.ts';
import type { PackageParts } from '../package-parts.ts';
import type { Picture } from '../pictures.ts';
import { type ReadContext, TextSink } from '../reading.ts';
import { controlText } from './active-x.ts';
import { addChartText } from './chart-text.ts';
import { checkbox } from './choices.ts';
import { addDrawingText } from './drawing-text.ts';
import { relationsOf } from './office-xml.ts';
import { metafiles, type ShownPicture } from './package-files.ts';

export interface SheetDrawings {
  texts: string[];
  pictures: Picture[];
  warnings: string[];
}

/** @param cells  text of the cells, where comments may stand already */
export async function sheetDrawings(parts: PackageParts, cells: string, context: ReadContext): Promise<SheetDrawings> {
  const sink = new TextSink(Math.max(0, context.limits.maxChars - cells.length));
  for (const name of parts.names(/^xl\/(drawings\/drawing|diagrams\/data)\d*\.xml$/i))
    await addDrawingText(parts, name, sink);
  for (const name of parts.names(/^xl\/charts\/chart(Ex)?\d*\.xml$/i)) await addChartText(parts, name, sink, true);
  for (const name of parts.names(/^xl\/drawings\/vmlDrawing\d*\.vml$/i)) await parts.xml(name, new FormControls(sink));
  for (const name of parts.names(/^xl\/activeX\/activeX\d*\.xml$/i)) sink.add(`${await controlText(parts, name)}\n`);
  for (const name of parts.names(/^xl\/threadedComments\/[^/]+\.xml$/i)) await addThreads(parts, name, cells, sink);
  const drawn = await metafiles(parts, await picturesShown(parts), context);
  return { texts: [sink.toString(), drawn.text], pictures: drawn.pictures, warnings: drawn.warnings };
}

/** Controls of the Forms toolbar as VML keeps them: their caption and whether they are checked. [MS-OI29500] 2.1.1862 (ClientData). */
class FormControls {
  readonly looksAt: ReadonlySet<string> = new Set(['ClientData']);
  readonly #sink: TextSink;
  #isCaption = false;
  #isState = false;
  #caption = '';
  #kind = '';
  #state = '';

  constructor(sink: TextSink) {
    this.#sink = sink;
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === 'shape') {
      this.#caption = this.#kind = this.#state = '';
      this.#isCaption = this.#isState = false;
    } else if (name === 'textbox') this.#isCaption = true;
    else if (name === 'ClientData') this.#kind = attribute(attributes, 'ObjectType') ?? '';
    else if (name === 'Checked') this.#isState = true;
  }

  text(text: string): void {
    if (this.#isState) this.#state += text;
    else if (this.#isCaption && this.#caption.length < 1000) this.#caption += text;
  }

  close(name: string): void {
    if (name === 'textbox') this.#isCaption = false;
    else if (name === 'Checked') this.#isState = false;
    else if (name === 'shape') this.#end();
  }

  #end(): void {
    const caption = this.#caption.replace(/\s+/g, ' ').trim();
    if (/^(checkbox|radio)$/i.test(this.#kind)) this.#sink.add(`${checkbox(this.#state.trim() === '1', caption)}\n`);
    else if (/^(button|label|gbox)$/i.test(this.#kind) && caption !== '') this.#sink.add(`${caption}\n`);
  }
}

/** Programs write them as notes of old as well; those that do not leave the thread alone. */
async function addThreads(parts: PackageParts, name: string, cells: string, sink: TextSink): Promise<void> {
  let text: string | undefined;
  await parts.xml(name, {
    looksAt: new Set(),
    open(element) {
      if (element === 'text') text = '';
    },
    text(piece) {
      if (text !== undefined) text += piece;
    },
    close(element) {
      if (element !== 'text' || text === undefined) return;
      const line = text.replace(/\s+/g, ' ').trim();
      if (line !== '' && !cells.includes(line)) sink.add(`${line}\n`);
      text = undefined;
    },
  });
}

/** Pictures of the drawings; those of the old drawings show objects, which are read themselves. */
async function picturesShown(parts: PackageParts): Promise<ShownPicture[]> {
  if (parts.names(/^xl\/media\/[^/]+\.(emf|wmf|emz|wmz)$/i).length === 0) return [];
  const shown: ShownPicture[] = [];
  for (const name of parts.names(/^xl\/drawings\/drawing\d*\.xml$/i))
    for (const { kind, target } of await relationsOf(parts, name))
      if (kind === 'image') shown.push({ part: target, widthEmu: undefined, heightEmu: undefined });
  return shown;
}
