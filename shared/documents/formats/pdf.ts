// PDF by PDFium: text page by page where it can be what is painted, form values, notes and stamps with their page, files inside, and which pages must be
// read as images.
import { TerminalError } from '../../errors.ts';
import { detectLanguage } from '../language.ts';
import { parseMarkup } from '../markup.ts';
import type { EmbeddedFile, ReadContext, ReadText } from '../reading.ts';
import { joinHyphens } from './pdf-hyphens.ts';
import { layersIn } from './pdf-layers.ts';
import { isGarbled, isPicture, withoutGarbledLines } from './pdf-trust.ts';
import { UnseenText } from './pdf-unseen.ts';
import { type PdfDocument, type PdfPage, withPdf } from './pdfium.ts';

const OCR_DPI = 200;
const OCR_MAX_PIXELS = 16_000_000;
const PROGRESS_PAGES = 200;

export function readPdf(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  return withPdf(bytes, async (pdf) => {
    const read = await readPages(pdf, bytes, context);
    if (context.localOcr && read.needsOcr !== undefined && read.needsOcr !== 'all')
      await readScans(pdf, read, read.needsOcr, context);
    return read;
  });
}

async function readPages(pdf: PdfDocument, bytes: Uint8Array, { limits, progress }: ReadContext): Promise<ReadText> {
  const { maxPages, maxArchiveEntries } = limits;
  const pages = pdf.pageCount;
  if (pages > maxPages)
    throw new TerminalError('extract.too-many-pages', `pdf: at most ${maxPages} pages are read, have ${pages}`);
  const reader = new PageReader(layersIn(bytes), limits.maxChars);
  for (let i = 0; i < pages; i++) {
    reader.read(pdf, i);
    if (i % PROGRESS_PAGES === PROGRESS_PAGES - 1) progress();
  }
  const { scans, warnings, unreadable } = reader;
  if (pages === 0 || unreadable === pages) throw new TerminalError('extract.corrupt', 'pdf: no page can be read');
  if (unreadable > 0) warnings.push(`pdf: ${unreadable} damaged page(s) were left out`);
  if (reader.partly.length > 0)
    warnings.push(
      `needs-ocr: lines of ${reader.partly.length} page(s) cannot be decoded (${reader.partly.slice(0, 20).join(', ')})`,
    );
  const xfa = dynamicForm(pdf, reader, limits.maxElements);
  const parts = xfa === undefined ? await joinHyphens(reader.parts, detectLanguage) : [xfa];
  const embedded = [...pdf.embeddedFiles(maxArchiveEntries)];
  // A file under a paper clip may stand in the document's list as well.
  for (const file of reader.files)
    if (embedded.length < maxArchiveEntries && !embedded.some((other) => isSame(other, file))) embedded.push(file);
  return {
    parts,
    pages,
    isPaged: true,
    warnings,
    ...(xfa === undefined && scans.length > 0 ? { needsOcr: scans } : {}),
    ...(embedded.length > 0 ? { embedded } : {}),
  };
}

const isSame = (a: EmbeddedFile, b: EmbeddedFile) =>
  a.name === b.name && a.bytes.length === b.bytes.length && Buffer.from(a.bytes).equals(b.bytes);

/** Pages without layers after which no page is looked at for them, where the file does not say that it has any. */
const LAYER_PAGES = 20;

/** Reads page by page; a page is trusted only when its text can be what is painted. */
class PageReader {
  readonly parts: string[] = [];
  /** 1-based. */
  readonly scans: number[] = [];
  /** Pages of which lines were left out, 1-based. */
  readonly partly: number[] = [];
  readonly warnings: string[] = [];
  readonly files: EmbeddedFile[] = [];
  unreadable = 0;
  widgets = 0;
  readonly #layers: { marks: boolean; forms: boolean };
  readonly #maxChars: number;
  #chars = 0;
  #hasLayers = false;
  #hasDrawnStamp = false;
  readonly #unseen = new UnseenText();

  constructor(layers: { marks: boolean; forms: boolean }, maxChars: number) {
    this.#layers = layers;
    this.#maxChars = maxChars;
  }

  read(pdf: PdfDocument, index: number): void {
    let text = pdf.page(index, (page) => this.#readPage(page, index));
    if (text !== undefined && this.#hasDrawnStamp) text = this.#withStamps(pdf, index, text);
    if (text === undefined) this.unreadable += 1;
    this.#chars += text?.length ?? 0;
    this.parts.push(text ?? '');
  }

  /** Lines that stand on the page only once its stamps are drawn. */
  #withStamps(pdf: PdfDocument, index: number, text: string): string {
    const drawn = pdf.flattenedText(index, this.#maxChars - this.#chars, false, this.#unseen);
    const lines = drawn.split(/\r?\n/).filter((line) => /\p{L}{3}/u.test(line) && !text.includes(line.trim()));
    return lines.length === 0 ? text : `${text}\n${lines.join('\n')}`;
  }

  #readPage(page: PdfPage, index: number): string {
    const { marks, forms } = this.#layers;
    if ((marks && (this.#hasLayers || index < LAYER_PAGES)) || forms)
      this.#hasLayers = page.dropUnpainted(forms) || this.#hasLayers;
    page.dropUnseen(this.#unseen);
    const raw = page.text(this.#maxChars - this.#chars);
    let own = composeAccents(raw);
    if (raw.trim() !== '' && isGarbled(raw, page.unmappedShare)) {
      own = '';
      this.scans.push(index + 1);
    } else if (
      isPicture(
        own,
        () => page.marks(),
        () => page.isTextInvisible(),
      )
    )
      this.scans.push(index + 1);
    const clear = withoutGarbledLines(own);
    if (clear.dropped > 0) {
      own = clear.text;
      this.partly.push(index + 1);
    }
    const { texts, files, widgets, hasDrawnStamp } = page.annotations();
    this.#hasDrawnStamp = hasDrawnStamp;
    this.widgets += widgets;
    this.files.push(...files);
    const more = texts.filter((value) => !own.includes(value));
    return more.length === 0 ? own : `${own}\n${[...new Set(more)].join('\n')}`;
  }
}

// Combining forms of the spacing accents that TeX sets before the letter. The acute accent is left out: many type it as an apostrophe.
const COMBINING: Readonly<Record<string, string>> = {
  '¨': '\u0308',
  '˘': '\u0306',
  ˇ: '\u030c',
  ˆ: '\u0302',
  '˜': '\u0303',
  '˙': '\u0307',
  '˚': '\u030a',
  '¸': '\u0327',
};

/** "¨u" and "g˘" as TeX leaves them → "ü", "ğ", where such a letter exists. */
function composeAccents(text: string): string {
  if (!/[¨˘ˇˆ˜˙˚¸]/.test(text)) return text;
  const compose = (whole: string, accent: string, letter: string) => {
    const composed = (letter + COMBINING[accent]!).normalize('NFC'); // the pattern holds the keys alone
    return composed.length === letter.length ? composed : whole;
  };
  return text
    .replace(/([¨˘ˇˆ˜˙˚¸]) ?(\p{L})/gu, compose)
    .replace(/(\p{L}) ?([¨˘ˇˆ˜˙˚¸])/gu, (whole, letter: string, accent: string) => compose(whole, accent, letter));
}

const XFA_PLACEHOLDER_PAGES = 2;
const XFA_UNSEEN = new Set(['hidden', 'invisible', 'inactive']);
/** Parts of a template that are no words of the page: programs, options to choose from, descriptions for machines. */
const XFA_SKIPPED = new Set([
  'script',
  'event',
  'items',
  'desc',
  'extras',
  'traversal',
  'bind',
  'calculate',
  'validate',
  'proto',
  'keep',
  'image',
]);

/**
 * A form that only Adobe's XFA engine can draw has a notice as its page, in any language: its captions and values are in the XFA packets.
 * It is known by structure: it says so, or its pages have no fields and show none of its values.
 */
function dynamicForm(
  pdf: PdfDocument,
  { parts, widgets }: { parts: readonly string[]; widgets: number },
  maxElements: number,
): string | undefined {
  const kind = pdf.formKind;
  if ((kind !== 'dynamic' && kind !== 'static') || widgets > 0) return undefined;
  const packets = pdf.xfaPackets();
  const captions = xfaTexts(packets.get('template'), maxElements);
  const values = xfaTexts(packets.get('datasets'), maxElements);
  if (captions.length + values.length === 0) return undefined;
  const shown = parts.join('\n').replace(/\s+/g, ' ');
  const unseen = [...captions, ...values].filter((text) => !shown.includes(text.replace(/\s+/g, ' '))).length;
  const isPlaceholder = parts.length <= XFA_PLACEHOLDER_PAGES && unseen * 2 > captions.length + values.length;
  return kind === 'dynamic' || isPlaceholder ? [...captions, ...values].join('\n') : undefined;
}

function xfaTexts(xml: string | undefined, maxElements: number): string[] {
  const texts: string[] = [];
  if (xml === undefined) return texts;
  let skipped = 0;
  let text = ''; // comes in pieces: what is written as an entity is one
  const flush = () => {
    if (text.trim() !== '') texts.push(text.trim());
    text = '';
  };
  parseMarkup(
    xml,
    {
      open(element, attributes) {
        flush();
        if (skipped > 0 || XFA_SKIPPED.has(element) || XFA_UNSEEN.has(attributes.presence ?? '')) skipped += 1;
      },
      text(part) {
        if (skipped === 0) text += part;
      },
      close() {
        flush();
        if (skipped > 0) skipped -= 1;
      },
    },
    { xml: true, maxElements },
  );
  flush();
  return texts;
}

/** Read the image pages by local OCR; what it reads replaces the scant text layer. */
async function readScans(
  pdf: PdfDocument,
  read: ReadText,
  scans: readonly number[],
  { limits, progress }: ReadContext,
): Promise<void> {
  const { recognize } = await import('../ocr-local.ts');
  const todo = scans.slice(0, limits.maxOcrPages);
  for (const number of todo) {
    progress();
    const draw = (quarters: number) => pdf.page(number - 1, (page) => page.render(OCR_DPI, OCR_MAX_PIXELS, quarters));
    const image = draw(0);
    const text = image === undefined ? '' : await recognize(image, draw);
    const own = read.parts[number - 1] ?? '';
    read.parts[number - 1] = own.trim() === '' || text.includes(own.trim()) ? text : `${text}\n${own}`;
    progress();
  }
  read.warnings.push(`ocr: ${todo.length} page(s) read from images`);
  const left = scans.slice(todo.length);
  if (left.length > 0) read.needsOcr = left;
  else delete read.needsOcr;
}
