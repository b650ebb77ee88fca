// Pixels of image files (PNG, JPEG, GIF, TIFF, WebP, most BMP) by Leptonica, which is inside the OCR's WebAssembly; no OCR data are loaded.
// Invariants: L1 nothing is opened whose header promises more pixels than allowed. L2 what was opened is freed.
// Trap: the build gives no view of its memory; it is taken from the instance as it is made.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { TerminalError } from '../../errors.ts';
import { pictureSize } from '../pictures.ts';

/** Rows of an image, read one by one while it is open. */
export interface OpenImage {
  width: number;
  height: number;
  /** Write row y as 0xRRGGBB; what is transparent is white. */
  row(y: number, out: Uint32Array): void;
}

interface Library {
  _malloc(size: number): number;
  _free(at: number): void;
  _pixReadMem(bytes: number, size: number): number;
  _pixDestroy(pix: number): void;
  setValue(at: number, value: number, type: '*'): void;
  [accessor: `_emscripten_bind_${string}`]: (of: number) => number;
}
interface Memory {
  readonly buffer: ArrayBuffer;
}
/** Part of WebAssembly's interface that is used: the compiler's libraries describe it for browsers only. */
interface WasmApi {
  Memory: new () => Memory;
  validate(binary: Uint8Array): boolean;
  instantiate(binary: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
}
interface Loaded {
  library: Library;
  memory: Memory;
}

let loaded: Promise<Loaded> | undefined;

async function load(): Promise<Loaded> {
  const ofOcr = createRequire(createRequire(import.meta.url).resolve('tesseract.js/package.json'));
  const api = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly; // part of every Node
  let memory: Memory | undefined;
  // The first is what the deployed package keeps; V8 of Node 20 cannot compile it.
  const core = (kind: 'relaxedsimd' | 'simd') => `tesseract.js-core/tesseract-core-${kind}`;
  const relaxed = await readFile(ofOcr.resolve(`${core('relaxedsimd')}.wasm`));
  const isAble = api.validate(relaxed);
  const binary = isAble ? relaxed : await readFile(ofOcr.resolve(`${core('simd')}.wasm`));
  const create = ofOcr(core(isAble ? 'relaxedsimd' : 'simd')) as (options: object) => Promise<Library>; // no typings
  const library = await create({
    print: () => {},
    printErr: () => {},
    instantiateWasm(imports: object, done: (instance: object) => void) {
      void api.instantiate(binary, imports).then(({ instance }) => {
        memory = Object.values(instance.exports).find((one): one is Memory => one instanceof api.Memory);
        done(instance);
      });
      return {};
    },
  });
  if (memory === undefined) throw new Error('leptonica: its memory cannot be found');
  return { library, memory };
}

/**
 * Open an image, use it, close it.
 * @throws {TerminalError} extract.corrupt; extract.too-large over `maxPixels`
 */
export async function withImage<T>(bytes: Uint8Array, maxPixels: number, use: (image: OpenImage) => T): Promise<T> {
  const size = pictureSize(bytes);
  if (size === undefined) throw new TerminalError('extract.corrupt', 'image: its size cannot be read');
  if (size.width * size.height > maxPixels)
    throw new TerminalError('extract.too-large', `image: at most ${maxPixels} pixels are shown`); // L1
  loaded ??= load();
  const { library, memory } = await loaded;
  const at = library._malloc(bytes.byteLength);
  new Uint8Array(memory.buffer).set(bytes, at);
  const pix = library._pixReadMem(at, bytes.byteLength);
  library._free(at);
  if (pix === 0) throw new TerminalError('extract.corrupt', 'image: it cannot be read');
  try {
    return use(openPix(library, memory, pix, maxPixels));
  } finally {
    const holder = library._malloc(4);
    library.setValue(holder, pix, '*');
    library._pixDestroy(holder); // L2
    library._free(holder);
  }
}

function openPix(library: Library, memory: Memory, pix: number, maxPixels: number): OpenImage {
  const of = (what: string) => library[`_emscripten_bind_Pix_get_${what}_0`]!(pix); // all of the build's bindings
  const [width, height, depth, words] = [of('w'), of('h'), of('d'), of('wpl')];
  if (width * height > maxPixels)
    throw new TerminalError('extract.too-large', 'image: its header tells too small a size');
  const data = of('data');
  const colours = coloursOf(library, memory, of('colormap'), depth);
  const hasAlpha = of('spp') === 4;
  return {
    width,
    height,
    row(y, out) {
      const line = new Uint32Array(memory.buffer, data + y * words * 4, words);
      if (depth === 32) for (let x = 0; x < width; x++) out[x] = hasAlpha ? overWhite(line[x]!) : line[x]! >>> 8;
      else if (depth === 16) for (let x = 0; x < width; x++) out[x] = grey((line[x >> 1]! >>> (x % 2 ? 0 : 16)) >>> 8);
      else {
        // The first pixel of a word is in its highest bits.
        const [each, mask] = [32 / depth, 2 ** depth - 1];
        for (let x = 0; x < width; x++)
          out[x] = colours[(line[Math.floor(x / each)]! >>> (32 - depth - (x % each) * depth)) & mask] ?? 0xffffff;
      }
    },
  };
}

const grey = (value: number): number => (value & 0xff) * 0x010101;

/** RRGGBBAA on white paper. */
function overWhite(pixel: number): number {
  const alpha = pixel & 0xff;
  if (alpha === 255) return pixel >>> 8;
  const mix = (value: number) => Math.round((value * alpha + 255 * (255 - alpha)) / 255);
  return (mix(pixel >>> 24) << 16) | (mix((pixel >>> 16) & 0xff) << 8) | mix((pixel >>> 8) & 0xff);
}

/** What a value of 1, 2, 4 or 8 bits means: by the image's own colours, or as grey; one bit without colours is ink. */
function coloursOf(library: Library, memory: Memory, map: number, depth: number): Uint32Array {
  const most = 2 ** Math.min(depth, 8) - 1;
  const colours = Uint32Array.from({ length: most + 1 }, (_, value) =>
    depth === 1 ? (value === 0 ? 0xffffff : 0) : grey(Math.round((value * 255) / most)),
  );
  if (map === 0) return colours;
  const count = library._emscripten_bind_PixColormap_get_n_0!(map);
  const quads = library._emscripten_bind_PixColormap_get_array_0!(map); // blue, green, red, alpha
  const bytes = new Uint8Array(memory.buffer);
  for (let i = 0; i < Math.min(count, colours.length); i++) {
    const at = quads + i * 4;
    const [blue = 0, green = 0, red = 0, alpha = 255] = bytes.subarray(at, at + 4);
    colours[i] = overWhite(((red << 24) | (green << 16) | (blue << 8) | alpha) >>> 0);
  }
  return colours;
}
