// Local OCR by tesseract.js with language data from npm packages: nothing is downloaded, nothing is written.
// Traps: errorHandler must be given; a bad image rejects with a string; orientation detection needs data the package lacks.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { TerminalError } from '../errors.ts';

type Worker = Awaited<ReturnType<typeof import('tesseract.js')['createWorker']>>;

let worker: Promise<Worker> | undefined;

async function start(): Promise<Worker> {
  const { createWorker, OEM, PSM } = await import('tesseract.js');
  const folder = createRequire(import.meta.url)
    .resolve('@tesseract.js-data/eng/package.json')
    .replace(/package\.json$/, '4.0.0_best_int/');
  const data = await readFile(`${folder}eng.traineddata.gz`);
  const { gunzipSync } = await import('node:zlib');
  const created = await createWorker([{ code: 'eng', data: gunzipSync(data) }], OEM.LSTM_ONLY, {
    gzip: false,
    cacheMethod: 'none',
    errorHandler: () => {},
    logger: () => {},
  });
  await created.setParameters({ tessedit_pageseg_mode: PSM.AUTO, user_defined_dpi: '200' });
  return created;
}

/** Below this mean confidence (0..100) a page is tried the other ways up. */
const LOW_CONFIDENCE = 60;
const QUARTER = Math.PI / 2;

/**
 * Text of a page image (PNG, JPEG, BMP, TIFF, WebP or PNM bytes).
 * @throws {TerminalError} extract.corrupt when it is no image
 */
export async function recognize(image: Uint8Array): Promise<string> {
  worker ??= start();
  const ready = await worker;
  let best = await attempt(ready, image, 0);
  for (const turns of [1, 3, 2]) {
    if (best.confidence >= LOW_CONFIDENCE) break;
    const turned = await attempt(ready, image, turns);
    if (turned.confidence > best.confidence) best = turned;
  }
  return best.text;
}

async function attempt(ready: Worker, image: Uint8Array, turns: number): Promise<{ text: string; confidence: number }> {
  const upright = turns === 0 ? { rotateAuto: false } : { rotateAuto: false, rotateRadians: turns * QUARTER };
  try {
    const { data } = await ready.recognize(Buffer.from(image.buffer, image.byteOffset, image.byteLength), upright);
    return { text: data.text, confidence: data.text.trim() === '' ? 0 : data.confidence };
  } catch (error) {
    throw new TerminalError('extract.corrupt', 'image: it cannot be read', { cause: error });
  }
}
