// Lines of text as a page, set by PDFium in one typeface.
// Invariants: T1 a page that was set is taken out again after its use, so the document stays empty. T2 the typeface is loaded once per process.
// Trap: a text object holds one run without tabs; where a line goes on after a tab, another begins.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import type { Bitmap } from '../pages/page.ts';
import { loadPdfium } from './pdfium-library.ts';
import { heapOf, readFloats } from './pdfium-memory.ts';
import { pictureOfPage } from './pdfium-picture.ts';

/** Latin, Greek, Cyrillic, Hebrew, Arabic (letters as they stand alone), Georgian, Armenian, many signs; no Chinese, Japanese or Korean. */
const loadFont = () => readFile(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
// FPDF_FONT_TRUETYPE
const TRUETYPE = 2;
const MEASURE_SIZE = 1000;

/** A run of text; points from the left and from the bottom to its base line. */
export interface Run {
  text: string;
  x: number;
  y: number;
}

export interface Typesetter {
  /** Width of a character, em. */
  widthOf(char: string): number;
  /** A page of that size in points with the runs on it, as a picture. */
  draw(
    runs: readonly Run[],
    page: { width: number; height: number; size: number },
    widthPx: number,
    maxPixels: number,
  ): Bitmap;
}

let typesetter: Promise<Typesetter> | undefined;

export function openTypesetter(): Promise<Typesetter> {
  typesetter ??= load();
  return typesetter;
}

async function load(): Promise<Typesetter> {
  const m = await loadPdfium();
  const file = await loadFont();
  const at = m.pdfium.wasmExports.malloc(file.byteLength); // PDFium goes on reading it
  heapOf(m).set(file, at);
  const document = m.FPDF_CreateNewDocument();
  const font = m.FPDFText_LoadFont(document, at, file.byteLength, TRUETYPE, true);
  if (font === 0) throw new Error('pdfium: the typeface cannot be loaded');
  const widths = new Map<string, number>();
  return {
    widthOf(char) {
      let width = widths.get(char);
      if (width === undefined) {
        width = measure(m, font, char);
        widths.set(char, width);
      }
      return width;
    },
    draw(runs, { width, height, size }, widthPx, maxPixels) {
      const page = m.FPDFPage_New(document, 0, width, height);
      try {
        for (const run of runs) setRun(m, { document, font, page }, run, size);
        return pictureOfPage(m, page, 0, widthPx, maxPixels);
      } finally {
        m.FPDF_ClosePage(page);
        m.FPDFPage_Delete(document, 0); // T1
      }
    },
  };
}

/** A character the typeface lacks is as wide as it is high. */
function measure(m: WrappedPdfiumModule, font: number, char: string): number {
  const values = readFloats(m, (out) => m.FPDFFont_GetGlyphWidth(font, char.codePointAt(0) ?? 0, MEASURE_SIZE, out));
  const width = values?.[0] ?? 0;
  return width > 0 ? width / MEASURE_SIZE : 1;
}

function setRun(
  m: WrappedPdfiumModule,
  { document, font, page }: { document: number; font: number; page: number },
  { text, x, y }: Run,
  size: number,
): void {
  const object = m.FPDFPageObj_CreateTextObj(document, font, size);
  const bytes = Buffer.from(`${text}\0`, 'utf16le');
  const at = m.pdfium.wasmExports.malloc(bytes.byteLength);
  heapOf(m).set(bytes, at);
  m.FPDFText_SetText(object, at);
  m.pdfium.wasmExports.free(at);
  m.FPDFPageObj_Transform(object, 1, 0, 0, 1, x, y);
  m.FPDFPage_InsertObject(page, object); // the page owns it now
}
