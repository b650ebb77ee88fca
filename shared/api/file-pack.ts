// Many small files in the body of one Put Blob, for the storage of a laptop: it takes such a pack apart (local/emulators/azurite-packs.ts), so that a
// folder of files costs a request for some hundred of them. Azure has no such call.
// Form: the length of the index (32 bits, little endian), the index as JSON, then the bytes of all files in its order.

/** Metadata name that says a Put Blob is a pack. */
export const FILE_PACK = 'sluicepack';
/** A pack is held in memory on both sides. */
export const MAX_PACK_BYTES = 8 * 1024 * 1024;

const LENGTH_BYTES = 4;

export interface PackedFile {
  /** In the container. */
  path: string;
  bytes: Uint8Array;
}

export interface OpenPack {
  /** All files, one after the other. */
  content: Buffer;
  files: { path: string; offset: number; length: number }[];
}

/** The body of a Put Blob that is a pack. */
export function encodePack(files: readonly PackedFile[]): Buffer {
  const index = Buffer.from(JSON.stringify(files.map(({ path, bytes }) => [path, bytes.byteLength])), 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(index.byteLength);
  return Buffer.concat([length, index, ...files.map(({ bytes }) => bytes)]);
}

/** @throws Error it is no pack, or not a whole one */
export function openPack(body: Buffer): OpenPack {
  if (body.byteLength < LENGTH_BYTES) throw new Error('not a pack');
  const from = LENGTH_BYTES + body.readUInt32LE(0);
  if (from > body.byteLength) throw new Error('a pack without its whole index');
  const index: unknown = JSON.parse(body.toString('utf8', LENGTH_BYTES, from));
  if (!Array.isArray(index) || !index.every(isEntry))
    throw new Error('a pack with another index than one of names and lengths');
  const content = body.subarray(from);
  let end = 0;
  const files = index.map(([path, length]) => {
    const offset = end;
    end += length;
    return { path, offset, length };
  });
  if (end !== content.byteLength) throw new Error(`a pack of ${end} bytes holds ${content.byteLength}`);
  return { content, files };
}

const isEntry = (entry: unknown): entry is [string, number] =>
  Array.isArray(entry) &&
  entry.length === 2 &&
  typeof entry[0] === 'string' &&
  entry[0] !== '' &&
  Number.isSafeInteger(entry[1]) &&
  entry[1] >= 0;
