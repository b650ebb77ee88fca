// Passing memory to and from PDFium (WebAssembly): buffers of the two-call pattern, strings, numbers through out parameters.
import type { WrappedPdfiumModule } from '@embedpdf/pdfium';

export function heapOf(module: WrappedPdfiumModule): Uint8Array {
  // The typings leave out Emscripten's views. Asked for anew each time: growing the memory replaces it.
  return (module.pdfium as unknown as { HEAPU8: Uint8Array }).HEAPU8;
}

/** Functions of the library without the wrappers of its package, for those that are called for every object or for many characters of a page. */
export type Raw = Record<string, (...args: number[]) => number>;

export const rawOf = (module: WrappedPdfiumModule): Raw => module.pdfium.wasmExports as unknown as Raw; // the typings know three of them

/** The two-call pattern of the API: size first, content then. */
export function readBytes(module: WrappedPdfiumModule, call: (buffer: number, size: number) => number): Buffer {
  const size = call(0, 0);
  if (size <= 0) return Buffer.alloc(0);
  const buffer = module.pdfium.wasmExports.malloc(size);
  const written = Math.min(call(buffer, size), size);
  const bytes = Buffer.from(heapOf(module).subarray(buffer, buffer + Math.max(0, written)));
  module.pdfium.wasmExports.free(buffer);
  return bytes;
}

/** The same where the size comes through an out parameter. */
export function readSized(
  module: WrappedPdfiumModule,
  call: (buffer: number, size: number, out: number) => boolean,
): Uint8Array | undefined {
  const out = module.pdfium.wasmExports.malloc(8);
  try {
    if (!call(0, 0, out)) return undefined;
    const size = module.pdfium.getValue(out, 'i32') as number; // an unsigned long of wasm32
    if (size <= 0) return undefined;
    const buffer = module.pdfium.wasmExports.malloc(size);
    if (buffer === 0) return undefined;
    const isRead = call(buffer, size, out);
    const bytes = Uint8Array.from(heapOf(module).subarray(buffer, buffer + size));
    module.pdfium.wasmExports.free(buffer);
    return isRead ? bytes : undefined;
  } finally {
    module.pdfium.wasmExports.free(out);
  }
}

/** Four floats through out parameters, or through a struct of four; undefined when the call says no. */
export function readFloats(
  module: WrappedPdfiumModule,
  call: (first: number) => boolean,
): [number, number, number, number] | undefined {
  const out = module.pdfium.wasmExports.malloc(16);
  const isKnown = call(out);
  const at = (i: number) => module.pdfium.getValue(out + i * 4, 'float') as number;
  const values: [number, number, number, number] = [at(0), at(1), at(2), at(3)];
  module.pdfium.wasmExports.free(out);
  return isKnown ? values : undefined;
}

/** UTF-16LE with a terminating NUL. */
export function utf16(bytes: Buffer): string {
  const text = bytes.toString('utf16le');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
