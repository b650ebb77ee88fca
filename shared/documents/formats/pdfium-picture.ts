// A page of PDFium as a picture in colour, and the boxes of its words in the picture.
// Trap: boxes come in the page's own space, before its rotation and crop; PDFium's own mapping turns them into the picture's.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { TerminalError } from '../../errors.ts';
import { type Bitmap, type PageWords, UNITS_ACROSS, unitsDown, type WordBox } from '../pages/page.ts';
import { heapOf, readFloats } from './pdfium-memory.ts';

// FPDF_RenderPageBitmap, FPDF_FFLDraw
const WITH_ANNOTATIONS = 0x01;
const WHITE = 0xffffffff;
/** Device units per unit: PDFium maps to whole numbers. */
const FINE = 10;

/**
 * @param form  draws the fields of a form too; 0 for none
 * @throws {TerminalError} extract.out-of-memory
 */
export function pictureOfPage(
  m: WrappedPdfiumModule,
  page: number,
  form: number,
  widthPx: number,
  maxPixels: number,
): Bitmap {
  const { width, height } = pictureSizeOf(m, page, widthPx, maxPixels);
  const bitmap = m.FPDFBitmap_Create(width, height, 0);
  if (bitmap === 0) throw new TerminalError('extract.out-of-memory', 'pdf: a page picture does not fit into memory');
  m.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
  m.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, WITH_ANNOTATIONS);
  if (form !== 0) m.FPDF_FFLDraw(form, bitmap, page, 0, 0, width, height, 0, WITH_ANNOTATIONS);
  const start = m.FPDFBitmap_GetBuffer(bitmap); // BGRx without padding: a row is 4 * width bytes
  const pixels = new Uint32Array(heapOf(m).slice(start, start + width * height * 4).buffer);
  m.FPDFBitmap_Destroy(bitmap);
  return { width, height, pixels };
}

function pictureSizeOf(m: WrappedPdfiumModule, page: number, widthPx: number, maxPixels: number) {
  const shape = Math.max(1e-3, m.FPDF_GetPageHeightF(page) / Math.max(1, m.FPDF_GetPageWidthF(page)));
  const width = Math.max(1, Math.min(widthPx, Math.floor(Math.sqrt(maxPixels / shape))));
  return { width, height: Math.max(1, Math.min(maxPixels, Math.round(width * shape))) };
}

/** Words of a page as PDFium reads it, the first `maxChars` characters. */
export function wordsOf(m: WrappedPdfiumModule, page: number, maxChars: number): PageWords {
  const textPage = m.FPDFText_LoadPage(page);
  if (textPage === 0) return { text: '', words: [] };
  const toBox = boxMapper(m, page);
  const words: WordBox[] = [];
  let text = '';
  let from = 0;
  let around: Around | undefined;
  const endWord = () => {
    if (around !== undefined) words.push([from, text.length, ...toBox(around)]);
    around = undefined;
  };
  const count = Math.min(m.FPDFText_CountChars(textPage), maxChars);
  for (let i = 0; i < count; i++) {
    const code = m.FPDFText_GetUnicode(textPage, i);
    const letter = code === 0 ? '' : String.fromCodePoint(code > 0x10ffff ? 0xfffd : code);
    if (letter.trim() === '') {
      endWord();
      text += letter;
      continue;
    }
    const box = readFloats(m, (out) => m.FPDFText_GetLooseCharBox(textPage, i, out));
    if (around === undefined) from = text.length;
    text += letter;
    if (box !== undefined) around = widen(around, box);
  }
  endWord();
  m.FPDFText_ClosePage(textPage);
  return { text, words };
}

/** Left, top, right and bottom in the page's space, where up is more. */
type Around = [left: number, top: number, right: number, bottom: number];

const widen = (a: Around | undefined, b: Around): Around =>
  a === undefined ? b : [Math.min(a[0], b[0]), Math.max(a[1], b[1]), Math.max(a[2], b[2]), Math.min(a[3], b[3])];

function boxMapper(m: WrappedPdfiumModule, page: number): (around: Around) => [number, number, number, number] {
  const across = UNITS_ACROSS * FINE;
  const down = unitsDown({ width: m.FPDF_GetPageWidthF(page), height: m.FPDF_GetPageHeightF(page) }) * FINE;
  const out = (x: number, y: number) => {
    const at = m.pdfium.wasmExports.malloc(8);
    m.FPDF_PageToDevice(page, 0, 0, across, down, 0, x, y, at, at + 4);
    const point = { x: m.pdfium.getValue(at, 'i32') as number, y: m.pdfium.getValue(at + 4, 'i32') as number };
    m.pdfium.wasmExports.free(at);
    return point;
  };
  return ([left, top, right, bottom]) => {
    const [a, b] = [out(left, top), out(right, bottom)];
    const units = (value: number) => Math.round(value / FINE);
    const [x, y] = [units(Math.min(a.x, b.x)), units(Math.min(a.y, b.y))];
    return [x, y, Math.max(1, units(Math.max(a.x, b.x)) - x), Math.max(1, units(Math.max(a.y, b.y)) - y)];
  };
}
