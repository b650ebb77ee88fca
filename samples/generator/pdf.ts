// Blocks as a PDF: letterhead, headings, paragraphs, ruled tables, page numbers. The same bytes for the same blocks.
// Trap: the library writes a character outside Windows-1252 in a built-in font as hex of another length, which turns the rest of the line into
// garbage. Such a document gets an embedded font, and a character that this lacks is refused.
import { fileURLToPath } from 'node:url';
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

/** Write blocks as PDF (A4; built-in Helvetica and Times, embedded DejaVu where these lack a character). @throws {Error} for one that it lacks too */
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
  const fonts = chooseFonts(doc, [options.letterhead ?? '', ...blocks.flatMap(textsOf)]);
  const bytes = collect(doc);
  if (options.letterhead !== undefined) {
    doc.font(fonts.bold).fontSize(9).fillColor('#335').text(options.letterhead);
    doc
      .moveTo(MARGIN, doc.y + 4)
      .lineTo(doc.page.width - MARGIN, doc.y + 4)
      .strokeColor('#99a')
      .stroke();
    doc.moveDown(2).fillColor('black');
  }
  for (const block of blocks) writeBlock(doc, block, fonts);
  numberPages(doc, fonts);
  doc.end();
  return bytes;
}

interface Fonts {
  readonly bold: string;
  readonly text: string;
  readonly table: string;
}

const BUILT_IN: Fonts = { bold: 'Helvetica-Bold', text: 'Times-Roman', table: 'Helvetica' };
const embedded = (face: string) => fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${face}.ttf`));

/** Everything the built-in fonts can write. */
const WINDOWS_1252 = new Set(
  new TextDecoder('windows-1252')
    .decode(Uint8Array.from({ length: 224 }, (_, i) => i + 32))
    .replace(/[\x7f-\x9f]/g, ''),
);

function chooseFonts(doc: PDFKit.PDFDocument, texts: readonly string[]): Fonts {
  const needed = new Set(texts.join('').replace(/[\r\n\t]/g, ''));
  if ([...needed].every((char) => WINDOWS_1252.has(char))) return BUILT_IN;
  const fonts: Fonts = {
    bold: embedded('DejaVuSans-Bold'),
    text: embedded('DejaVuSerif'),
    table: embedded('DejaVuSans'),
  };
  for (const font of Object.values(fonts)) {
    // The types leave out the font that is open.
    const { _font: open } = doc.font(font) as unknown as {
      _font: { font: { hasGlyphForCodePoint(code: number): boolean } };
    };
    for (const char of needed)
      if (!open.font.hasGlyphForCodePoint(char.codePointAt(0) ?? 0))
        throw new Error(`pdf: U+${char.codePointAt(0)?.toString(16)} cannot be written`);
  }
  return fonts;
}

function textsOf(block: Block): string[] {
  switch (block.kind) {
    case 'page-break':
      return [];
    case 'heading':
      return [plain(block.text)];
    case 'paragraph':
      return block.lines.map(plain);
    case 'list':
      return block.items.map(plain);
    case 'table':
      return block.rows.flat().map(plain);
  }
}

function collect(doc: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}

function writeBlock(doc: PDFKit.PDFDocument, block: Block, fonts: Fonts): void {
  switch (block.kind) {
    case 'page-break':
      doc.addPage();
      return;
    case 'heading':
      doc
        .moveDown(0.5)
        .font(fonts.bold)
        .fontSize(block.level === 1 ? 16 : 12)
        .text(plain(block.text), MARGIN);
      doc.moveDown(0.4);
      return;
    case 'paragraph':
      doc
        .font(fonts.text)
        .fontSize(11)
        .text(plain(block.lines.join('\n')), MARGIN, undefined, { lineGap: 2 });
      doc.moveDown(0.7);
      return;
    case 'list':
      doc.font(fonts.text).fontSize(11);
      for (const item of block.items) doc.text(`•  ${plain(item)}`, MARGIN + 10, undefined, { lineGap: 2 });
      doc.moveDown(0.7);
      return;
    case 'table':
      writeTable(doc, block.rows, fonts);
  }
}

function writeTable(doc: PDFKit.PDFDocument, rows: readonly (readonly string[])[], fonts: Fonts): void {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = columnWidths(rows, columns, doc.page.width - 2 * MARGIN);
  doc.font(fonts.table).fontSize(8.5);
  for (const [index, row] of rows.entries()) {
    doc.font(index === 0 && rows.length > 2 ? fonts.bold : fonts.table);
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

function numberPages(doc: PDFKit.PDFDocument, fonts: Fonts): void {
  const { count } = doc.bufferedPageRange();
  if (count < 2) return;
  for (let page = 0; page < count; page++) {
    doc.switchToPage(page);
    // Text below the bottom margin would start a new page.
    doc.page.margins.bottom = 0;
    doc
      .font(fonts.table)
      .fontSize(8)
      .text(`Page ${page + 1} of ${count}`, MARGIN, doc.page.height - 40, { align: 'center' });
  }
}
