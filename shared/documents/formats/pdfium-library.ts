// The library PDFium (WebAssembly), loaded once in a process.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';
import { rawOf } from './pdfium-memory.ts';

let library: Promise<WrappedPdfiumModule> | undefined;

/** The library, loaded once. */
export function loadPdfium(): Promise<WrappedPdfiumModule> {
  library ??= load().catch((error: unknown) => {
    library = undefined; // no memory just now: the next file tries again
    throw error;
  });
  return library;
}

/** After a trap of WebAssembly its memory is in an unknown state: the next file gets a new one. */
export function forgetPdfium(): void {
  library = undefined;
}

async function load(): Promise<WrappedPdfiumModule> {
  const { init } = await import('@embedpdf/pdfium');
  const file = createRequire(import.meta.url).resolve('@embedpdf/pdfium/pdfium.wasm');
  const wasm = await readFile(file);
  const module = await init({ wasmBinary: new Uint8Array(wasm).buffer, print: () => {}, printErr: () => {} });
  module.PDFiumExt_Init();
  return callStraight(module);
}

/** What is asked for every page, object, note or field: numbers go in, a number or nothing comes out. */
const STRAIGHT = [
  'FPDF_LoadPage',
  'FPDF_ClosePage',
  'FPDF_GetPageWidthF',
  'FPDF_GetPageHeightF',
  'FPDFPage_GetRotation',
  'FPDFPage_CountObjects',
  'FPDFPage_GetObject',
  'FPDFPageObj_GetType',
  'FPDFFormObj_CountObjects',
  'FPDFFormObj_GetObject',
  'FPDFPath_CountSegments',
  'FPDFPath_GetPathSegment',
  'FPDFPathSegment_GetType',
  'FPDFTextObj_GetTextRenderMode',
  'FPDFText_LoadPage',
  'FPDFText_ClosePage',
  'FPDFText_CountChars',
  'FPDFText_GetText',
  'FPDFText_GetCharIndexFromTextIndex',
  'FPDFPage_GetAnnotCount',
  'FPDFPage_GetAnnot',
  'FPDFPage_CloseAnnot',
  'FPDFAnnot_GetSubtype',
  'FPDFAnnot_GetFlags',
  'FPDFAnnot_GetObjectCount',
  'FPDFAnnot_GetOptionCount',
  'FPDFAnnot_GetFormFieldType',
  'FPDFAnnot_GetFormFieldFlags',
  'FPDFAnnot_GetFormFieldValue',
  'FPDFAnnot_GetFormFieldName',
  'FPDFAnnot_GetFormFieldAlternateName',
  'FPDFAnnot_GetFormFieldExportValue',
] as const satisfies readonly (keyof WrappedPdfiumModule)[];

/** The same functions without the wrappers of the package, which make some objects and look every argument up for each call. */
function callStraight(module: WrappedPdfiumModule): WrappedPdfiumModule {
  const raw = rawOf(module);
  return Object.assign(module, Object.fromEntries(STRAIGHT.map((name) => [name, raw[name]])));
}
