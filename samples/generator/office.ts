// Blocks as Word, Excel and PowerPoint files. Dates inside are fixed afterwards, see zip.ts.
import { utils, write } from '@e965/xlsx';
import { Document, HeadingLevel, Packer, Paragraph, Table, TableCell, TableRow, TextRun, WidthType } from 'docx';
import pptxgen from 'pptxgenjs';
import { type Block, plain } from './blocks.ts';
import { withFixedDates } from './zip.ts';

/** Blocks as .docx. */
export async function toDocx(blocks: readonly Block[], title: string): Promise<Buffer> {
  const children = blocks.flatMap(wordBlock);
  const document = new Document({ creator: 'samples', title, sections: [{ children }] });
  return withFixedDates(await Packer.toBuffer(document));
}

function wordBlock(block: Block): (Paragraph | Table)[] {
  switch (block.kind) {
    case 'heading': {
      const heading = block.level === 1 ? HeadingLevel.HEADING_1 : HeadingLevel.HEADING_2;
      return [new Paragraph({ text: plain(block.text), heading })];
    }
    case 'paragraph': {
      const runs = block.lines.map(
        (line, index) => new TextRun({ text: plain(line), ...(index > 0 ? { break: 1 } : {}) }),
      );
      return [new Paragraph({ children: runs, spacing: { after: 160 } })];
    }
    case 'list':
      return block.items.map((item) => new Paragraph({ text: plain(item), bullet: { level: 0 } }));
    case 'table':
      return [wordTable(block.rows), new Paragraph('')];
    case 'page-break':
      return [new Paragraph({ text: '', pageBreakBefore: true })];
  }
}

function wordTable(rows: readonly (readonly string[])[]): Table {
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    rows: rows.map(
      (row) => new TableRow({ children: row.map((cell) => new TableCell({ children: [new Paragraph(plain(cell))] })) }),
    ),
  });
}

/** Blocks as .xlsx: every first-level heading starts a sheet; cells that are numbers become numbers. */
export async function toXlsx(blocks: readonly Block[]): Promise<Buffer> {
  const book = utils.book_new();
  let name = 'Sheet1';
  let rows: (string | number)[][] = [];
  const flush = (): void => {
    if (rows.length > 0) utils.book_append_sheet(book, utils.aoa_to_sheet(rows), name);
    rows = [];
  };
  for (const block of blocks) {
    if (block.kind === 'heading' && block.level === 1) {
      flush();
      name = block.text.slice(0, 31); // Excel's limit for a sheet name
    } else if (block.kind === 'table') rows.push(...block.rows.map((row) => row.map(cellValue)), []);
    else if (block.kind === 'paragraph') rows.push([plain(block.lines.join(' '))], []);
    else if (block.kind === 'list') rows.push(...block.items.map((item) => [plain(item)]));
    else if (block.kind === 'heading') rows.push([plain(block.text)]);
  }
  flush();
  const bytes: unknown = write(book, { type: 'buffer', bookType: 'xlsx', compression: true });
  return withFixedDates(bytes as Buffer); // type: 'buffer' returns a Buffer in Node; the library types it as any
}

function cellValue(cell: string): string | number {
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(cell) ? Number(cell) : plain(cell);
}

/** Blocks as .pptx: every first-level heading starts a slide. */
export async function toPptx(blocks: readonly Block[]): Promise<Buffer> {
  // The package types its CommonJS default export as a namespace under Node resolution.
  const Presentation = pptxgen as unknown as typeof pptxgen.default;
  const deck = new Presentation();
  let slide: ReturnType<typeof deck.addSlide> | undefined;
  for (const block of blocks) {
    if (block.kind === 'heading') {
      slide = deck.addSlide();
      slide.addText(plain(block.text), { x: 0.5, y: 0.3, w: 9, h: 0.9, fontSize: 28, bold: true });
    } else if (block.kind === 'list')
      slide?.addText(
        block.items.map((item) => ({ text: plain(item), options: { bullet: true, breakLine: true } })),
        { x: 0.6, y: 1.4, w: 8.8, h: 3.6, fontSize: 18, valign: 'top' },
      );
    else if (block.kind === 'paragraph')
      slide?.addText(plain(block.lines.join(' ')), { x: 0.6, y: 1.3, w: 8.8, h: 1, fontSize: 18 });
  }
  const bytes = await deck.write({ outputType: 'nodebuffer' });
  return withFixedDates(bytes as Buffer); // outputType: 'nodebuffer' returns a Buffer
}
