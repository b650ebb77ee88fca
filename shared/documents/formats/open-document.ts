// OpenDocument texts, presentations and drawings (odt, odp, odg, and their flat forms): body, notes, tables, headers and footers of the master pages, objects
// inside, choices of forms. Tracked changes are read as accepted; hidden text is no content; an encrypted package says so in its manifest.

import { TerminalError } from '../../errors.ts';
import { singleSpaced } from '../blanks.ts';
import { attribute, type MarkupHandler } from '../markup-handler.ts';
import { PackageParts } from '../package-parts.ts';
import { isShownLarge, mayHoldText, type Picture, writtenDescription } from '../pictures.ts';
import { type EmbeddedFile, type ReadContext, type ReadText, TextSink } from '../reading.ts';
import { readEvents } from '../xml-events.ts';
import { checkbox, symbolText } from './choices.ts';
import { FormField } from './form-field.ts';
import { unwrapOle } from './ole-object.ts';
import { OpenLists } from './open-lists.ts';
import { OpenStyles } from './open-styles.ts';
import { metafiles, type ShownPicture, scannedPictures } from './package-files.ts';

export async function readOpenDocument(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { limits } = context;
  const parts = await openUnencrypted(bytes, limits);
  if (!parts.has('content.xml')) throw new TerminalError('extract.corrupt', 'opendocument: its content is missing');
  const shared = new OpenStyles();
  const styles = new Content(new TextSink(limits.maxChars), 'master-styles', shared);
  await parts.xml('styles.xml', styles);
  shared.dropOwn();
  const content = new Content(new TextSink(limits.maxChars), 'body', shared);
  await parts.xml('content.xml', content);
  refuseManySlides(content.slides, limits.maxPages);
  const inside = await objectsOf(parts, [...content.objects, ...styles.objects], limits);
  const shown = [...content.pictures, ...styles.pictures];
  const drawn = await metafiles(parts, shown, context);
  return {
    parts: [styles.result, content.result, ...inside.texts, drawn.text].filter((text) => text.trim() !== ''),
    pages: content.slides > 0 ? content.slides : null,
    warnings: drawn.warnings,
    embedded: inside.embedded,
    pictures: [...(await scannedPictures(parts, shown, context)), ...drawn.pictures],
  };
}

/** One XML file that holds the whole document (fodt, fodp, fodg); its pictures stand in it as base64. */
export async function readFlatDocument(text: string, { limits }: ReadContext): Promise<ReadText> {
  const content = new Content(new TextSink(limits.maxChars), 'body', new OpenStyles(), {
    maxInline: limits.maxOcrPages,
  });
  const styles = new Content(new TextSink(limits.maxChars), 'master-styles', new OpenStyles());
  for (const handler of [content, styles]) readEvents(text, handler, limits.maxElements);
  refuseManySlides(content.slides, limits.maxPages);
  return {
    parts: [styles.result, content.result].filter((part) => part.trim() !== ''),
    pages: content.slides > 0 ? content.slides : null,
    warnings: [],
    pictures: content.inlinePictures,
    embedded: await unwrapAll(content.inlineObjects),
  };
}

async function unwrapAll(objects: readonly Buffer[]): Promise<EmbeddedFile[]> {
  const files: EmbeddedFile[] = [];
  for (const [i, bytes] of objects.entries()) {
    const file = await unwrapOle(bytes, `object-${i + 1}.bin`);
    if (file !== undefined) files.push(file);
  }
  return files;
}

function refuseManySlides(slides: number, maxPages: number): void {
  if (slides > maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `opendocument: at most ${maxPages} slides are read, have ${slides}`,
    );
}

/** @throws {TerminalError} extract.encrypted where the manifest says so */
export async function openUnencrypted(bytes: Uint8Array, limits: ReadContext['limits']): Promise<PackageParts> {
  const parts = await PackageParts.open(bytes, limits);
  let isEncrypted = parts.has('encrypted-package');
  await parts.xml('META-INF/manifest.xml', {
    looksAt: new Set(),
    open(name) {
      if (name === 'encryption-data') isEncrypted = true;
    },
  });
  if (isEncrypted) throw new TerminalError('extract.encrypted', 'opendocument: it needs a password');
  return parts;
}

const MAX_OBJECTS = 1000;

/** Objects inside: those of OpenDocument have a folder of their own in the package, others are a file in OLE wrapping. */
export async function objectsOf(
  parts: PackageParts,
  objects: readonly string[],
  limits: ReadContext['limits'],
): Promise<{ texts: string[]; embedded: EmbeddedFile[] }> {
  const texts: string[] = [];
  const embedded: EmbeddedFile[] = [];
  for (const object of new Set(objects.slice(0, MAX_OBJECTS))) {
    if (parts.has(`${object}/content.xml`)) {
      const content = new Content(new TextSink(limits.maxChars), 'body', new OpenStyles());
      await parts.xml(`${object}/content.xml`, content);
      if (content.result.trim() !== '') texts.push(content.result);
      continue;
    }
    const bytes = await parts.bytes(object);
    const file = bytes === undefined ? undefined : await unwrapOle(bytes, object.slice(object.lastIndexOf('/') + 1));
    if (file !== undefined) embedded.push(file);
  }
  return { texts, embedded };
}

const LINES = new Set(
  'p h list-item page notes annotation frame title desc header-decl footer-decl date-time-decl'.split(' '),
);
const STYLED = new Set(['p', 'h', 'span', 'a']);
const TEXT = new Set(['p', 'h', 'title', 'desc', 'header-decl', 'footer-decl', 'date-time-decl']);
// What is stored but not part of the text as it reads today, or of no text at all.
const HIDDEN = new Set([
  'tracked-changes',
  'script',
  'ruby-text',
  'page-number',
  'page-count',
  'sequence-decls',
  'variable-decls',
  'initial-creator',
  'date-string',
  'sender-initials',
  'hidden-paragraph',
  // Of a document that stands inside as a whole.
  'settings',
  'meta',
]);
/** Shapes that stand over the cells of a sheet. */
const DRAWN = new Set(
  'shapes frame text-box custom-shape rect ellipse circle line polyline polygon path caption connector g'.split(' '),
);
const SHOWN_PLACES = new Set(['header', 'footer', 'date-time', 'page-number']);
const LENGTH_EMU: Readonly<Record<string, number>> = { cm: 360_000, mm: 36_000, in: 914_400, pt: 12_700, pc: 152_400 };

/** Text below the element `root`, with what stands in it beside the text. */
export class Content implements MarkupHandler {
  /** In the text any element may be hidden; the styles before it are mostly about looks. */
  readonly looksAt = { has: (name: string) => this.#inRoot > 0 || name === this.#root || OpenStyles.looksAt(name) };
  readonly pictures: ShownPicture[] = [];
  readonly inlinePictures: Picture[] = [];
  /** Package names of objects. */
  readonly objects: string[] = [];
  /** Of a flat document: objects that stand in it as base64. */
  readonly inlineObjects: Buffer[] = [];
  slides = 0;
  readonly #styles: OpenStyles;
  readonly #lists: OpenLists;
  readonly #drawnOnly: boolean;
  #drawn = 0;
  /** Symbol font of each span and paragraph that is open; '' for the others. */
  readonly #fonts: string[] = [];
  #isObject = false;
  #isChart = false;
  readonly #sink: TextSink;
  readonly #root: string;
  readonly #maxInline: number;
  #hidden = 0;
  #inRoot = 0;
  #inText = 0;
  #inForms = 0;
  readonly #field = new FormField();
  #inDescription = false;
  #inComments = 0;
  #binary: string[] | undefined;
  /** Cells seen of each row that is open. */
  readonly #rows: number[] = [];
  #size: { width: number | undefined; height: number | undefined } = { width: undefined, height: undefined };

  /**
   * @param options.maxInline  pictures in base64 that are kept
   * @param options.drawnOnly  nothing but what shapes and forms say: of a sheet whose cells are read otherwise
   */
  constructor(sink: TextSink, root: string, styles: OpenStyles, { maxInline = 0, drawnOnly = false } = {}) {
    this.#sink = sink;
    this.#root = root;
    this.#styles = styles;
    this.#lists = new OpenLists(styles.lists.styles);
    this.#maxInline = maxInline;
    this.#drawnOnly = drawnOnly;
  }

  get result(): string {
    return this.#sink.toString();
  }

  open(name: string, attributes: Record<string, string>): void {
    if (name === this.#root) this.#inRoot += 1;
    if (this.#inRoot === 0) {
      this.#styles.open(name, attributes);
      return;
    }
    if (this.#hidden > 0 || HIDDEN.has(name) || this.#isHidden(name, attributes)) {
      this.#hidden += 1;
      return;
    }
    if (name === 'chart') this.#isChart = true;
    const sink = this.#sink;
    if (name === 'forms') this.#inForms += 1;
    if (this.#inForms > 0) {
      this.#control(name, attributes);
      return;
    }
    this.#field.open(name, attributes);
    if (name === 'annotation') this.#inComments += 1;
    if (TEXT.has(name)) this.#inText += 1;
    if (DRAWN.has(name)) this.#drawn += 1;
    this.#lists.open(name, attributes);
    if (STYLED.has(name)) this.#fonts.push(this.#styles.symbolFont(attributes) ?? this.#fonts.at(-1) ?? '');
    if (name === 'desc' || name === 'title') this.#inDescription = true;
    if (name === 's') sink.add(' '.repeat(Math.min(Number(attribute(attributes, 'c') ?? 1) || 1, 100)));
    else if (name === 'tab') sink.add('\t');
    else if (name === 'line-break') sink.add('\n');
    else if (name === 'table-row') {
      this.#rows.push(0);
      sink.breakLine();
    } else if (name === 'table-cell' || name === 'covered-table-cell') this.#cell(attributes);
    else if (name === 'frame')
      this.#size = { width: emu(attribute(attributes, 'width')), height: emu(attribute(attributes, 'height')) };
    else if (name === 'image' || name === 'object' || name === 'object-ole') this.#inside(name, attributes);
    else if (name === 'binary-data') this.#binary = [];
    if (name === 'object-ole' || name === 'object' || name === 'image') this.#isObject = name !== 'image';
    if (LINES.has(name) && this.#rows.length === 0) sink.breakLine();
    if (name === 'page') {
      this.slides += 1;
      if (this.#styles.hidesPage(attributes)) sink.add('(hidden)\n');
    }
  }

  text(text: string): void {
    if (this.#binary !== undefined) {
      if (this.#isObject ? this.inlineObjects.length < MAX_OBJECTS : this.inlinePictures.length <= this.#maxInline)
        this.#binary.push(text);
    } else if (this.#inText > 0 && this.#hidden === 0 && this.#inForms === 0 && this.#isWanted) {
      if (!this.#inDescription && text.trim() !== '') this.#sink.add(this.#lists.take());
      this.#sink.add(this.#inDescription ? writtenDescription(text) : this.#signs(singleSpaced(text)));
    }
  }

  get #isWanted(): boolean {
    // What stands in a cell is read with it.
    return !this.#drawnOnly || (this.#drawn > 0 && this.#inComments === 0 && this.#rows.length === 0);
  }

  close(name: string): void {
    if (this.#inRoot === 0) {
      this.#styles.close(name);
      return;
    }
    if (name === this.#root) this.#inRoot -= 1;
    if (this.#hidden > 0) {
      this.#hidden -= 1;
      return;
    }
    if (name === 'forms') this.#inForms -= 1;
    if (name === 'binary-data') this.#endBinary();
    if (this.#inForms > 0) return;
    const choice = this.#field.close(name);
    if (choice !== undefined && this.#inText > 0) this.#sink.add(choice);
    if (name === 'annotation') this.#inComments -= 1;
    // Who wrote a comment, and when, stand before it.
    if (this.#inComments > 0 && (name === 'creator' || name === 'date')) this.#sink.add(' ');
    if (TEXT.has(name)) this.#inText -= 1;
    if (DRAWN.has(name)) this.#drawn -= 1;
    this.#lists.close(name);
    if (STYLED.has(name)) this.#fonts.pop();
    if (name === 'desc' || name === 'title') this.#inDescription = false;
    if (name === 'table-row') {
      this.#rows.pop();
      if (!this.#drawnOnly) this.#sink.add('\n');
    }
    if (LINES.has(name)) this.#endLine();
  }

  #isHidden(name: string, attributes: Record<string, string>): boolean {
    // Sections, fields that are shown nowhere, hidden text.
    if (attribute(attributes, 'display') === 'none' || attribute(attributes, 'is-hidden') === 'true') return true;
    if (name === 'frame' && this.#isPrompt(attributes)) return true;
    // The table behind a chart says where its values come from, and NaN where there is none.
    if (this.#isChart && (name === 'desc' || attribute(attributes, 'value') === 'NaN')) return true;
    return STYLED.has(name) && this.#styles.hides(attributes);
  }

  /** An empty place on a slide, and the places of a master page, whose text says how to fill them in; its headers and footers are shown. */
  #isPrompt(attributes: Record<string, string>): boolean {
    if (attribute(attributes, 'placeholder') === 'true') return true;
    const place = this.#root === 'master-styles' ? attribute(attributes, 'class') : undefined;
    return place !== undefined && !SHOWN_PLACES.has(place);
  }

  /** Glyphs of symbol fonts have numbers of their own. */
  #signs(text: string): string {
    if (!/[\uf020-\uf0ff]/.test(text)) return text;
    return text.replace(/[\uf020-\uf0ff]/g, (sign) =>
      symbolText(this.#fonts.at(-1) || 'Wingdings', sign.charCodeAt(0).toString(16)),
    );
  }

  /** Within a cell the paragraphs stay in their row. */
  #endLine(): void {
    if (this.#rows.length > 0) this.#sink.add(' ');
    else this.#sink.breakLine();
  }

  #cell(attributes: Record<string, string>): void {
    const at = this.#rows.length - 1;
    if (at < 0 || this.#rows[at]! > 0) this.#sink.add('\t'); // at is an index
    const repeated = Math.min(Number(attribute(attributes, 'number-columns-repeated')) || 1, 32);
    if (repeated > 1) this.#sink.add('\t'.repeat(repeated - 1));
    if (at >= 0) this.#rows[at]! += 1;
  }

  #inside(name: string, attributes: Record<string, string>): void {
    const part = attribute(attributes, 'href')?.replace(/^\.\//, '').replace(/\/$/, '');
    if (part === undefined || /^[a-z]+:/i.test(part)) return;
    const { width: widthEmu, height: heightEmu } = this.#size;
    if (name !== 'image') this.objects.push(part);
    else if (!/^ObjectReplacements\//i.test(part)) this.pictures.push({ part, widthEmu, heightEmu });
  }

  /** Controls stand apart from the text; their state and label say what was chosen. */
  #control(name: string, attributes: Record<string, string>): void {
    const label = attribute(attributes, 'label') ?? '';
    if (name === 'checkbox' || name === 'radio') {
      const state =
        attribute(attributes, 'current-state') ??
        attribute(attributes, 'state') ??
        attribute(attributes, 'current-selected') ??
        attribute(attributes, 'selected');
      this.#sink.add(`${checkbox(/^(checked|true)$/.test(state ?? ''), label)}\n`);
    } else if (
      name === 'text' ||
      name === 'textarea' ||
      name === 'combobox' ||
      name === 'formatted-text' ||
      name === 'date'
    ) {
      const value = attribute(attributes, 'current-value') ?? attribute(attributes, 'value');
      if (value !== undefined && value.trim() !== '') this.#sink.add(`${value}\n`);
    } else if (
      name === 'option' &&
      (attribute(attributes, 'current-selected') ?? attribute(attributes, 'selected')) === 'true'
    )
      this.#sink.add(`${checkbox(true, label)}\n`);
  }

  #endBinary(): void {
    const bytes = Buffer.from((this.#binary ?? []).join(''), 'base64');
    this.#binary = undefined;
    if (this.#isObject) {
      if (bytes.length > 0) this.inlineObjects.push(bytes);
      return;
    }
    if (
      this.inlinePictures.length <= this.#maxInline &&
      isShownLarge(this.#size.width, this.#size.height) &&
      mayHoldText(bytes)
    )
      this.inlinePictures.push({ bytes });
  }
}

function emu(length: string | undefined): number | undefined {
  const match = /^([\d.]+)(cm|mm|in|pt|pc)$/.exec(length ?? '');
  return match === null ? undefined : Number(match[1]) * LENGTH_EMU[match[2]!]!; // the pattern names the keys
}
