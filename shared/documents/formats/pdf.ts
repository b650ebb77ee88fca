// PDF by pdf.js (the unpdf bundle): text page by page in content-stream order, form values, and which pages are images.
// Traps: the bytes are detached by pdf.js; errors are told apart by name (each bundle has its own classes); only one pdf.js per thread.
import { TerminalError } from '../../errors.ts';
import type { ReadContext, ReadText } from '../reading.ts';

type Pdfjs = typeof import('unpdf/pdfjs');
type PdfDocument = Awaited<ReturnType<Pdfjs['getDocument']>['promise']>;
type PdfPage = Awaited<ReturnType<PdfDocument['getPage']>>;

/** A text layer shorter than this on a page with images is a scan's noise. */
const SCANT_CHARS = 20;

export async function readPdf(bytes: Uint8Array, context: ReadContext): Promise<ReadText> {
  const { getDocumentProxy } = await import('unpdf');
  const document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 }).catch(refuse);
  try {
    return await readPages(document, context);
  } finally {
    await document.loadingTask.destroy();
  }
}

async function readPages(document: PdfDocument, { limits }: ReadContext): Promise<ReadText> {
  const { maxPages, maxChars } = limits;
  if (document.numPages > maxPages)
    throw new TerminalError(
      'extract.too-many-pages',
      `pdf: at most ${maxPages} pages are read, have ${document.numPages}`,
    );
  const parts: string[] = [];
  const warnings: string[] = [];
  const scans: number[] = [];
  let chars = 0;
  let unreadable = 0;
  for (let n = 1; n <= document.numPages; n++) {
    const page = await document.getPage(n).catch(() => undefined);
    if (page === undefined) {
      unreadable += 1;
      parts.push('');
      continue;
    }
    const text = await pageText(page);
    chars += text.length;
    if (chars > maxChars)
      throw new TerminalError('extract.too-large', `pdf: at most ${maxChars} characters of text are kept`);
    if (text.trim().length < SCANT_CHARS && (await hasImages(page))) scans.push(n);
    parts.push(text);
    page.cleanup();
  }
  if (unreadable > 0) warnings.push(`pdf: ${unreadable} damaged page(s) were left out`);
  if (unreadable === document.numPages) throw new TerminalError('extract.corrupt', 'pdf: no page can be read');
  const values = await formValues(document, parts.join('\n'));
  if (values !== '') parts.push(values);
  return { parts, pages: document.numPages, isPaged: true, warnings, ...(scans.length > 0 ? { needsOcr: scans } : {}) };
}

async function pageText(page: PdfPage): Promise<string> {
  const { items } = await page.getTextContent();
  return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('');
}

// Paint operators of images: inline, XObject and mask (pdf.js OPS 82–91).
const IMAGE_OPERATORS = new Set([83, 84, 85, 86, 87, 88, 89, 90]);

/** The operator list decodes images: asked for only when a page has hardly any text. */
async function hasImages(page: PdfPage): Promise<boolean> {
  const { fnArray } = await page.getOperatorList();
  return fnArray.some((operator) => IMAGE_OPERATORS.has(operator));
}

/** Values of form fields that the page text does not show already. */
async function formValues(document: PdfDocument, shown: string): Promise<string> {
  const fields = await document.getFieldObjects().catch(() => null);
  if (fields === null) return '';
  const entries: [string, unknown[]][] =
    fields instanceof Map ? [...fields] : Object.entries(fields as Record<string, unknown[]>);
  const lines: string[] = [];
  for (const [name, objects] of entries)
    for (const object of objects as { value?: unknown; type?: string }[]) {
      const value = Array.isArray(object.value) ? object.value.join(', ') : object.value;
      if (typeof value !== 'string' || value.trim() === '' || /^(off|password)$/i.test(value) || shown.includes(value))
        continue;
      lines.push(`${name}: ${value}`);
    }
  return [...new Set(lines)].join('\n');
}

function refuse(error: unknown): never {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException')
    throw new TerminalError('extract.encrypted', 'pdf: it needs a password', { cause: error });
  throw new TerminalError('extract.corrupt', `pdf: it cannot be opened (${name || 'unknown error'})`, { cause: error });
}
