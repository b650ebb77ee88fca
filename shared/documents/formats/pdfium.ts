// PDFium (WebAssembly) behind a small document class: text, images, form values, embedded files, page rendering.
// Invariants: F1 every handle is closed, so memory stays flat. F2 after an abort the instance is thrown away.
// Trap: PDFium orders lines for the page as displayed; text that runs sideways comes out bottom-up unless the page is turned first.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { TerminalError } from '../../errors.ts';
import type { Bitmap, PageWords } from '../pages/page.ts';
import type { EmbeddedFile } from '../reading.ts';
import { type PageAnnotations, readAnnotations } from './pdf-annotations.ts';
import { dropUnpainted } from './pdf-layers.ts';
import { withSigns } from './pdf-signs.ts';
import type { PageMarks } from './pdf-trust.ts';
import type { UnseenText } from './pdf-unseen.ts';
import { forgetPdfium, loadPdfium } from './pdfium-library.ts';
import { heapOf, rawOf, readBytes, readFloats, readSized, utf16 } from './pdfium-memory.ts';
import { pictureOfPage, wordsOf } from './pdfium-picture.ts';

// FPDF_GetLastError
const PASSWORD_ERROR = 4;
const SECURITY_ERROR = 5;
// FPDFPageObj_GetType
const TEXT_OBJECT = 1;
const PATH_OBJECT = 2;
const IMAGE_OBJECT = 3;
const FORM_OBJECT = 5;
// FPDFPathSegment_GetType, FPDFTextObj_GetTextRenderMode
const BEZIER_TO = 1;
const INVISIBLE = 3;
const MAX_OBJECTS = 20_000;
const MAX_FORM_DEPTH = 8;

/**
 * Open a PDF, use it, close it.
 * @throws {TerminalError} extract.encrypted or extract.corrupt
 */
export async function withPdf<T>(bytes: Uint8Array, use: (pdf: PdfDocument) => Promise<T>): Promise<T> {
  let pdf: PdfDocument | undefined;
  try {
    pdf = await openPdf(bytes);
    const result = await use(pdf);
    pdf.close();
    return result;
  } catch (error) {
    // A WebAssembly trap leaves the heap in an unknown state: never touch that instance again.
    if (error instanceof Error && /^(RuntimeError|RangeError)$/.test(error.name)) forgetPdfium();
    else pdf?.close();
    throw error;
  }
}

/**
 * Open a PDF that stays open; the caller closes it. After an error that is not ours the process must not go on with PDFium (F2).
 * @throws {TerminalError} extract.encrypted or extract.corrupt
 */
export async function openPdf(bytes: Uint8Array): Promise<PdfDocument> {
  return new PdfDocument(await loadPdfium(), bytes);
}

export class PdfDocument {
  readonly #m: WrappedPdfiumModule;
  readonly #data: number;
  readonly #document: number;
  #formInfo = 0;
  #form = 0;

  constructor(module: WrappedPdfiumModule, bytes: Uint8Array) {
    this.#m = module;
    this.#data = module.pdfium.wasmExports.malloc(bytes.byteLength);
    if (this.#data === 0) throw new TerminalError('extract.out-of-memory', 'pdf: it does not fit into memory');
    this.#heap().set(bytes, this.#data);
    this.#document = module.FPDF_LoadMemDocument(this.#data, bytes.byteLength, '');
    if (this.#document !== 0) return;
    const reason = module.FPDF_GetLastError();
    module.pdfium.wasmExports.free(this.#data);
    if (reason === PASSWORD_ERROR || reason === SECURITY_ERROR)
      throw new TerminalError('extract.encrypted', 'pdf: it needs a password');
    throw new TerminalError('extract.corrupt', `pdf: it cannot be opened (PDFium error ${reason})`);
  }

  close(): void {
    if (this.#form !== 0) this.#m.PDFiumExt_ExitFormFillEnvironment(this.#form);
    if (this.#formInfo !== 0) this.#m.PDFiumExt_CloseFormFillInfo(this.#formInfo);
    this.#m.FPDF_CloseDocument(this.#document);
    this.#m.pdfium.wasmExports.free(this.#data);
  }

  get pageCount(): number {
    return this.#m.FPDF_GetPageCount(this.#document);
  }

  /** 'dynamic': only an XFA engine can draw its pages; 'static': XFA beside pages as they are. */
  get formKind(): 'none' | 'fields' | 'static' | 'dynamic' {
    const kind = this.#m.FPDF_GetFormType(this.#document);
    return kind === 0 ? 'none' : kind === 1 ? 'fields' : kind === 2 ? 'dynamic' : 'static';
  }

  /** Use one page; undefined when it is damaged beyond opening. */
  page<T>(index: number, use: (page: PdfPage) => T): T | undefined {
    const handle = this.#m.FPDF_LoadPage(this.#document, index);
    if (handle === 0) return undefined;
    try {
      return use(new PdfPage(this.#m, handle, () => this.#formHandle()));
    } finally {
      this.#m.FPDF_ClosePage(handle);
    }
  }

  /** Text of a page with what its annotations draw put into it. The page is changed for good: for the last look at it. */
  flattenedText(index: number, maxChars: number, dropForms: boolean, unseen: UnseenText): string {
    const m = this.#m;
    const handle = m.FPDF_LoadPage(this.#document, index);
    if (handle === 0) return '';
    const NORMAL_DISPLAY = 0;
    m.FPDFPage_Flatten(handle, NORMAL_DISPLAY);
    m.FPDF_ClosePage(handle);
    const text = this.page(index, (page) => {
      page.dropUnpainted(dropForms);
      page.dropUnseen(unseen);
      return page.text(maxChars);
    });
    return text ?? '';
  }

  /** Packets of an XFA form: name → XML. */
  xfaPackets(): Map<string, string> {
    const m = this.#m;
    const packets = new Map<string, string>();
    const count = m.FPDF_GetXFAPacketCount(this.#document);
    for (let i = 0; i < Math.min(count, 100); i++) {
      const name = readBytes(m, (buffer, size) => m.FPDF_GetXFAPacketName(this.#document, i, buffer, size))
        .toString('latin1')
        .replace(/\0.*$/s, '');
      const content = readSized(m, (buffer, size, out) =>
        m.FPDF_GetXFAPacketContent(this.#document, i, buffer, size, out),
      );
      if (content !== undefined) packets.set(name, Buffer.from(content).toString('utf8'));
    }
    return packets;
  }

  /** Files embedded in the document (portfolios, invoices with XML). */
  embeddedFiles(maxFiles: number): EmbeddedFile[] {
    const m = this.#m;
    const files: EmbeddedFile[] = [];
    const count = Math.min(m.FPDFDoc_GetAttachmentCount(this.#document), maxFiles);
    for (let i = 0; i < count; i++) {
      const attachment = m.FPDFDoc_GetAttachment(this.#document, i);
      if (attachment === 0) continue;
      const name = utf16(readBytes(m, (buffer, size) => m.FPDFAttachment_GetName(attachment, buffer, size)));
      const bytes = readSized(m, (buffer, size, out) => m.FPDFAttachment_GetFile(attachment, buffer, size, out));
      if (bytes !== undefined) files.push({ name: name === '' ? `embedded-${i + 1}` : name, bytes });
    }
    return files;
  }

  #formHandle(): number {
    if (this.#form === 0 && this.#formInfo === 0) {
      this.#formInfo = this.#m.PDFiumExt_OpenFormFillInfo();
      this.#form = this.#m.PDFiumExt_InitFormFillEnvironment(this.#document, this.#formInfo);
    }
    return this.#form;
  }

  #heap(): Uint8Array {
    return heapOf(this.#m);
  }
}

export class PdfPage {
  readonly #m: WrappedPdfiumModule;
  readonly #page: number;
  readonly #form: () => number;

  constructor(module: WrappedPdfiumModule, page: number, form: () => number) {
    this.#m = module;
    this.#page = page;
    this.#form = form;
  }

  /** Text in reading order, lines ended by \r\n; the page is turned so that its text runs upright. */
  text(maxChars: number): string {
    const before = this.#m.FPDFPage_GetRotation(this.#page);
    const { text, rotation } = this.#textAsTurned(maxChars);
    if (rotation === undefined || rotation === before) return text;
    this.#m.FPDFPage_SetRotation(this.#page, rotation);
    const turned = this.#textAsTurned(maxChars).text;
    this.#m.FPDFPage_SetRotation(this.#page, before);
    return turned;
  }

  #textAsTurned(maxChars: number): { text: string; rotation: number | undefined } {
    const m = this.#m;
    const textPage = m.FPDFText_LoadPage(this.#page);
    if (textPage === 0) return { text: '', rotation: undefined };
    const chars = m.FPDFText_CountChars(textPage);
    if (chars > maxChars) {
      m.FPDFText_ClosePage(textPage);
      throw new TerminalError('extract.too-large', `pdf: at most ${maxChars} characters of text are kept`);
    }
    const text =
      chars <= 0
        ? ''
        : utf16(
            readBytes(m, (buffer, size) =>
              buffer === 0 ? (chars + 1) * 2 : m.FPDFText_GetText(textPage, 0, Math.floor(size / 2) - 1, buffer) * 2,
            ),
          );
    const mended = withSigns(m, textPage, this.#mendLamAlef(textPage, text));
    const rotation = this.#uprightRotation(textPage, chars);
    this.#unmapped = this.#unmappedIn(textPage, chars);
    m.FPDFText_ClosePage(textPage);
    return { text: mended, rotation };
  }

  /**
   * PDFium turns right-to-left runs around letter by letter, the two letters of a lam-alef ligature included, which the file
   * holds in reading order already. Both letters of one glyph have one origin: that tells them from a real alef-lam.
   */
  #mendLamAlef(textPage: number, text: string): string {
    if (!text.includes('\u0644')) return text; // most pages: found faster than by a pattern
    const pairs = [...text.matchAll(/[\u0622\u0623\u0625\u0627]\u0644/g)].slice(0, MAX_OBJECTS);
    if (pairs.length === 0) return text;
    const letters = text.split('');
    for (const { index } of pairs) {
      const first = this.#origin(textPage, index);
      const second = this.#origin(textPage, index + 1);
      if (first === undefined || second === undefined || Math.hypot(first.x - second.x, first.y - second.y) > 0.01)
        continue;
      [letters[index], letters[index + 1]] = [letters[index + 1]!, letters[index]!]; // both matched
    }
    return letters.join('');
  }

  #origin(textPage: number, textIndex: number): { x: number; y: number } | undefined {
    const m = this.#m;
    const char = m.FPDFText_GetCharIndexFromTextIndex(textPage, textIndex);
    const out = m.pdfium.wasmExports.malloc(16);
    const isKnown = char >= 0 && m.FPDFText_GetCharOrigin(textPage, char, out, out + 8);
    const origin = { x: m.pdfium.getValue(out, 'double') as number, y: m.pdfium.getValue(out + 8, 'double') as number };
    m.pdfium.wasmExports.free(out);
    return isKnown ? origin : undefined;
  }

  /** Quarter turns that bring most of the text upright, by a sample of its characters. */
  #uprightRotation(textPage: number, chars: number): number | undefined {
    const votes = [0, 0, 0, 0];
    const raw = rawOf(this.#m);
    const step = Math.max(1, Math.floor(chars / 64));
    for (let i = 0; i < chars; i += step) {
      if (raw.FPDFText_GetUnicode!(textPage, i) <= 32) continue; // the library's own exports
      const angle = raw.FPDFText_GetCharAngle!(textPage, i); // radians; -1 when unknown
      if (angle < 0) continue;
      const quarters = angle / (Math.PI / 2);
      if (Math.abs(quarters - Math.round(quarters)) < 0.1) votes[(4 - (Math.round(quarters) % 4)) % 4]! += 1;
    }
    const most = Math.max(...votes);
    return most === 0 ? undefined : votes.indexOf(most);
  }

  /** Images and paths painted, those in form objects included. */
  marks(): PageMarks {
    const m = this.#m;
    const marks = { images: 0, imageShare: 0, paths: 0, curves: 0 };
    const pageArea = Math.max(1, m.FPDF_GetPageWidthF(this.#page) * m.FPDF_GetPageHeightF(this.#page));
    let left = MAX_OBJECTS;
    const visit = (count: number, get: (index: number) => number, depth: number) => {
      for (let i = 0; i < count && left > 0; i++) {
        left -= 1;
        const object = get(i);
        const type = object === 0 ? 0 : m.FPDFPageObj_GetType(object);
        const before = marks.images;
        if (type === IMAGE_OBJECT) marks.images += 1;
        else if (type === PATH_OBJECT) {
          marks.paths += 1;
          marks.curves += this.#curves(object);
        } else if (type === FORM_OBJECT && depth < MAX_FORM_DEPTH)
          visit(m.FPDFFormObj_CountObjects(object), (n) => m.FPDFFormObj_GetObject(object, n), depth + 1);
        // Bounds of what a form holds are in its own units: the form's count for it.
        if (depth === 0 && marks.images > before) marks.imageShare += this.#area(object) / pageArea;
      }
    };
    visit(m.FPDFPage_CountObjects(this.#page), (n) => m.FPDFPage_GetObject(this.#page, n), 0);
    marks.imageShare = Math.min(1, marks.imageShare);
    return marks;
  }

  #area(object: number): number {
    const bounds = readFloats(this.#m, (out) => this.#m.FPDFPageObj_GetBounds(object, out, out + 4, out + 8, out + 12));
    if (bounds === undefined) return 0;
    const [x0, y0, x1, y1] = bounds;
    return Math.abs((x1 - x0) * (y1 - y0));
  }

  /** Bézier segments of a path, by a sample of the long ones. */
  #curves(path: number): number {
    const segments = this.#m.FPDFPath_CountSegments(path);
    if (segments <= 5) return 0; // a line, a box
    let curves = 0;
    const looked = Math.min(segments, 64);
    for (let i = 0; i < looked; i++) {
      const segment = this.#m.FPDFPath_GetPathSegment(path, i);
      if (this.#m.FPDFPathSegment_GetType(segment) === BEZIER_TO) curves += 1;
    }
    return Math.round((curves * segments) / looked / 3); // three points a curve
  }

  /** Share of a sample of the characters read last for which the font gives no Unicode. */
  get unmappedShare(): number {
    return this.#unmapped;
  }
  #unmapped = 0;

  #unmappedIn(textPage: number, chars: number): number {
    const step = Math.max(1, Math.floor(chars / 64));
    let looked = 0;
    let unmapped = 0;
    const raw = rawOf(this.#m);
    for (let i = 0; i < chars; i += step) {
      looked += 1;
      if (raw.FPDFText_HasUnicodeMapError!(textPage, i) === 1) unmapped += 1;
    }
    return looked === 0 ? 0 : unmapped / looked;
  }

  /** Is most of the text invisible, as OCR writes it over a scan? */
  isTextInvisible(): boolean {
    const m = this.#m;
    let [texts, invisible, left] = [0, 0, MAX_OBJECTS];
    const visit = (count: number, get: (index: number) => number, depth: number) => {
      for (let i = 0; i < count && left > 0; i++) {
        left -= 1;
        const object = get(i);
        const type = object === 0 ? 0 : m.FPDFPageObj_GetType(object);
        if (type === TEXT_OBJECT) {
          texts += 1;
          if (m.FPDFTextObj_GetTextRenderMode(object) === INVISIBLE) invisible += 1;
        } else if (type === FORM_OBJECT && depth < MAX_FORM_DEPTH)
          visit(m.FPDFFormObj_CountObjects(object), (n) => m.FPDFFormObj_GetObject(object, n), depth + 1);
      }
    };
    visit(m.FPDFPage_CountObjects(this.#page), (n) => m.FPDFPage_GetObject(this.#page, n), 0);
    return invisible * 2 > texts;
  }

  /** Values of form fields, notes, stamps and paper clips; none is part of the page's own text. */
  annotations(): PageAnnotations {
    return readAnnotations(this.#m, this.#page, this.#form);
  }

  /** Switch off what layers that are off hold. @returns did the page have objects of layers? */
  dropUnpainted(forms: boolean): boolean {
    return dropUnpainted(this.#m, this.#page, forms);
  }

  /** Switch off text that is painted so that nobody sees it. */
  dropUnseen(unseen: UnseenText): void {
    unseen.drop(this.#m, this.#page);
  }

  /** The page in colour as people see it, its notes and the fields of a form included. */
  picture(widthPx: number, maxPixels: number): Bitmap {
    return pictureOfPage(this.#m, this.#page, this.#form(), widthPx, maxPixels);
  }

  /** The page's text with the boxes of its words in the picture. */
  words(maxChars: number): PageWords {
    return wordsOf(this.#m, this.#page, maxChars);
  }

  /** The page as a grey image in portable graymap (PGM) form, which needs no encoder. */
  render(dpi: number, maxPixels: number, quarters = 0): Buffer {
    const m = this.#m;
    const points = { width: m.FPDF_GetPageWidthF(this.#page), height: m.FPDF_GetPageHeightF(this.#page) };
    const wanted = dpi / 72;
    const scale = Math.min(wanted, Math.sqrt(maxPixels / Math.max(1, points.width * points.height)));
    const across = Math.max(1, Math.round(points.width * scale));
    const down = Math.max(1, Math.round(points.height * scale));
    const [width, height] = quarters % 2 === 0 ? [across, down] : [down, across];
    const bitmap = m.FPDFBitmap_Create(width, height, 0);
    if (bitmap === 0) throw new TerminalError('extract.out-of-memory', 'pdf: a page image does not fit into memory');
    m.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff);
    m.FPDF_RenderPageBitmap(bitmap, this.#page, 0, 0, width, height, quarters, 0x01 | 0x08); // annotations, grey
    const stride = m.FPDFBitmap_GetStride(bitmap);
    const start = m.FPDFBitmap_GetBuffer(bitmap);
    const pixels = heapOf(m);
    const header = Buffer.from(`P5\n${width} ${height}\n255\n`);
    const image = Buffer.alloc(header.length + width * height);
    header.copy(image);
    for (let y = 0, at = header.length; y < height; y++)
      for (let x = 0, from = start + y * stride + 1; x < width; x++, from += 4) image[at++] = pixels[from]!; // green of BGRx; from < start + stride * height
    m.FPDFBitmap_Destroy(bitmap);
    return image;
  }
}
