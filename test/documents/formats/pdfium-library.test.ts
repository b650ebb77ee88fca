// PDFium as it is loaded for the readers: V8's flags for it, and calls without the package's wrappers.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { init } from '@embedpdf/pdfium';
import { describe, expect, test } from 'vitest';
import { PdfDocument } from '../../../shared/documents/formats/pdfium.ts';
import { inliningFlags, loadPdfium } from '../../../shared/documents/formats/pdfium-library.ts';

const sample = (name: string) => readFileSync(new URL(`../../../samples/documents/${name}`, import.meta.url));

describe('flags of V8 for PDFium', () => {
  test.each([
    ['11.3.244.8-node.30', 0],
    ['12.4.254.21-node.33', 0],
    ['13.5.212.10', 0],
    ['13.6.233.17-node.53', 3],
    ['14.6.202.34-node.34', 3],
    ['15.0.1', 0],
    ['unknown', 0],
  ])('V8 %s gets %i', (version, count) => {
    expect(inliningFlags(version)).toHaveLength(count);
  });

  test('this V8 knows those it gets: of one it does not know it would complain on stderr', () => {
    const flags = JSON.stringify(inliningFlags(process.versions.v8));
    const script = `for (const flag of ${flags}) require('node:v8').setFlagsFromString(flag)`;
    expect(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

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
