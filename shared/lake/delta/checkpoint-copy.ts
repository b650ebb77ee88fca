// A copy of a checkpoint's actions as they stand in commits, inside the checkpoint's own file: opening a table need not decode 2,000 rows of nested Parquet.
// It lies between the pages and the footer. A Parquet file is read from its footer by offsets, so other engines never see it; what another engine or a
// program writes anew has none. Layout: Parquet pages | actions, deflated | 32 bytes SHA-256 | 4 bytes length | 4 bytes length inflated | 8 bytes mark | footer.
// Invariants: K1 a copy is believed only where its hash is right, over its bytes and the footer it was made for. K2 it is held to MAX_COPY_BYTES, and to
// the length that it tells when it is inflated. K3 nothing depends on it: without one, or with a damaged one, the Parquet is read.
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const MARK = Buffer.from('SLUICE1\n');
const HASH_BYTES = 32;
const TAIL_BYTES = HASH_BYTES + 8 + MARK.length;
/** Parquet: length of the footer, and its mark. */
const END_BYTES = 8;
/** Before it is deflated. Of larger tables a checkpoint has no copy. */
export const MAX_COPY_BYTES = 32 * 1024 * 1024;
/** Three times as fast as the default and a tenth larger. */
const LEVEL = 3;

/** The file with a copy. @param actions  as lines of JSON */
export function withCopy(parquet: Buffer, actions: Buffer): Buffer {
  const footerAt = footerOf(parquet);
  if (actions.length > MAX_COPY_BYTES || footerAt === undefined) return parquet;
  const copy = deflateRawSync(actions, { level: LEVEL });
  const footer = parquet.subarray(footerAt);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(copy.length, 0);
  lengths.writeUInt32LE(actions.length, 4);
  const hash = hashOf(copy, lengths, footer);
  return Buffer.concat([parquet.subarray(0, footerAt), copy, hash, lengths, MARK, footer]);
}

/** The actions of a file as lines of JSON; undefined where there is no copy that can be believed. */
export function copyIn(file: Buffer): Buffer | undefined {
  const footerAt = footerOf(file);
  if (footerAt === undefined || footerAt < TAIL_BYTES) return undefined;
  const copyEnd = footerAt - TAIL_BYTES;
  const hash = file.subarray(copyEnd, copyEnd + HASH_BYTES);
  const lengths = file.subarray(copyEnd + HASH_BYTES, copyEnd + HASH_BYTES + 8);
  if (!file.subarray(footerAt - MARK.length, footerAt).equals(MARK)) return undefined;
  const [length, inflated] = [lengths.readUInt32LE(0), lengths.readUInt32LE(4)];
  if (length > copyEnd || inflated > MAX_COPY_BYTES) return undefined;
  const copy = file.subarray(copyEnd - length, copyEnd);
  if (!hashOf(copy, lengths, file.subarray(footerAt)).equals(hash)) return undefined;
  try {
    // In one piece: half the time of many.
    const room = { maxOutputLength: Math.max(1, inflated), chunkSize: Math.max(64, inflated) };
    const actions = inflateRawSync(copy, room);
    return actions.length === inflated ? actions : undefined;
  } catch {
    return undefined; // K2, K3: whoever made the hash made something else
  }
}

/** Where the footer begins. */
function footerOf(file: Buffer): number | undefined {
  if (file.length < END_BYTES) return undefined;
  const footerAt = file.length - END_BYTES - file.readUInt32LE(file.length - END_BYTES);
  return footerAt < 0 ? undefined : footerAt;
}

function hashOf(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
