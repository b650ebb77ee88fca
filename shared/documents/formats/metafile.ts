// Metafiles (EMF, WMF; packed: EMZ, WMZ): drawings that programs paste into documents. Their words are text of the page; a bitmap in one may be a scan.
// Invariant: M1 a damaged record ends the walk; what was found until then counts.
// Source: [MS-EMF] 2.3.5.8 (ExtTextOutW), 2.3.5.37 (SmallTextOut), 2.3.1.7 (StretchDIBits); [MS-WMF] 2.3.3.5 (ExtTextOut), 2.3.3.20 (TextOut).
import { gunzipSync } from 'node:zlib';

export interface Metafile {
  /** A line per run that is drawn. */
  text: string;
  /** Bitmaps as files of their own (BMP). */
  bitmaps: Buffer[];
  /** Runs told as numbers of glyphs, which nobody can read without the font. */
  unreadable: number;
}

const MAX_RECORDS = 500_000;
const MAX_BITMAPS = 100;
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;
const PLACEABLE = 0x9ac6_cdd7;

/** @returns undefined when it is no metafile */
export function readMetafile(bytes: Uint8Array): Metafile | undefined {
  let file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file[0] === 0x1f && file[1] === 0x8b) {
    try {
      file = gunzipSync(file, { maxOutputLength: MAX_UNPACKED_BYTES });
    } catch {
      return undefined; // damaged, or too large to be a drawing
    }
  }
  if (file.length >= 88 && file.readUInt32LE(0) === 1 && file.toString('latin1', 40, 44) === ' EMF')
    return readEmf(file);
  if (file.length >= 40 && file.readUInt32LE(0) === PLACEABLE) return readWmf(file, 22);
  const isWmf =
    file.length >= 18 && (file.readUInt16LE(0) === 1 || file.readUInt16LE(0) === 2) && file.readUInt16LE(2) === 9;
  return isWmf ? readWmf(file, 0) : undefined;
}

const EMF = { stretchBits: 81, textA: 83, textW: 84, smallText: 108 } as const;
const GLYPH_NUMBERS = 0x10;
const SMALL_8_BIT = 0x200;
const NO_RECTANGLE = 0x100;

function readEmf(file: Buffer): Metafile {
  const found: Metafile = { text: '', bitmaps: [], unreadable: 0 };
  for (let at = 0, records = 0; at + 8 <= file.length && records < MAX_RECORDS; records++) {
    const size = file.readUInt32LE(at + 4);
    if (size < 8 || at + size > file.length) break;
    const record = file.subarray(at, at + size);
    const type = record.readUInt32LE(0);
    if ((type === EMF.textW || type === EMF.textA) && size >= 76) emfText(found, record, type === EMF.textW);
    else if (type === EMF.smallText && size >= 36) smallText(found, record);
    else if (type === EMF.stretchBits && size >= 80 && found.bitmaps.length < MAX_BITMAPS)
      addBitmap(
        found,
        record,
        [record.readUInt32LE(48), record.readUInt32LE(52)],
        [record.readUInt32LE(56), record.readUInt32LE(60)],
      );
    at += size;
  }
  return found;
}

function emfText(found: Metafile, record: Buffer, isWide: boolean): void {
  const [chars, from, options] = [record.readUInt32LE(44), record.readUInt32LE(48), record.readUInt32LE(52)];
  if (chars === 0) return;
  if ((options & GLYPH_NUMBERS) !== 0) {
    found.unreadable += 1;
    return;
  }
  addLine(
    found,
    record.toString(isWide ? 'utf16le' : 'latin1', from, Math.min(record.length, from + chars * (isWide ? 2 : 1))),
  );
}

function smallText(found: Metafile, record: Buffer): void {
  const [chars, options] = [record.readUInt32LE(16), record.readUInt32LE(20)];
  const from = (options & NO_RECTANGLE) === 0 ? 52 : 36;
  const is8 = (options & SMALL_8_BIT) !== 0;
  if ((options & GLYPH_NUMBERS) !== 0) found.unreadable += 1;
  else
    addLine(
      found,
      record.toString(is8 ? 'latin1' : 'utf16le', from, Math.min(record.length, from + chars * (is8 ? 1 : 2))),
    );
}

const WMF = { textOut: 0x0521, extTextOut: 0x0a32, stretchBits: 0x0f43, dibStretch: 0x0b41 } as const;
const WITH_RECTANGLE = 0x06;

function readWmf(file: Buffer, start: number): Metafile {
  const found: Metafile = { text: '', bitmaps: [], unreadable: 0 };
  for (let at = start + 18, records = 0; at + 6 <= file.length && records < MAX_RECORDS; records++) {
    const size = file.readUInt32LE(at) * 2;
    if (size < 6 || at + size > file.length) break;
    const record = file.subarray(at, at + size);
    const type = record.readUInt16LE(4);
    if (type === WMF.textOut && size >= 8)
      addLine(found, record.toString('latin1', 8, Math.min(size, 8 + record.readUInt16LE(6))));
    else if (type === WMF.extTextOut && size >= 14) {
      const options = record.readUInt16LE(12);
      const from = 14 + ((options & WITH_RECTANGLE) === 0 ? 0 : 8);
      if ((options & GLYPH_NUMBERS) !== 0) found.unreadable += 1;
      else addLine(found, record.toString('latin1', from, Math.min(size, from + record.readUInt16LE(10))));
    } else if ((type === WMF.stretchBits || type === WMF.dibStretch) && found.bitmaps.length < MAX_BITMAPS) {
      const from = type === WMF.stretchBits ? 28 : 26;
      if (size > from + 40) found.bitmaps.push(bitmapFile(record.subarray(from)));
    }
    at += size;
  }
  return found;
}

function addLine(found: Metafile, text: string): void {
  const line = text.replace(/\0/g, '').trimEnd();
  if (line.trim() !== '') found.text += `${line}\n`;
}

function addBitmap(
  found: Metafile,
  record: Buffer,
  [header, headerSize]: [number, number],
  [bits, bitsSize]: [number, number],
): void {
  if (headerSize < 40 || bitsSize === 0 || header + headerSize > record.length || bits + bitsSize > record.length)
    return;
  found.bitmaps.push(
    bitmapFile(Buffer.concat([record.subarray(header, header + headerSize), record.subarray(bits, bits + bitsSize)])),
  );
}

/** A device-independent bitmap lacks the file header of a BMP. */
export function bitmapFile(dib: Buffer): Buffer {
  const header = Buffer.alloc(14);
  header.write('BM');
  header.writeUInt32LE(14 + dib.length, 2);
  const colours = dib.length >= 40 && dib.readUInt16LE(14) <= 8 ? dib.readUInt32LE(32) || 1 << dib.readUInt16LE(14) : 0;
  header.writeUInt32LE(14 + (dib.length >= 4 ? dib.readUInt32LE(0) : 0) + Math.min(256, colours) * 4, 10);
  return Buffer.concat([header, dib]);
}
