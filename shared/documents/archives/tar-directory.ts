// Entries of a tar in memory, one by one: ustar, GNU, PAX and what tar wrote before them.
// Invariants: T1 every place and size is checked against the bytes there are. T2 an error comes where its entry would: those before it are given.
// Source: POSIX pax (ustar and extended headers); GNU tar manual, "Basic Tar Format".
import { numberAt, type Pax, paxOf, untilZero, valueIn } from './tar-fields.ts';

const BLOCK_BYTES = 512;
/** Of names and extended headers. */
const MAX_LONG_BYTES = 4 * 1024 * 1024;
const [FOLDER, SPARSE] = ['5', 'S'];
const FILE_TYPES: readonly string[] = ['0', '\0', '7', SPARSE];
const [PAX, PAX_GLOBAL, LONG_LINK] = ['x', 'g', 'K'];
const LONG_TYPES: readonly string[] = [PAX, PAX_GLOBAL, LONG_LINK, 'L', 'N'];

export interface TarEntry {
  /** As stored. */
  name: Buffer;
  /** No folder, link or device. */
  isFile: boolean;
  /** As stored. */
  content: Buffer;
  /** Header of a file with holes as GNU tar has them, with the blocks that go on with it. */
  sparseHead: Buffer | undefined;
  pax: Pax | undefined;
}

/** @throws {Error} at the first that is damaged, and where its blocks are not whole */
export function* tarEntries(tar: Buffer): Generator<TarEntry, void> {
  let longName: Buffer | undefined;
  let pax: Pax | undefined;
  let paxGlobal: Pax | undefined;
  let at = 0;
  while (at + BLOCK_BYTES <= tar.length) {
    const start = at;
    const head = tar.subarray(at, at + BLOCK_BYTES);
    at += BLOCK_BYTES;
    if (!isHeader(head)) continue;
    const type = head.toString('latin1', 156, 157);
    if (LONG_TYPES.includes(type)) {
      const bytes = numberAt(head, 124, 12);
      if (bytes > MAX_LONG_BYTES) throw new Error('tar: a header is too long');
      const data = piece(tar, at, bytes);
      at += whole(bytes);
      if (type === PAX) pax = paxOf(data, paxGlobal);
      else if (type === PAX_GLOBAL) paxGlobal = paxOf(data);
      else if (type !== LONG_LINK) longName = untilZero(data);
      continue;
    }
    if (type === SPARSE) at = behindSparseHead(tar, at);
    const sparseHead = type === SPARSE ? tar.subarray(start, at) : undefined;
    const own = (key: string) => notEmpty(pax === undefined ? undefined : valueIn(pax, key));
    const size = own('size');
    const bytes = size === undefined ? numberAt(head, 124, 12) : Number.parseInt(size.toString(), 10);
    if (!(bytes >= 0)) throw new Error('tar: a size is no number');
    const content = piece(tar, at, type === FOLDER ? 0 : bytes);
    at += whole(content.length);
    const name = own('GNU.sparse.name') ?? own('path') ?? notEmpty(longName) ?? nameOf(head);
    const isFolder = bytes === 0 && name.at(-1) === 0x2f; // of early programs, which had no sign for it
    const isFile = FILE_TYPES.includes(type) && !isFolder;
    yield { name, isFile, content, sparseHead, pax };
    longName = undefined;
    pax = undefined;
  }
  if (at !== tar.length) throw new Error('tar: it is cut off');
}

const notEmpty = (value: Buffer | undefined) => (value?.length === 0 ? undefined : value);

/** Is it no block of zeros? @throws {Error} where its sum is wrong */
function isHeader(head: Buffer): boolean {
  const spaces = 8 * 0x20; // as which the sum itself counts
  let sum = spaces;
  for (let at = 0; at < BLOCK_BYTES; at++) if (at < 148 || at >= 156) sum += head[at] ?? 0;
  if (sum === spaces) return false;
  if (sum !== numberAt(head, 148, 8)) throw new Error('tar: the sum of a header is wrong');
  return true;
}

function nameOf(head: Buffer): Buffer {
  const name = untilZero(head.subarray(0, 100));
  const isPosix = head.toString('latin1', 257, 263) === 'ustar\0';
  if (!isPosix || head[345] === 0) return name;
  return Buffer.concat([untilZero(head.subarray(345, 500)), Buffer.from('/'), name]);
}

/** Its size does not count the blocks that go on with it: the last byte that is used in each says whether there is another. */
function behindSparseHead(tar: Buffer, start: number): number {
  let at = start;
  for (let more = tar[at - BLOCK_BYTES + 482]; more !== 0; more = tar[at - BLOCK_BYTES + 504]) {
    piece(tar, at, BLOCK_BYTES);
    at += BLOCK_BYTES;
  }
  return at;
}

const whole = (bytes: number) => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;

function piece(tar: Buffer, at: number, length: number): Buffer {
  if (!(length >= 0 && at + length <= tar.length)) throw new Error('tar: it is cut off');
  return tar.subarray(at, at + length);
}
