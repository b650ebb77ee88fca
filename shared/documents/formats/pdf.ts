// PDF by PDFium: text page by page, form values and notes with their page, embedded files, and which pages are images.
import { TerminalError } from '../../errors.ts';
import { markupParser } from '../markup.ts';
import type { ReadContext, ReadText } from '../reading.ts';
import { type PdfDocument, type PdfPage, withPdf } from './pdfium.ts';

/** A text layer shorter than this on a page with images is a scan's noise. */
const SCANT_CHARS = 20;
/** Text drawn as outlines takes many paths; a blank form a few. */
const MANY_PATHS = 300;
const OCR_DPI = 200;
const OCR_MAX_PIXELS = 16_000_000;
const PROGRESS_PAGES = 200;

export function readPdf(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  return withPdf(bytes, async (pdf) => {
    const read = readPages(pdf, context);
    if (context.localOcr && read.needsOcr !== undefined && read.needsOcr !== 'all')
      await readScans(pdf, read, read.needsOcr, context);
    return read;
  });
}

function readPages(pdf: PdfDocument, { limits, progress }: ReadContext): ReadText {
  const { maxPages, maxChars, maxArchiveEntries } = limits;
  const pages = pdf.pageCount;
  if (pages > maxPages)
    throw new TerminalError('extract.too-many-pages', `pdf: at most ${maxPages} pages are read, have ${pages}`);
  const parts: string[] = [];
  const warnings: string[] = [];
  const scans: number[] = [];
  let chars = 0;
  let unreadable = 0;
  for (let i = 0; i < pages; i++) {
    const text = pdf.page(i, (page) => {
      const own = composeAccents(page.text(maxChars - chars));
      if (own.trim().length < SCANT_CHARS && isImage(page)) scans.push(i + 1);
      return withAnnotations(page, own);
    });
    if (text === undefined) unreadable += 1;
    chars += text?.length ?? 0;
    parts.push(text ?? '');
    if (i % PROGRESS_PAGES === PROGRESS_PAGES - 1) progress();
  }
  if (pages === 0 || unreadable === pages) throw new TerminalError('extract.corrupt', 'pdf: no page can be read');
  if (unreadable > 0) warnings.push(`pdf: ${unreadable} damaged page(s) were left out`);
  const xfa = dynamicForm(pdf, parts, limits.maxElements);
  if (xfa !== undefined) parts.splice(0, parts.length, xfa);
  const embedded = pdf.embeddedFiles(maxArchiveEntries);
  return {
    parts,
    pages,
    isPaged: true,
    warnings,
    ...(scans.length > 0 ? { needsOcr: scans } : {}),
    ...(embedded.length > 0 ? { embedded } : {}),
  };
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
  const compose = (whole: string, accent: string, letter: string) => {
    const composed = (letter + COMBINING[accent]!).normalize('NFC'); // the pattern holds the keys alone
    return composed.length === letter.length ? composed : whole;
  };
  return text
    .replace(/([¨˘ˇˆ˜˙˚¸]) ?(\p{L})/gu, compose)
    .replace(/(\p{L}) ?([¨˘ˇˆ˜˙˚¸])/gu, (whole, letter: string, accent: string) => compose(whole, accent, letter));
}

function isImage(page: PdfPage): boolean {
  const { images, paths } = page.marks();
  return images > 0 || paths > MANY_PATHS;
}

function withAnnotations(page: PdfPage, text: string): string {
  const more = page.annotationTexts().filter((value) => !text.includes(value));
  return more.length === 0 ? text : `${text}\n${[...new Set(more)].join('\n')}`;
}

/** A form that only Adobe's XFA engine can draw shows "Please wait…" as its page: its captions and values are in the XFA packets. */
function dynamicForm(pdf: PdfDocument, pages: readonly string[], maxElements: number): string | undefined {
  if (!pdf.hasForm || pages.length > 2 || !/^\s*please wait\b/i.test(pages.join('').slice(0, 200))) return undefined;
  const packets = pdf.xfaPackets();
  const text: string[] = [];
  for (const name of ['template', 'datasets']) {
    const xml = packets.get(name);
    if (xml === undefined) continue;
    let scripts = 0;
    const parser = markupParser(
      {
        open(element) {
          if (scripts > 0 || element === 'script' || element === 'event') scripts += 1;
        },
        text(part) {
          if (scripts === 0 && part.trim() !== '') text.push(part.trim());
        },
        close() {
          if (scripts > 0) scripts -= 1;
        },
      },
      { xml: true, maxElements },
    );
    parser.write(xml);
    parser.end();
  }
  return text.length === 0 ? undefined : text.join('\n');
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
