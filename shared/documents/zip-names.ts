// Names of the members of a zip, and the text of one, for telling what a package is: cheap, and content with damage.
// Invariant: Z1 at most MAX_NAMES names and MAX_TEXT bytes are looked at.
import { inflateRawSync } from 'node:zlib';

const MAX_NAMES = 4000;
const DIRECTORY_ENTRY = 0x02014b50;

/** Names in the central directory of a zip; when that is missing (a file cut off), the names of the local headers. */
export function zipNames(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return directoryNames(buffer) ?? localNames(buffer);
}

function directoryNames(buffer: Buffer): string[] | undefined {
  const directory = directoryOf(buffer);
  if (directory === undefined) return undefined;
  const names = [...directory.entries()].map(({ name }) => name);
  return names.length > 0 || directory.size === 0 ? names : undefined;
}

interface Entry {
  name: string;
  /** Of its record in the directory. */
  at: number;
}

function directoryOf(buffer: Buffer): { size: number; entries: () => Generator<Entry> } | undefined {
  const end = buffer.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > buffer.length) return undefined;
  const size = buffer.readUInt32LE(end + 12);
  const stated = buffer.readUInt32LE(end + 16);
  const isEntry = (at: number) => at >= 0 && at + 46 <= end && buffer.readUInt32LE(at) === DIRECTORY_ENTRY;
  function* entries(): Generator<Entry> {
    // The stated offset is wrong when something stands before the archive, the end minus the size when zip64 records follow.
    let at = isEntry(stated) ? stated : end - size;
    for (let count = 0; isEntry(at) && count < MAX_NAMES; count++) {
      const length = buffer.readUInt16LE(at + 28);
      yield { name: buffer.toString('latin1', at + 46, at + 46 + length), at };
      at += 46 + length + buffer.readUInt16LE(at + 30) + buffer.readUInt16LE(at + 32);
    }
  }
  return { size, entries };
}

const MAX_TEXT = 1024 * 1024;

/** A small member, stored or deflated; undefined when it is absent, damaged, packed otherwise or larger than MAX_TEXT. */
export function zipMemberText(bytes: Uint8Array, name: string): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const entry of directoryOf(buffer)?.entries() ?? []) {
    if (entry.name !== name) continue;
    const from = buffer.readUInt32LE(entry.at + 42);
    if (from + 30 > buffer.length) return undefined;
    const start = from + 30 + buffer.readUInt16LE(from + 26) + buffer.readUInt16LE(from + 28);
    const packed = buffer.subarray(start, start + buffer.readUInt32LE(entry.at + 20));
    const method = buffer.readUInt16LE(entry.at + 10);
    if (method === 0) return packed.length > MAX_TEXT ? undefined : packed.toString('utf8');
    try {
      return method === 8 ? inflateRawSync(packed, { maxOutputLength: MAX_TEXT }).toString('utf8') : undefined;
    } catch {
      return undefined; // the reader says what is damaged
    }
  }
  return undefined;
}

/** Not for sound archives: members stored without compression may hold headers of their own. */
function localNames(buffer: Buffer): string[] {
  const names: string[] = [];
  const mark = Buffer.from('PK\x03\x04');
  for (let at = buffer.indexOf(mark); at >= 0 && names.length < MAX_NAMES; at = buffer.indexOf(mark, at + 4)) {
    if (at + 30 > buffer.length) break;
    const length = buffer.readUInt16LE(at + 26);
    if (length < 512) names.push(buffer.toString('latin1', at + 30, at + 30 + length));
  }
  return names;
}
