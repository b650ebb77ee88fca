// PDFium as it is loaded for the readers: calls without the package's wrappers.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { init } from '@embedpdf/pdfium';
import { expect, test } from 'vitest';
import { PdfDocument } from '../../../shared/documents/formats/pdfium.ts';
import { loadPdfium } from '../../../shared/documents/formats/pdfium-library.ts';

const sample = (name: string) => readFileSync(new URL(`../../../samples/documents/${name}`, import.meta.url));

test.each([
  'letters/Scanned reminder wage tax.pdf',
  'letters/Certificate of residence request.pdf',
  'contracts/Patent licence Osei-Lumen.pdf',
])('%s reads the same with and without the wrappers of the package', async (name) => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('@embedpdf/pdfium/pdfium.wasm'));
  const wrapped = await init({ wasmBinary: new Uint8Array(wasm).buffer });
  wrapped.PDFiumExt_Init();
  const [straight, before] = [await loadPdfium(), wrapped].map((module) => {
    const pdf = new PdfDocument(module, sample(name));
    const read = Array.from({ length: pdf.pageCount }, (_, i) =>
      pdf.page(i, (page) => ({
        text: page.text(100_000),
        marks: page.marks(),
        isLayer: page.isTextInvisible(),
        beside: page.annotations(),
        size: page.render(20, 1_000_000).length,
      })),
    );
    pdf.close();
    return read;
  });
  expect(straight).toEqual(before);
});
