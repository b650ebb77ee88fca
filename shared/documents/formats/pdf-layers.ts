// Layers that are switched off: PDFium draws them not, and yet gives their text. What a layer's objects leave unchanged on the drawn page is not seen.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { heapOf } from './pdfium-memory.ts';

const FORM_OBJECT = 5;
const MAX_OBJECTS = 20_000;
/** Groups of objects tried on a page; each costs a drawing of a few milliseconds. */
const MAX_GROUPS = 24;
const MAX_PIXELS = 500_000;

/** May this file have layers? `forms`: whole form objects may belong to one (watermarks of Acrobat). */
export function layersIn(bytes: Uint8Array): { marks: boolean; forms: boolean } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isNamed = file.includes('/OCProperties');
  // The catalogue may be packed into a stream of objects; form objects never are.
  return { marks: isNamed || file.includes('/ObjStm'), forms: file.includes('/OC ') || file.includes('/OC/') };
}

/**
 * Switch off the objects of a page that belong to layers and are not painted: no text is read of them afterwards.
 * @returns did the page have objects of layers?
 */
export function dropUnpainted(m: WrappedPdfiumModule, page: number, forms: boolean): boolean {
  const groups = new Map<string, number[]>();
  const count = Math.min(m.FPDFPage_CountObjects(page), MAX_OBJECTS);
  let hasLayers = false;
  for (let i = 0; i < count; i++) {
    const object = m.FPDFPage_GetObject(page, i);
    if (object === 0) continue;
    const layer = layerOf(m, object);
    if (layer !== undefined) hasLayers = true;
    const key = layer ?? (forms && m.FPDFPageObj_GetType(object) === FORM_OBJECT ? `form ${i}` : undefined);
    if (key === undefined || (groups.size >= MAX_GROUPS && !groups.has(key))) continue;
    const group = groups.get(key) ?? [];
    group.push(object);
    groups.set(key, group);
  }
  if (groups.size === 0) return hasLayers;
  const whole = draw(m, page);
  for (const objects of groups.values()) {
    for (const object of objects) m.FPDFPageObj_SetIsActive(object, false);
    if (whole !== undefined && draw(m, page)?.equals(whole) === true) continue;
    for (const object of objects) m.FPDFPageObj_SetIsActive(object, true);
  }
  return hasLayers;
}

/** Which layer an object is marked for: by its name where the mark tells it. */
function layerOf(m: WrappedPdfiumModule, object: number): string | undefined {
  const count = Math.min(m.FPDFPageObj_CountMarks(object), 16);
  for (let i = 0; i < count; i++) {
    const mark = m.FPDFPageObj_GetMark(object, i);
    if (mark === 0 || markString(m, (buffer, size, out) => m.FPDFPageObjMark_GetName(mark, buffer, size, out)) !== 'OC')
      continue;
    return `OC ${markString(m, (buffer, size, out) => m.FPDFPageObjMark_GetParamStringValue(mark, 'Name', buffer, size, out))}`;
  }
  return undefined;
}

function markString(m: WrappedPdfiumModule, call: (buffer: number, size: number, out: number) => boolean): string {
  const out = m.pdfium.wasmExports.malloc(8 + 512);
  const isRead = call(out + 8, 512, out);
  const size = Math.min(512, m.pdfium.getValue(out, 'i32') as number); // an unsigned long of wasm32
  const text = isRead
    ? Buffer.from(heapOf(m).subarray(out + 8, out + 8 + size))
        .toString('utf16le')
        .replace(/\0[\s\S]*$/, '')
    : '';
  m.pdfium.wasmExports.free(out);
  return text;
}

/** The page small and grey; undefined when there is no memory for it. */
function draw(m: WrappedPdfiumModule, page: number): Buffer | undefined {
  const [across, down] = [m.FPDF_GetPageWidthF(page), m.FPDF_GetPageHeightF(page)];
  const scale = Math.min(1, Math.sqrt(MAX_PIXELS / Math.max(1, across * down)));
  const [width, height] = [Math.max(1, Math.round(across * scale)), Math.max(1, Math.round(down * scale))];
  const bitmap = m.FPDFBitmap_Create(width, height, 0);
  if (bitmap === 0) return undefined;
  m.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff);
  m.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, 0x08);
  const start = m.FPDFBitmap_GetBuffer(bitmap);
  const pixels = Buffer.from(heapOf(m).subarray(start, start + m.FPDFBitmap_GetStride(bitmap) * height));
  m.FPDFBitmap_Destroy(bitmap);
  return pixels;
}
