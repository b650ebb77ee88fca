// Words of a page that is an image: read by local OCR when somebody wants to see marks on it, as the pipeline keeps texts and no boxes.
// Invariant: W1 what cannot be read has no words; its picture is shown all the same.
import { SluiceError } from '../../errors.ts';
import { endOcr, recognizeWords, type SeenWord } from '../ocr-local.ts';
import { MAX_PAGE_CHARS } from './limits.ts';
import { type Bitmap, type PageWords, UNITS_ACROSS, type WordBox } from './page.ts';
import { encodePng } from './png.ts';

/** Pixels across that small print can be read at. */
export const READING_WIDTH_PX = 1600;

/** The engine ends with it: a drawing process that kept it would be too large to keep. */
export async function readWords(bitmap: Bitmap): Promise<PageWords> {
  try {
    return wordsOf(await recognizeWords(encodePng(bitmap)), bitmap.width);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { text: '', words: [] }; // W1
  } finally {
    await endOcr();
  }
}

/** Words one after the other, lines apart, with their boxes in units. @param widthPx  of the image they were seen on */
export function wordsOf(seen: readonly SeenWord[], widthPx: number): PageWords {
  const unit = UNITS_ACROSS / widthPx;
  const words: WordBox[] = [];
  let text = '';
  for (const { text: word, x, y, width, height, isLineEnd } of seen) {
    if (text.length + word.length > MAX_PAGE_CHARS) break;
    words.push([text.length, text.length + word.length, x * unit, y * unit, width * unit, height * unit]);
    text += word + (isLineEnd ? '\n' : ' ');
  }
  return { text, words };
}
