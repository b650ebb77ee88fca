// ActiveMime (oledata.mso, editdata.mso): what Word puts beside a page, a mail or an XML document it wrote: a compound file packed by zlib that holds
// the embedded objects, or macros. Nobody published the format; the packed data stand behind a header of 50 bytes, in some files a longer one.
// Invariant: A1 no more than the cap is unpacked.
import { inflateSync } from 'node:zlib';
import { TerminalError } from '../../errors.ts';
import type { EmbeddedFile } from '../reading.ts';
import { openOle } from './ole.ts';
import { documentsIn, unwrapOle } from './ole-object.ts';

const NAME = 'ActiveMime';
const MIN_HEADER = 32;
const MAX_HEADER = 1024;
const OLE_MAGIC = Buffer.from('d0cf11e0', 'hex');

export const isActiveMime = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(NAME.length, bytes.byteLength)).toString('latin1') === NAME;

/**
 * Documents inside; none where it holds macros or settings.
 * @param cap  bytes that it may expand to
 * @throws {TerminalError} extract.corrupt or extract.too-large
 */
export async function activeMimeFiles(bytes: Uint8Array, maxFiles: number, cap: number): Promise<EmbeddedFile[]> {
  const content = unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), cap);
  const own = await unwrapOle(content, 'object-1.bin');
  if (own !== undefined) return [own];
  return await documentsIn((await openOle(content)).storages(/^[^/]+$/), maxFiles);
}

function unpack(file: Buffer, cap: number): Buffer {
  for (let at = MIN_HEADER; at < Math.min(MAX_HEADER, file.length - 1); at++) {
    // The two bytes that begin zlib data are a multiple of 31 (RFC 1950).
    if (file[at] !== 0x78 || file.readUInt16BE(at) % 31 !== 0) continue;
    try {
      const content = inflateSync(file.subarray(at), { maxOutputLength: Math.max(1, cap) });
      if (content.subarray(0, 4).equals(OLE_MAGIC)) return content;
    } catch (error) {
      if (error instanceof RangeError)
        throw new TerminalError('extract.too-large', `active mime: it expands to more than ${cap} bytes`);
      // Not the beginning of the data, or damaged.
    }
  }
  throw new TerminalError('extract.corrupt', 'active mime: its data are damaged or cut off');
}
