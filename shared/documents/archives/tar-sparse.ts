// Files with holes in a tar (`tar -S`): what is stored of them, and where it belongs. GNU's own header, and its three forms within PAX.
// Invariant: nothing is written but within the file, and no more than is stored. Source: GNU tar manual, "Storing Sparse Files".
import { TerminalError } from '../../errors.ts';
import type { TarEntry } from './tar-directory.ts';
import { numberAt, type Pax } from './tar-fields.ts';

interface SparseFile {
  /** Of the file, holes included. */
  bytes: number;
  /** Offset and size of each region, one after the other. */
  regions: readonly number[];
  /** The regions one after the other. */
  stored: Buffer;
}

const [BLOCK_BYTES, NUMBER_BYTES] = [512, 12];
/** Each is an offset or a size: what no file of documents has. */
const MAX_NUMBERS = 1_000_000;

/**
 * What was packed; holes are zeros.
 * @throws {TerminalError} extract.too-large over the cap, extract.corrupt where the map of a file with holes is damaged
 */
export function wholeFile(entry: TarEntry, cap: number): Buffer {
  const sparse = sparseFile(entry);
  const bytes = sparse?.bytes ?? entry.content.length;
  if (bytes > cap) throw new TerminalError('extract.too-large', `archive member: it has more than ${cap} bytes`);
  return sparse === undefined ? entry.content : filled(sparse);
}

function sparseFile({ sparseHead, pax, content }: TarEntry): SparseFile | undefined {
  if (sparseHead !== undefined)
    return { bytes: size(numberAt(sparseHead, 483, NUMBER_BYTES)), regions: ofHead(sparseHead), stored: content };
  const textOf = (key: string) => pax?.values.get(`GNU.sparse.${key}`)?.toString('latin1');
  if (textOf('major') === '1') return { ...ofContent(content), bytes: size(textOf('realsize')) };
  const bytes = textOf('size');
  if (pax === undefined || bytes === undefined) return undefined;
  return { bytes: size(bytes), regions: ofRecords(pax, textOf('map')), stored: content };
}

/** Four regions in the header, 21 in each block behind it, up to the first that is empty. */
function ofHead(head: Buffer): number[] {
  const regions: number[] = [];
  for (let block = 0; block < head.length; block += BLOCK_BYTES) {
    const [from, count] = block === 0 ? [386, 8] : [block, 42];
    for (let i = 0; i < count; i++) {
      const at = from + i * NUMBER_BYTES;
      if (i % 2 === 0 && head[at] === 0) return regions;
      regions.push(size(numberAt(head, at, NUMBER_BYTES)));
    }
    if (regions.length > MAX_NUMBERS) throw damaged();
  }
  return regions;
}

function ofRecords({ regions }: Pax, map: string | undefined): number[] {
  return (map === undefined ? regions.map((value) => value.toString('latin1')) : map.split(',')).map(size);
}

/** Lines of numbers in whole blocks before the regions: how many there are, then each. */
function ofContent(content: Buffer): { regions: number[]; stored: Buffer } {
  let at = 0;
  const next = () => {
    const end = content.indexOf(0x0a, at);
    const line = content.toString('latin1', at, Math.min(end, at + NUMBER_BYTES * 2));
    at = end + 1;
    return size(line);
  };
  const count = 2 * next();
  if (count > MAX_NUMBERS) throw damaged();
  const regions = Array.from({ length: count }, next);
  return { regions, stored: content.subarray(Math.ceil(at / BLOCK_BYTES) * BLOCK_BYTES) };
}

function filled({ bytes, regions, stored }: SparseFile): Buffer {
  const file = Buffer.alloc(bytes);
  let from = 0;
  for (let i = 0; i + 1 < regions.length; i += 2) {
    const [offset = 0, length = 0] = [regions[i], regions[i + 1]];
    if (from + length > stored.length || offset + length > bytes) throw damaged();
    stored.copy(file, offset, from, from + length);
    from += length;
  }
  return file;
}

/** A whole number, as it is or in digits. */
function size(value: string | number | undefined): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= 0)) throw damaged();
  return number;
}

const damaged = () => new TerminalError('extract.corrupt', 'archive member: the map of its holes is damaged');
