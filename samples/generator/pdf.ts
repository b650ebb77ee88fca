// Blocks as a PDF: letterhead, headings, paragraphs, ruled tables, page numbers. The same bytes for the same blocks.
import PDFDocument from 'pdfkit';
import { type Block, plain } from './blocks.ts';

export interface PdfOptions {
  readonly letterhead?: string | undefined;
  readonly title?: string | undefined;
  /** User password; the file then opens with it only. */
  readonly password?: string | undefined;
}

const MARGIN = 64; // points
const FIXED_DATE = new Date('2025-06-02T08:30:00Z');

/** Write blocks as PDF (A4, built-in Helvetica and Times). */
export function toPdf(blocks: readonly Block[], options: PdfOptions = {}): Promise<Buffer> {
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    pdfVersion: '1.4',
    compress: options.password === undefined,
    info: { Title: options.title ?? '', Creator: 'samples', Producer: 'samples', CreationDate: FIXED_DATE },
    ...(options.password === undefined
      ? {}
      : { userPassword: options.password, ownerPassword: `${options.password}-owner` }),
  });
  const bytes = collect(doc);
  if (options.letterhead !== undefined) {
    doc.font('Helvetica-Bold').fontSize(9).fillColor('#335').text(options.letterhead);
    doc
      .moveTo(MARGIN, doc.y + 4)
      .lineTo(doc.page.width - MARGIN, doc.y + 4)
      .strokeColor('#99a')
      .stroke();
    doc.moveDown(2).fillColor('black');
  }
  for (const block of blocks) writeBlock(doc, block);
  numberPages(doc);
  doc.end();
  return bytes;
}

function collect(doc: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}

function writeBlock(doc: PDFKit.PDFDocument, block: Block): void {
  switch (block.kind) {
    case 'page-break':
      doc.addPage();
      return;
    case 'heading':
      doc
        .moveDown(0.5)
        .font('Helvetica-Bold')
        .fontSize(block.level === 1 ? 16 : 12)
        .text(plain(block.text), MARGIN);
      doc.moveDown(0.4);
      return;
    case 'paragraph':
      doc
        .font('Times-Roman')
        .fontSize(11)
        .text(plain(block.lines.join('\n')), MARGIN, undefined, { lineGap: 2 });
      doc.moveDown(0.7);
      return;
    case 'list':
      doc.font('Times-Roman').fontSize(11);
      for (const item of block.items) doc.text(`•  ${plain(item)}`, MARGIN + 10, undefined, { lineGap: 2 });
      doc.moveDown(0.7);
      return;
    case 'table':
      writeTable(doc, block.rows);
  }
}

function writeTable(doc: PDFKit.PDFDocument, rows: readonly (readonly string[])[]): void {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = columnWidths(rows, columns, doc.page.width - 2 * MARGIN);
  doc.font('Helvetica').fontSize(8.5);
  for (const [index, row] of rows.entries()) {
    doc.font(index === 0 && rows.length > 2 ? 'Helvetica-Bold' : 'Helvetica');
    const height = Math.max(...row.map((cell, c) => doc.heightOfString(plain(cell), { width: widths[c]! - 6 }))) + 5;
    if (doc.y + height > doc.page.height - MARGIN) doc.addPage();
    const top = doc.y;
    let left = MARGIN;
    for (const [c, cell] of row.entries()) {
      doc.text(plain(cell), left + 3, top + 2, { width: widths[c]! - 6 });
      left += widths[c]!;
    }
    doc
      .moveTo(MARGIN, top + height - 1)
      .lineTo(doc.page.width - MARGIN, top + height - 1)
      .lineWidth(0.3)
      .strokeColor('#888')
      .stroke();
    doc.x = MARGIN;
    doc.y = top + height;
  }
  doc.moveDown(1);
}

/** Widths in proportion to the longest cell of each column, short columns never starved. */
function columnWidths(rows: readonly (readonly string[])[], columns: number, total: number): number[] {
  const longest = Array.from({ length: columns }, (_, c) =>
    Math.max(8, ...rows.map((row) => Math.min(60, row[c]?.length ?? 0))),
  );
  const sum = longest.reduce((a, b) => a + b, 0);
  return longest.map((length) => (total * length) / sum);
}

function numberPages(doc: PDFKit.PDFDocument): void {
  const { count } = doc.bufferedPageRange();
  if (count < 2) return;
  for (let page = 0; page < count; page++) {
    doc.switchToPage(page);
    // Text below the bottom margin would start a new page.
    doc.page.margins.bottom = 0;
    doc
      .font('Helvetica')
      .fontSize(8)
      .text(`Page ${page + 1} of ${count}`, MARGIN, doc.page.height - 40, { align: 'center' });
  }
}
