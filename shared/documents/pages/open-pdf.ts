// A PDF open for drawing, page after page.
import { TerminalError } from '../../errors.ts';
import { openPdf } from '../formats/pdfium.ts';
import type { ExtractLimits } from '../limits.ts';
import { MAX_PAGE_CHARS, MAX_PICTURE_PIXELS } from './limits.ts';
import type { OpenPages } from './page.ts';

/** @throws {TerminalError} extract.encrypted, extract.corrupt, extract.too-many-pages */
export async function openPdfPages(bytes: Uint8Array, { maxPages }: ExtractLimits): Promise<OpenPages> {
  const pdf = await openPdf(bytes);
  const pages = pdf.pageCount;
  if (pages > maxPages) {
    pdf.close();
    throw new TerminalError('extract.too-many-pages', `pdf: at most ${maxPages} pages are shown, have ${pages}`);
  }
  return {
    kind: 'pdf',
    pages,
    async draw(index, widthPx) {
      const drawn = pdf.page(index, (page) => ({
        bitmap: page.picture(widthPx, MAX_PICTURE_PIXELS),
        words: page.words(MAX_PAGE_CHARS),
      }));
      if (drawn === undefined) throw new TerminalError('extract.corrupt', `pdf: page ${index + 1} cannot be opened`);
      return drawn;
    },
    close: () => pdf.close(),
  };
}
