// Layers that are switched off: PDFium draws them not, and yet gives their text. What a layer's objects leave unchanged on the drawn page is not seen.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { heapOf, type Raw, rawOf } from './pdfium-memory.ts';

const FORM_OBJECT = 5;
const SLASH = 0x2f;
const MAX_OBJECTS = 20_000;
/** Groups of objects tried on a page; each costs a drawing of a few milliseconds. */
const MAX_GROUPS = 24;
const MAX_PIXELS = 500_000;

/** May this file have layers? `forms`: whole form objects may belong to one (watermarks of Acrobat). */
export function layersIn(bytes: Uint8Array): { marks: boolean; forms: boolean } {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isNamed = hasName(file, 'OCProperties');
  // The catalogue may be packed into a stream of objects; form objects never are.
  return { marks: isNamed || hasName(file, 'ObjStm'), forms: hasName(file, 'OC ') || hasName(file, 'OC/') };
}

/** Names without their slash that are looked at. */
const MAX_LOOKS = 1000;
/** Up to so many bytes Node goes from one first byte to the next; for more it takes ten times as long. */
const QUICK_BYTES = 6;

/** Is there such a name? Looked for without its slash: a search goes from one of its first chars to the next, and slashes are everywhere. */
function hasName(file: Buffer, name: string): boolean {
  const start = name.slice(0, QUICK_BYTES);
  let at = -1;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    at = file.indexOf(start, at + 1);
    if (at < 0) return false;
    if (file[at - 1] === SLASH && file.toString('latin1', at, at + name.length) === name) return true;
  }
  return file.includes(`/${name}`, at);
}

/**
 * Switch off the objects of a page that belong to layers and are not painted: no text is read of them afterwards.
 * @returns did the page have objects of layers?
 */
export function dropUnpainted(m: WrappedPdfiumModule, page: number, forms: boolean): boolean {
  const groups = new Map<string, number[]>();
  const raw = rawOf(m);
  const count = Math.min(raw.FPDFPage_CountObjects!(page), MAX_OBJECTS);
  let hasLayers = false;
  const marks = new Marks(m);
  for (let i = 0; i < count; i++) {
    const object = raw.FPDFPage_GetObject!(page, i);
    if (object === 0) continue;
    const layer = marks.layerOf(object);
    if (layer !== undefined) hasLayers = true;
    const key = layer ?? (forms && raw.FPDFPageObj_GetType!(object) === FORM_OBJECT ? `form ${i}` : undefined);
    if (key === undefined || (groups.size >= MAX_GROUPS && !groups.has(key))) continue;
    const group = groups.get(key) ?? [];
    group.push(object);
    groups.set(key, group);
  }
  marks.close();
  if (groups.size === 0) return hasLayers;
  const whole = drawPage(m, page);
  for (const objects of groups.values()) {
    for (const object of objects) m.FPDFPageObj_SetIsActive(object, false);
    if (whole !== undefined && drawPage(m, page)?.equals(whole) === true) continue;
    for (const object of objects) m.FPDFPageObj_SetIsActive(object, true);
  }
  return hasLayers;
}

/** Bytes of a string of a mark that are looked at. */
const MARK_BYTES = 512;

/** Marks of content: tagged files have one or more on every object, so they are read without the wrappers of the package. */
class Marks {
  readonly #m: WrappedPdfiumModule;
  readonly #raw: Raw;
  readonly #out: number;
  readonly #key: number;

  constructor(m: WrappedPdfiumModule) {
    this.#m = m;
    this.#raw = rawOf(m);
    this.#out = m.pdfium.wasmExports.malloc(8 + MARK_BYTES);
    this.#key = m.pdfium.wasmExports.malloc(8);
    heapOf(m).set(Buffer.from('Name\0\0\0\0', 'latin1'), this.#key);
  }

  close(): void {
    this.#m.pdfium.wasmExports.free(this.#out);
    this.#m.pdfium.wasmExports.free(this.#key);
  }

  /** Which layer an object is marked for: by its name where the mark tells it. */
  layerOf(object: number): string | undefined {
    const raw = this.#raw;
    const count = Math.min(raw.FPDFPageObj_CountMarks!(object), 16); // the library's own exports
    for (let i = 0; i < count; i++) {
      const mark = raw.FPDFPageObj_GetMark!(object, i);
      if (mark === 0 || !this.#isLayer(mark)) continue;
      const isNamed =
        raw.FPDFPageObjMark_GetParamStringValue!(mark, this.#key, this.#out + 8, MARK_BYTES, this.#out) !== 0;
      return `OC ${isNamed ? this.#string() : ''}`;
    }
    return undefined;
  }

  #isLayer(mark: number): boolean {
    const at = this.#out + 8;
    if (this.#raw.FPDFPageObjMark_GetName!(mark, at, MARK_BYTES, this.#out) === 0) return false;
    const heap = heapOf(this.#m);
    return heap[at] === 0x4f && heap[at + 2] === 0x43 && heap[at + 4] === 0; // OC in UTF-16
  }

  #string(): string {
    const size = Math.min(MARK_BYTES, this.#m.pdfium.getValue(this.#out, 'i32') as number); // an unsigned long of wasm32
    return Buffer.from(heapOf(this.#m).subarray(this.#out + 8, this.#out + 8 + size))
      .toString('utf16le')
      .replace(/\0[\s\S]*$/, '');
  }
}

/** The page small and grey; undefined when there is no memory for it. */
export function drawPage(m: WrappedPdfiumModule, page: number): Buffer | undefined {
  const [across, down] = [m.FPDF_GetPageWidthF(page), m.FPDF_GetPageHeightF(page)];
  return drawArea(m, page, { left: 0, top: 0, width: across, height: down });
}

/** A part of the page as it is displayed, in points from its upper left, small and grey. */
export function drawArea(
  m: WrappedPdfiumModule,
  page: number,
  area: { left: number; top: number; width: number; height: number },
): Buffer | undefined {
  const [across, down] = [m.FPDF_GetPageWidthF(page), m.FPDF_GetPageHeightF(page)];
  const scale = Math.min(1, Math.sqrt(MAX_PIXELS / Math.max(1, area.width * area.height)));
  const pixels = (points: number) => Math.max(1, Math.round(points * scale));
  const [width, height] = [pixels(area.width), pixels(area.height)];
  const bitmap = m.FPDFBitmap_Create(width, height, 0);
  if (bitmap === 0) return undefined;
  m.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff);
  const [x, y] = [-Math.round(area.left * scale), -Math.round(area.top * scale)];
  m.FPDF_RenderPageBitmap(bitmap, page, x, y, pixels(across), pixels(down), 0, 0x08);
  const start = m.FPDFBitmap_GetBuffer(bitmap);
  const drawn = Buffer.from(heapOf(m).subarray(start, start + m.FPDFBitmap_GetStride(bitmap) * height));
  m.FPDFBitmap_Destroy(bitmap);
  return drawn;
}
