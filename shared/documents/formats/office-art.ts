// OfficeArt in the binary formats of Office (doc, xls, ppt): pictures, and words set as art (watermarks), wherever a stream holds them.
// Source: [MS-ODRAW] 2.2.23 (kinds of pictures), 2.2.27 to 2.2.30 (JPEG, PNG, DIB, TIFF), 2.2.9 (properties), 2.3.22.1 (gtextUNICODE).
import type { ExtractLimits } from '../limits.ts';
import { mayHoldText, type Picture } from '../pictures.ts';
import { bitmapFile } from './metafile.ts';

/** Record instances by type; odd ones carry a second identifier of 16 bytes. Metafiles hold no scan. */
const INSTANCES: Readonly<Record<number, readonly number[]>> = {
  61469: [0x46a, 0x46b, 0x6e2, 0x6e3],
  61470: [0x6e0, 0x6e1],
  61471: [0x7a8, 0x7a9],
  61481: [0x6e4, 0x6e5],
};
const DIB = 0xf01f;
const HEADER_BYTES = 8;
const IDENTIFIER_BYTES = 16;

/** Pictures large enough to be scans, one more than the limit at most: what is left out must show. */
export function scannedBlips(streams: readonly (Buffer | undefined)[], limits: ExtractLimits): Picture[] {
  const pictures: Picture[] = [];
  for (const stream of streams) if (stream !== undefined) takeBlips(stream, pictures, limits.maxOcrPages + 1);
  return pictures;
}

function takeBlips(stream: Buffer, pictures: Picture[], max: number): void {
  // The high byte of all four types; the look is for a header around it.
  for (let mark = stream.indexOf(0xf0); mark >= 0 && pictures.length < max; ) {
    const at = mark - 3;
    const picture = at < 0 ? undefined : blipAt(stream, at);
    if (picture !== undefined && mayHoldText(picture)) pictures.push({ bytes: picture });
    mark = stream.indexOf(0xf0, picture === undefined ? mark + 1 : at + HEADER_BYTES + picture.length);
  }
}

function blipAt(stream: Buffer, at: number): Buffer | undefined {
  const type = stream.readUInt16LE(at + 2);
  const instance = stream.readUInt16LE(at) >> 4;
  if (INSTANCES[type]?.includes(instance) !== true || at + HEADER_BYTES > stream.length) return undefined;
  const size = stream.readUInt32LE(at + 4);
  const from = at + HEADER_BYTES + IDENTIFIER_BYTES * (1 + (instance & 1)) + 1;
  const to = at + HEADER_BYTES + size;
  if (to > stream.length || from >= to) return undefined;
  const content = stream.subarray(from, to);
  return type === DIB ? bitmapFile(content) : content;
}

const PROPERTIES = Buffer.from([0x0b, 0xf0]);
/** gtextUNICODE. */
const ART_TEXT = 0xc0;
const NUMBER = 0x3fff;
/** The value is a size, the text stands behind all properties. */
const COMPLEX = 0x8000;
const MAX_ART_TEXTS = 100;
const MAX_ART_BYTES = 4096;

/** Words set as art, each once. */
export function artTexts(stream: Buffer | undefined): string[] {
  const texts = new Set<string>();
  if (stream === undefined) return [];
  for (let mark = stream.indexOf(PROPERTIES); mark >= 0; mark = stream.indexOf(PROPERTIES, mark + 2)) {
    const text = mark < 2 ? undefined : artTextAt(stream, mark - 2);
    if (text !== undefined && text !== '' && texts.size < MAX_ART_TEXTS) texts.add(text);
  }
  return [...texts];
}

function artTextAt(stream: Buffer, at: number): string | undefined {
  if ((stream[at]! & 0x0f) !== 3 || at + HEADER_BYTES > stream.length) return undefined; // at is before a match
  const count = stream.readUInt16LE(at) >> 4;
  const rows = at + HEADER_BYTES;
  let behind = rows + count * 6;
  if (behind > stream.length || behind > rows + stream.readUInt32LE(at + 4)) return undefined;
  for (let row = rows; row < rows + count * 6; row += 6) {
    const property = stream.readUInt16LE(row);
    const size = stream.readUInt32LE(row + 2);
    if ((property & COMPLEX) === 0) continue;
    if ((property & NUMBER) === ART_TEXT)
      return textIn(stream.subarray(behind, behind + Math.min(size, MAX_ART_BYTES)));
    behind += size;
  }
  return undefined;
}

const textIn = (bytes: Buffer) =>
  bytes
    .toString('utf16le')
    .replace(/\0[\s\S]*$/, '')
    .trim();
