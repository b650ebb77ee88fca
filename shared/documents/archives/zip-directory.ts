// The directory of a zip in memory, entry by entry, as it is asked for: no stream, no turn of the event loop.
// Invariants: D1 every place and size is checked against the bytes there are. D2 an error comes where its entry would: those before it are given.
// Source: APPNOTE 6.3.10, 4.3 (records), 4.5.3 (sizes above 4 GB).

const [END_RECORD, END64_LOCATOR, END64_RECORD] = [0x06054b50, 0x07064b50, 0x06064b50];
const [DIRECTORY_ENTRY, LOCAL_ENTRY] = [0x02014b50, 0x04034b50];
const [END_BYTES, LOCATOR_BYTES, END64_BYTES, ENTRY_BYTES, LOCAL_BYTES] = [22, 20, 56, 46, 30];
const MAX_COMMENT_BYTES = 0xffff;
const [ENCRYPTED, STRONG_ENCRYPTION, UTF8] = [0x1, 0x40, 0x800];
const IN_EXTRA_FIELD = 0xffffffff;
const SIZES_FIELD = 0x0001;

export interface ZipEntry {
  /** As stored. */
  name: Buffer;
  /** Does the entry say that its name is in UTF-8? */
  isUtf8: boolean;
  isEncrypted: boolean;
  method: number;
  crc32: number;
  packedBytes: number;
  /** As declared. */
  expandedBytes: number;
  /** Of its local header. */
  offset: number;
  /** Extra fields, whole. */
  extra: Buffer;
}

export interface ZipDirectory {
  /** As declared. */
  entryCount: number;
  /** @throws {Error} at the first that is damaged */
  entries(): Generator<ZipEntry, void>;
}

/** @throws {Error} where there is none that can be read, or more than one disk */
export function openDirectory(zip: Buffer): ZipDirectory {
  const end = endRecord(zip);
  const is64 = end >= LOCATOR_BYTES && zip.readUInt32LE(end - LOCATOR_BYTES) === END64_LOCATOR;
  const record = is64 ? end64Record(zip, end - LOCATOR_BYTES) : zip.subarray(end);
  const disk = is64 ? record.readUInt32LE(16) : record.readUInt16LE(4);
  if (disk !== 0) throw new Error('zip: it has more than one disk');
  const entryCount = is64 ? long(record, 32) : record.readUInt16LE(10);
  const start = is64 ? long(record, 48) : record.readUInt32LE(16);
  return { entryCount, entries: () => entriesFrom(zip, start, entryCount) };
}

/** The last that there is: its comment must end with the file. */
function endRecord(zip: Buffer): number {
  const least = Math.max(0, zip.length - MAX_COMMENT_BYTES - END_BYTES - LOCATOR_BYTES);
  for (let at = zip.length - END_BYTES; at >= least; at--) {
    if (zip[at] !== 0x50 || zip.readUInt32LE(at) !== END_RECORD) continue;
    if (zip.readUInt16LE(at + 20) !== zip.length - at - END_BYTES) break;
    return at;
  }
  throw new Error('zip: it has no end, or something stands behind it');
}

function end64Record(zip: Buffer, locator: number): Buffer {
  const record = piece(zip, long(zip, locator + 8), END64_BYTES);
  if (record.readUInt32LE(0) !== END64_RECORD) throw new Error('zip: its end for large archives is damaged');
  return record;
}

function* entriesFrom(zip: Buffer, start: number, count: number): Generator<ZipEntry, void> {
  let at = start;
  for (let read = 0; read < count; read++) {
    const head = piece(zip, at, ENTRY_BYTES);
    if (head.readUInt32LE(0) !== DIRECTORY_ENTRY) throw new Error('zip: an entry of its directory is damaged');
    const flags = head.readUInt16LE(8);
    if ((flags & STRONG_ENCRYPTION) !== 0) throw new Error('zip: its directory is encrypted');
    const [nameBytes, extraBytes] = [head.readUInt16LE(28), head.readUInt16LE(30)];
    const rest = piece(zip, at + ENTRY_BYTES, nameBytes + extraBytes + head.readUInt16LE(32));
    const entry: ZipEntry = {
      name: rest.subarray(0, nameBytes),
      isUtf8: (flags & UTF8) !== 0,
      isEncrypted: (flags & ENCRYPTED) !== 0,
      method: head.readUInt16LE(10),
      crc32: head.readUInt32LE(16),
      packedBytes: head.readUInt32LE(20),
      expandedBytes: head.readUInt32LE(24),
      offset: head.readUInt32LE(42),
      extra: rest.subarray(nameBytes, nameBytes + extraBytes),
    };
    if (extraBytes > 3) takeSizes(entry);
    yield entry;
    at += ENTRY_BYTES + rest.length;
  }
}

/** An extra field; undefined where there is none. @throws {Error} where one before it is longer than what is left */
export function extraField(extra: Buffer, id: number): Buffer | undefined {
  let found: Buffer | undefined;
  for (let at = 0; at < extra.length - 3; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) throw new Error('zip: an extra field is longer than all of them');
    if (found === undefined && extra.readUInt16LE(at) === id) found = extra.subarray(at + 4, end);
    at = end;
  }
  return found;
}

/** Sizes and places above 4 GB stand in an extra field, each only where it does not fit in its own. */
function takeSizes(entry: ZipEntry): void {
  const data = extraField(entry.extra, SIZES_FIELD);
  if (data === undefined) return;
  let at = 0;
  const next = (short: number) => {
    if (short !== IN_EXTRA_FIELD) return short;
    at += 8;
    return long(piece(data, at - 8, 8), 0);
  };
  entry.expandedBytes = next(entry.expandedBytes);
  entry.packedBytes = next(entry.packedBytes);
  entry.offset = next(entry.offset);
}

/** The packed bytes of an entry. @throws {Error} where they are not all there */
export function packedBytesOf(zip: Buffer, { offset, packedBytes }: ZipEntry): Buffer {
  const head = piece(zip, offset, LOCAL_BYTES);
  if (head.readUInt32LE(0) !== LOCAL_ENTRY) throw new Error('zip: a local header is damaged');
  return piece(zip, offset + LOCAL_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28), packedBytes);
}

function piece(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new Error('zip: it is cut off');
  return bytes.subarray(at, at + length);
}

/** Of 8 bytes; what is larger than a number can be lies beyond every file. */
const long = (bytes: Buffer, at: number) => bytes.readUInt32LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at);
