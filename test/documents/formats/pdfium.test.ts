// PDFium behind its class: what is asked of it, counted on a real module.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { init, type WrappedPdfiumModule } from '@embedpdf/pdfium';
import { beforeAll, expect, test } from 'vitest';
import { PdfDocument } from '../../../shared/documents/formats/pdfium.ts';
import { pdfFile } from '../fixtures.ts';

let module: WrappedPdfiumModule;
beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('@embedpdf/pdfium/pdfium.wasm'));
  module = await init({ wasmBinary: new Uint8Array(wasm).buffer });
  module.PDFiumExt_Init();
});

/** One page of one line that is turned by quarter turns, in the page itself or in its text. */
function onePage({ page = 0, text = 0 }): Buffer {
  const [cos, sin] = [Math.round(Math.cos((text * Math.PI) / 2)), Math.round(Math.sin((text * Math.PI) / 2))];
  const content = `BT /F1 12 Tf ${cos} ${sin} ${-sin} ${cos} 300 300 Tm (The notice of the office is final) Tj ET`;
  return pdfFile([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /Rotate ${page * 90} /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>`,
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ]);
}

function read(bytes: Uint8Array): { text: string | undefined; readings: number } {
  let readings = 0;
  const counting: WrappedPdfiumModule = {
    ...module,
    FPDFText_LoadPage: (page) => {
      readings += 1;
      return module.FPDFText_LoadPage(page);
    },
  };
  const pdf = new PdfDocument(counting, bytes);
  const text = pdf.page(0, (page) => page.text(1000));
  pdf.close();
  return { text, readings };
}

test.each([
  { page: 0, text: 0, readings: 1 },
  { page: 1, text: 1, readings: 1 }, // its text runs upright as displayed
  { page: 0, text: 1, readings: 2 },
  { page: 1, text: 0, readings: 2 },
])('a page turned by $page quarters with text turned by $text is read $readings time(s)', ({ readings, ...turns }) => {
  expect(read(onePage(turns))).toEqual({ text: 'The notice of the office is final', readings });
});
