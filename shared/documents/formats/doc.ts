// Word 6 to 2003 documents (doc): all text stories by the piece table, field results without field codes, choices of form fields, documents and
// scans inside. Tracked changes are read as accepted; hidden text is no content. Word 6 and 95 keep their marks otherwise: there all text is read.
// Source: [MS-DOC] 2.4.1 (retrieving text), 2.5 (FIB), 2.9.38 (Clx).
import { TerminalError } from '../../errors.ts';
import { decodeAs } from '../charset.ts';
import { plain, type ReadContext, type ReadText } from '../reading.ts';
import { symbolText } from './choices.ts';
import { type DocRow, isPieceGone, type Run, rowsOf, runsOf } from './doc-runs.ts';
import { fieldText, MAX_FIELD_CODE } from './field-code.ts';
import { artTexts, scannedBlips } from './office-art.ts';
import { openOle } from './ole.ts';
import { documentsIn } from './ole-object.ts';
import { TableGrid } from './table-grid.ts';

const WORD_MAGIC = 0xa5ec;
const WORD_8 = 0xc1; // nFib of Word 97; older files have no Unicode
const ENCRYPTED = 0x0100;
const TABLE_1 = 0x0200;
const FC_CLX = 0x01a2;

export async function readDoc(bytes: Uint8Array, { limits }: ReadContext): Promise<ReadText> {
  const file = await openOle(bytes);
  const main = file.stream('WordDocument');
  if (main === undefined || main.length < 34)
    throw new TerminalError('extract.corrupt', 'doc: its main stream is missing');
  const magic = main.readUInt16LE(0);
  if (magic !== WORD_MAGIC && magic !== 0xa5dc)
    throw new TerminalError('extract.corrupt', 'doc: its main stream is damaged');
  const flags = main.readUInt16LE(10);
  if ((flags & ENCRYPTED) !== 0) throw new TerminalError('extract.encrypted', 'doc: it needs a password');
  const isOld = main.readUInt16LE(2) < WORD_8 || magic === 0xa5dc;
  const table = file.stream((flags & TABLE_1) !== 0 ? '1Table' : '0Table');
  const data = file.stream('Data');
  const rows: DocRow[] = [];
  const pieces = isOld ? [{ raw: await plainText(main) }] : pieceTexts(main, table, data, limits.maxChars, rows);
  return {
    ...plain([toText(pieces, rows), ...artTexts(table)].join('\n')),
    embedded: await documentsIn(file.storages(/^ObjectPool\/[^/]+$/), limits.maxArchiveEntries),
    pictures: scannedBlips([data, isOld ? undefined : main], limits),
  };
}

/** Text with Word's own marks in it and the two below, or words that stand as they are. */
type Piece = { raw: string } | { words: string };

/** The end of a row, and of one whose text is gone: Word closes rows with one more cell mark. Codes that Word does not use. */
const ROW = '\x18';
const GONE_ROW = '\x19';

/** Word 6 and 95: one run of 8-bit text. */
async function plainText(main: Buffer): Promise<string> {
  const from = main.readUInt32LE(0x18);
  const to = main.readUInt32LE(0x1c);
  if (from >= to || to > main.length) throw new TerminalError('extract.corrupt', 'doc: its text lies outside the file');
  return (await decodeAs(main.subarray(from, to), 'windows-1252')) ?? '';
}

/** @param rows  is given the row of each ROW and GONE_ROW, in their order */
function pieceTexts(
  main: Buffer,
  table: Buffer | undefined,
  data: Buffer | undefined,
  maxChars: number,
  rows: DocRow[],
): Piece[] {
  if (table === undefined || main.length < FC_CLX + 8)
    throw new TerminalError('extract.corrupt', 'doc: its table stream is missing');
  const at = main.readUInt32LE(FC_CLX);
  const { pieces, lists } = pieceTable(table.subarray(at, at + main.readUInt32LE(FC_CLX + 4)));
  const runs = new RunCursor(runsOf({ main, table, data }));
  const rowEnds = new Map(rowsOf({ main, table, data }).map((row) => [row.end, row]));
  const count = Math.floor((pieces.length - 4) / 12);
  const texts: Piece[] = [];
  let chars = 0;
  for (let i = 0; i < count; i++) {
    const length = pieces.readUInt32LE((i + 1) * 4) - pieces.readUInt32LE(i * 4);
    const descriptor = (count + 1) * 4 + i * 8;
    const position = pieces.readUInt32LE(descriptor + 2);
    const isNarrow = (position & 0x40000000) !== 0;
    const offset = (position & 0x3fffffff) / (isNarrow ? 2 : 1);
    if (length < 0 || length > main.length)
      throw new TerminalError('extract.corrupt', 'doc: its piece table is damaged');
    chars += length;
    if (chars > maxChars)
      throw new TerminalError('extract.too-large', `doc: at most ${maxChars} characters of text are kept`);
    const bytes = isNarrow ? length : length * 2;
    const piece = main.subarray(offset, offset + bytes);
    const letters = isNarrow ? new TextDecoder('windows-1252').decode(piece) : piece.toString('utf16le');
    const raw = withRowEnds(letters, offset, isNarrow ? 1 : 2, rowEnds, rows);
    if (isPieceGone(pieces.readUInt16LE(descriptor + 6), lists)) texts.push({ raw: marksIn(raw) });
    else addPiece(texts, raw, offset, isNarrow ? 1 : 2, runs.within(offset, offset + bytes));
  }
  return texts;
}

const withRowEnds = (
  letters: string,
  offset: number,
  width: number,
  rowEnds: ReadonlyMap<number, DocRow>,
  rows: DocRow[],
) =>
  letters.replace(/[\x07\x18\x19]/g, (mark, index: number) => {
    const row = mark === '\x07' ? rowEnds.get(offset + (index + 1) * width) : undefined;
    if (row === undefined) return mark === '\x07' ? mark : ' ';
    rows.push(row);
    return ROW;
  });

/** Runs of the stream for pieces, which mostly follow each other. */
class RunCursor {
  readonly #runs: readonly Run[];
  #at = 0;

  constructor(runs: readonly Run[]) {
    this.#runs = runs;
  }

  *within(from: number, to: number): Generator<Run> {
    if ((this.#runs[this.#at - 1]?.to ?? 0) > from) this.#at = 0;
    while (this.#at < this.#runs.length && this.#runs[this.#at]!.to <= from) this.#at += 1; // at < length
    for (let i = this.#at; i < this.#runs.length && this.#runs[i]!.from < to; i++) yield this.#runs[i]!; // i < length
  }
}

/** Cut a piece where its runs are no plain text. */
function addPiece(texts: Piece[], raw: string, offset: number, width: number, runs: Iterable<Run>): void {
  let done = 0;
  for (const { from, to, look } of runs) {
    const start = Math.max(done, Math.floor((from - offset) / width));
    const end = Math.min(raw.length, Math.floor((to - offset) / width));
    if (end <= start) continue;
    texts.push({ raw: raw.slice(done, start) });
    const own = raw.slice(start, end);
    done = end;
    const { isGone, font, symbol, choice } = look;
    if (isGone) texts.push({ raw: marksIn(own) });
    else if (choice !== undefined) texts.push({ words: choice }, { raw: marksIn(own) });
    else if (symbol !== undefined && !own.includes(ROW))
      texts.push({ raw: symbolText(symbol.font, symbol.hex).repeat(own.length) });
    else
      texts.push({
        raw: own.replace(/[!-~\xa1-\xff\uf021-\uf0ff]/g, (c) => symbolText(font ?? '', c.charCodeAt(0).toString(16))),
      });
  }
  texts.push({ raw: raw.slice(done) });
}

/** Beginnings and ends of fields are kept of text that is gone, and that rows ended: what follows them depends on it. */
const marksIn = (raw: string) => raw.replaceAll(ROW, GONE_ROW).replace(/[^\x13-\x15\x19]/g, '');

/** PlcPcd of a Clx, behind any number of property lists. */
function pieceTable(clx: Buffer): { pieces: Buffer; lists: Buffer[] } {
  const lists: Buffer[] = [];
  let at = 0;
  while (at + 3 <= clx.length && clx[at] === 1) {
    const end = at + 3 + clx.readUInt16LE(at + 1);
    lists.push(clx.subarray(at + 3, end));
    at = end;
  }
  if (clx[at] !== 2 || at + 5 > clx.length)
    throw new TerminalError('extract.corrupt', 'doc: its piece table is missing');
  return { pieces: clx.subarray(at + 5, at + 5 + clx.readUInt32LE(at + 1)), lists };
}

/** Word's own marks to text: cells, rows, breaks; field codes (13h … 14h) go, results (14h … 15h) stay. */
function toText(pieces: readonly Piece[], rows: readonly DocRow[]): string {
  const out: string[] = [];
  const fields: Field[] = [];
  const table = new TableMarks(rows, out);
  for (const piece of pieces) {
    if ('words' in piece) {
      out.push(piece.words);
      continue;
    }
    addRaw(piece.raw, fields, out, table);
  }
  table.end();
  return out.join('');
}

/** Letters that follow each other are taken together, but for those of the codes of fields. */
function addRaw(raw: string, fields: Field[], out: string[], table: TableMarks): void {
  for (let at = 0; at < raw.length; ) {
    const end = fields.some(({ isCode }) => isCode) ? at : endOfLetters(raw, at);
    if (end > at) {
      const letters = raw.slice(at, end);
      const field = fields.at(-1);
      if (field !== undefined && /[^\t ]/.test(letters)) field.hasResult = true;
      out.push(letters);
      at = end;
    } else {
      const char = String.fromCodePoint(raw.codePointAt(at)!); // at < length
      addChar(char, fields, out, table);
      at += char.length;
    }
  }
}

/** Behind the tabs, and letters that are no mark, from there on. */
function endOfLetters(raw: string, from: number): number {
  let at = from;
  while (at < raw.length && (raw.charCodeAt(at) >= 0x20 || raw.charCodeAt(at) === 0x09)) at += 1;
  return at;
}

interface Field {
  isCode: boolean;
  code: string;
  /** Something stands in its result. */
  hasResult: boolean;
}

/** Cells and rows that stand in the text, with their columns. */
class TableMarks {
  readonly #rows: readonly DocRow[];
  readonly #out: string[];
  readonly #grid: TableGrid;
  #next = 0;

  constructor(rows: readonly DocRow[], out: string[]) {
    this.#rows = rows;
    this.#out = out;
    this.#grid = new TableGrid((place, text) => {
      out[place] = text;
    });
  }

  endCell(): void {
    this.#grid.endCell(this.#out.push('\t') - 1);
  }

  /** @param isSeen  false for rows whose text is gone */
  endRow(isSeen: boolean): void {
    const row = this.#rows[this.#next++];
    if (row?.startsTable === true) this.#grid.startTable();
    if (isSeen) this.#grid.endRow(this.#out.push('\n') - 1, row?.edges);
  }

  end(): void {
    this.#grid.endTable();
  }
}

function addChar(char: string, fields: Field[], out: string[], table: TableMarks): void {
  const code = char.charCodeAt(0);
  const field = fields.at(-1);
  if (char === ROW || char === GONE_ROW) table.endRow(char === ROW && !fields.some(({ isCode }) => isCode));
  else if (code === 0x13) fields.push({ isCode: true, code: '', hasResult: false });
  else if (code === 0x14 && field !== undefined) field.isCode = false;
  else if (code === 0x15) {
    fields.pop();
    const isSeen = !fields.some(({ isCode }) => isCode);
    if (field !== undefined && !field.hasResult && isSeen) out.push(fieldText(field.code) ?? '');
  } else if (fields.some(({ isCode }) => isCode)) {
    if (field !== undefined && field.code.length < MAX_FIELD_CODE) field.code += char;
  } else {
    if (field !== undefined && code > 0x20) field.hasResult = true;
    if (code === 0x07) table.endCell();
    else if (code === 0x0d || code === 0x0b || code === 0x0c || code === 0x0e) out.push('\n');
    else if (code === 0x1e) out.push('-');
    else if (code !== 0x1f && (code >= 0x20 || code === 0x09)) out.push(char); // 1Fh is an optional hyphen
  }
}
