// Word 6 to 2003 documents (doc): all text stories by the piece table, field results without field codes.
// Source: [MS-DOC] 2.4.1 (retrieving text), 2.5 (FIB), 2.9.38 (Clx).
import { TerminalError } from '../../errors.ts';
import { decodeAs } from '../charset.ts';
import { plain, type ReadContext, type ReadText } from '../reading.ts';
import { openOle } from './ole.ts';

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
  const raw =
    main.readUInt16LE(2) < WORD_8 || magic === 0xa5dc
      ? await plainText(main)
      : pieceText(main, file.stream((flags & TABLE_1) !== 0 ? '1Table' : '0Table'), limits.maxChars);
  return plain(toText(raw));
}

/** Word 6 and 95: one run of 8-bit text. */
async function plainText(main: Buffer): Promise<string> {
  const from = main.readUInt32LE(0x18);
  const to = main.readUInt32LE(0x1c);
  if (from >= to || to > main.length) throw new TerminalError('extract.corrupt', 'doc: its text lies outside the file');
  return (await decodeAs(main.subarray(from, to), 'windows-1252')) ?? '';
}

function pieceText(main: Buffer, table: Buffer | undefined, maxChars: number): string {
  if (table === undefined || main.length < FC_CLX + 8)
    throw new TerminalError('extract.corrupt', 'doc: its table stream is missing');
  const at = main.readUInt32LE(FC_CLX);
  const pieces = pieceTable(table.subarray(at, at + main.readUInt32LE(FC_CLX + 4)));
  const count = Math.floor((pieces.length - 4) / 12);
  const texts: string[] = [];
  let chars = 0;
  for (let i = 0; i < count; i++) {
    const length = pieces.readUInt32LE((i + 1) * 4) - pieces.readUInt32LE(i * 4);
    const position = pieces.readUInt32LE((count + 1) * 4 + i * 8 + 2);
    const isNarrow = (position & 0x40000000) !== 0;
    const offset = (position & 0x3fffffff) / (isNarrow ? 2 : 1);
    if (length < 0 || length > main.length)
      throw new TerminalError('extract.corrupt', 'doc: its piece table is damaged');
    chars += length;
    if (chars > maxChars)
      throw new TerminalError('extract.too-large', `doc: at most ${maxChars} characters of text are kept`);
    const piece = main.subarray(offset, offset + (isNarrow ? length : length * 2));
    texts.push(isNarrow ? new TextDecoder('windows-1252').decode(piece) : piece.toString('utf16le'));
  }
  return texts.join('');
}

/** PlcPcd of a Clx, behind any number of property lists. */
function pieceTable(clx: Buffer): Buffer {
  let at = 0;
  while (at + 3 <= clx.length && clx[at] === 1) at += 3 + clx.readUInt16LE(at + 1);
  if (clx[at] !== 2 || at + 5 > clx.length)
    throw new TerminalError('extract.corrupt', 'doc: its piece table is missing');
  return clx.subarray(at + 5, at + 5 + clx.readUInt32LE(at + 1));
}

/** Word's own marks to text: cells, rows, breaks; field codes (13h … 14h) go, results (14h … 15h) stay. */
function toText(raw: string): string {
  const out: string[] = [];
  const fields: boolean[] = []; // true = inside the code of that field
  for (const char of raw) {
    const code = char.charCodeAt(0);
    if (code === 0x13) fields.push(true);
    else if (code === 0x14 && fields.length > 0) fields[fields.length - 1] = false;
    else if (code === 0x15) fields.pop();
    else if (fields.includes(true)) continue;
    else if (code === 0x07) out.push('\t');
    else if (code === 0x0d || code === 0x0b || code === 0x0c || code === 0x0e) out.push('\n');
    else if (code === 0x1e) out.push('-');
    else if (code === 0x1f)
      continue; // optional hyphen
    else if (code >= 0x20 || code === 0x09) out.push(char);
  }
  return out.join('');
}
