// Small PDFs of one page made in memory for the tests: content streams, annotations and objects as the test writes them.
import { pdfFile } from './fixtures.ts';

export const pdfStream = (content: string, dictionary = '') =>
  `<< ${dictionary} /Length ${content.length} >>\nstream\n${content}\nendstream`;
export const HELVETICA = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';

/** Objects from 5 on are `more`; `page` and `catalog` are put into their dictionaries. */
export function pdfPage(
  content: string,
  { page = '', catalog = '', resources = `/Font << /F1 ${HELVETICA} >>`, more = [] as readonly string[] } = {},
): Buffer {
  return pdfFile([
    `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << ${resources} >> ${page} >>`,
    pdfStream(content),
    ...more,
  ]);
}

export const pdfLine = (text: string, y = 700, size = 12) => `BT /F1 ${size} Tf 72 ${y} Td (${text}) Tj ET`;

/** A drawing of an annotation: a form object with one line. */
export const drawnLine = (text: string) =>
  pdfStream(
    `BT /F1 12 Tf 5 5 Td (${text}) Tj ET`,
    `/Type /XObject /Subtype /Form /BBox [0 0 300 40] /Resources << /Font << /F1 ${HELVETICA} >> >>`,
  );
