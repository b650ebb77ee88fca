// Local OCR by tesseract.js with language data from npm packages: nothing is downloaded, nothing is written.
// Traps: errorHandler must be given; a bad image rejects with a string; orientation detection needs data the package lacks.
import { createRequire } from 'node:module';
import { TerminalError } from '../errors.ts';

type Worker = Awaited<ReturnType<typeof import('tesseract.js')['createWorker']>>;

let worker: Promise<Worker> | undefined;

async function start(): Promise<Worker> {
  const { createWorker, OEM, PSM } = await import('tesseract.js');
  // Data handed over as bytes are taken for a language name in 7.0: a folder it is.
  const langPath = createRequire(import.meta.url)
    .resolve('@tesseract.js-data/eng/package.json')
    .replace(/package\.json$/, '4.0.0_best_int');
  const created = await createWorker('eng', OEM.LSTM_ONLY, {
    langPath,
    gzip: true,
    cacheMethod: 'none',
    errorHandler: () => {},
    logger: () => {},
  });
  await created.setParameters({ tessedit_pageseg_mode: PSM.AUTO, user_defined_dpi: '200' });
  return created;
}

function engine(): Promise<Worker> {
  worker ??= start().catch((error: unknown) => {
    worker = undefined; // no memory just now: the next page tries again
    throw error;
  });
  return worker;
}

/** Below this mean confidence (0..100), or with fewer letters, a page is tried the other ways up. */
const LOW_CONFIDENCE = 60;
const FEW_LETTERS = 60;
/** Letters of a page the wrong way up are read with a confidence around 40. */
const NOISE_CONFIDENCE = 40;
const QUARTER = Math.PI / 2;

/**
 * Text of a page image (PNG, JPEG, BMP, TIFF, WebP or PNM bytes).
 * @param turned the same page turned by 1..3 quarters, where the caller can draw it; else the image is rotated here
 * @throws {TerminalError} extract.corrupt when it is no image
 */
export async function recognize(
  image: Uint8Array,
  turned?: (quarters: number) => Uint8Array | undefined,
): Promise<string> {
  const ready = await engine();
  let best = await attempt(ready, image, 0);
  if (best.confidence >= LOW_CONFIDENCE && best.letters >= FEW_LETTERS) return best.text;
  for (const quarters of [1, 3, 2]) {
    const drawn = turned?.(quarters);
    const other = drawn === undefined ? await attempt(ready, image, quarters) : await attempt(ready, drawn, 0);
    if (score(other) > score(best)) best = other;
  }
  return best.text;
}

/** A word on an image, pixels. */
export interface SeenWord {
  text: string;
  x: number;
  y: number;
  width: number;
  height: number;
  isLineEnd: boolean;
}

/**
 * Words of an upright page image with the boxes around them, in reading order; none where what is read is most likely noise.
 * @throws {TerminalError} extract.corrupt when it is no image
 */
export async function recognizeWords(image: Uint8Array): Promise<SeenWord[]> {
  const { confidence, blocks } = await read(await engine(), image, 0, { blocks: true });
  if (confidence < NOISE_CONFIDENCE) return [];
  const lines = (blocks ?? []).flatMap(({ paragraphs }) => paragraphs.flatMap((paragraph) => paragraph.lines));
  return lines.flatMap(({ words }) =>
    words.map(({ text, bbox: { x0, y0, x1, y1 } }, i) => ({
      ...{ text, x: x0, y: y0, width: x1 - x0, height: y1 - y0 },
      isLineEnd: i === words.length - 1,
    })),
  );
}

/** Gives back the memory of the engine; the next page starts it again. */
export async function endOcr(): Promise<void> {
  const ending = worker;
  worker = undefined;
  await (await ending?.catch(() => undefined))?.terminate();
}

interface Attempt {
  text: string;
  confidence: number;
  letters: number;
}

const score = ({ confidence, letters }: Attempt) => Math.max(0, confidence - NOISE_CONFIDENCE) * letters;

async function attempt(ready: Worker, image: Uint8Array, quarters: number): Promise<Attempt> {
  const { text, confidence } = await read(ready, image, quarters, { text: true });
  return { text, confidence, letters: text.match(/[\p{L}\p{N}]/gu)?.length ?? 0 };
}

async function read(ready: Worker, image: Uint8Array, quarters: number, output: { text?: boolean; blocks?: boolean }) {
  const options = quarters === 0 ? {} : { rotateRadians: quarters * QUARTER };
  try {
    const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
    return (await ready.recognize(bytes, options, output)).data;
  } catch (error) {
    throw new TerminalError('extract.corrupt', 'image: it cannot be read', { cause: error });
  }
}
