// A page that looks scanned: a PDF page rendered to a bitmap and embedded as the only content of another PDF, without a text layer.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import { init } from '@embedpdf/pdfium';
import PDFDocument from 'pdfkit';

const DPI = 110;
const POINTS_PER_INCH = 72;
const BGRA = 4; // bytes per pixel
const RENDER_GRAYSCALE = 0x08;

/** Replace the first page of a PDF by its picture. */
export async function asImageOnly(pdf: Buffer): Promise<Buffer> {
  const image = await renderFirstPage(pdf);
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    info: { Producer: 'scanner', CreationDate: new Date('2025-06-02T08:30:00Z') },
  });
  const chunks: Buffer[] = [];
  const bytes = new Promise<Buffer>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
  doc.image(image, 0, 0, { width: doc.page.width, height: doc.page.height });
  doc.end();
  return bytes;
}

/** First page as a greyscale PNG at 110 dpi. */
async function renderFirstPage(pdf: Buffer): Promise<Buffer> {
  const wasmBinary = readFileSync(fileURLToPath(import.meta.resolve('@embedpdf/pdfium/pdfium.wasm')));
  const pdfium = await init({ wasmBinary: new Uint8Array(wasmBinary).buffer });
  pdfium.PDFiumExt_Init();
  // The package's types leave out the memory view that its module exports.
  const memory = pdfium.pdfium as typeof pdfium.pdfium & { readonly HEAPU8: Uint8Array };
  const input = memory.wasmExports.malloc(pdf.length);
  memory.HEAPU8.set(pdf, input);
  const document = pdfium.FPDF_LoadMemDocument(input, pdf.length, '');
  if (document === 0) throw new Error('scan: the rendered page cannot be opened');
  const page = pdfium.FPDF_LoadPage(document, 0);
  const width = Math.round((pdfium.FPDF_GetPageWidthF(page) * DPI) / POINTS_PER_INCH);
  const height = Math.round((pdfium.FPDF_GetPageHeightF(page) * DPI) / POINTS_PER_INCH);
  const bitmap = pdfium.FPDFBitmap_Create(width, height, 0);
  pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff);
  pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, RENDER_GRAYSCALE);
  const start = pdfium.FPDFBitmap_GetBuffer(bitmap);
  const grey = Buffer.alloc(width * height);
  for (let i = 0; i < grey.length; i++) grey[i] = memory.HEAPU8[start + i * BGRA]!;
  pdfium.FPDFBitmap_Destroy(bitmap);
  pdfium.FPDF_ClosePage(page);
  pdfium.FPDF_CloseDocument(document);
  memory.wasmExports.free(input);
  return greyPng(grey, width, height);
}

/** An 8-bit greyscale PNG (https://www.w3.org/TR/png/, filter 0 on each row). */
function greyPng(pixels: Buffer, width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) pixels.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
