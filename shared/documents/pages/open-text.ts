// A text open for drawing: what was read from a document that has no pages of its own, or none that is drawn.
import { openTypesetter } from '../formats/pdfium-typeset.ts';
import { MAX_PICTURE_PIXELS, MAX_TEXT_PAGES } from './limits.ts';
import type { OpenPages } from './page.ts';
import { breakLines, pagesOf, SHEET, setPage } from './set-text.ts';

export async function openTextPages(text: string): Promise<OpenPages> {
  const typesetter = await openTypesetter();
  const lines = breakLines(text, typesetter.widthOf, MAX_TEXT_PAGES);
  return {
    kind: 'text',
    pages: pagesOf(lines),
    async draw(index, widthPx) {
      const { runs, words } = setPage(lines, index);
      return { bitmap: typesetter.draw(runs, SHEET, widthPx, MAX_PICTURE_PIXELS), words };
    },
    close() {},
  };
}
