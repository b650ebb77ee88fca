// `entries.bin` of a segment: what is indexed, one entry a text or the reasons of a decision, as columns.
// Format: header | keys, documents (8 bytes each) | places of texts (8) | words, lengths of texts, runs (4) | kinds (1) | ends of ids (4) | ids | runs as
// JSON. An entry is called by its place in the columns.
// Invariants: N1 a process holds 21 bytes of an entry; of a page of entries the rest is read. N2 an entry counts by its key alone (mark-keys.ts).
// N3 numbers of a damaged file are refused with its path before anything is read or made by them.
import { open } from 'node:fs/promises';
import { TerminalError } from '../errors.ts';

const MAGIC = 0x534c4532; // "SLE2"
const HEADER_BYTES = 16;
/** Of a text in `texts.bin`: more than 300,000 characters (segment.ts) deflate to. */
const MAX_TEXT_BYTES = 2 << 20;
/** Keys, documents, words, kinds: what is held. */
const KINDS = ['text', 'reason'] as const;

export type EntryKind = (typeof KINDS)[number];

/** What the index says of one entry. */
export interface EntryRecord {
  documentId: string;
  /** Of its mark (mark-keys.ts), and of its document. */
  key: bigint;
  documentKey: number;
  kind: EntryKind;
  /** Whose reading it is; '' of reasons. */
  runId: string;
  words: number;
  textAt: number;
  textBytes: number;
}

/** What a process holds of the entries of a segment. */
export interface EntryColumns {
  count: number;
  /** [2 * count]: low and high half of each key. */
  keys: Uint32Array;
  documentKeys: Float64Array;
  words: Uint32Array;
  /** 1: reasons. */
  isReason: Uint8Array;
}

const columnsOf = (count: number) => {
  let at = HEADER_BYTES;
  const next = (bytes: number) => {
    const from = at;
    at += bytes * count;
    return from;
  };
  const [keys, documentKeys, textAt, words, textBytes, runs, kinds] = [8, 8, 8, 4, 4, 4, 1].map(next) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]; // one each
  at += -at & 7;
  const idEnds = at;
  return { keys, documentKeys, textAt, words, textBytes, runs, kinds, idEnds, ids: idEnds + 4 * count };
};

export function encodeEntries(entries: readonly EntryRecord[]): Buffer {
  const ids = entries.map(({ documentId }) => Buffer.from(documentId));
  const runIds = [...new Set(entries.map(({ runId }) => runId))];
  const runs = Buffer.from(JSON.stringify(runIds));
  const runNumbers = new Map(runIds.map((id, i) => [id, i]));
  const at = columnsOf(entries.length);
  const idBytes = ids.reduce((sum, { length }) => sum + length, 0);
  const bytes = Buffer.alloc(at.ids + idBytes + runs.length);
  for (const [i, number] of [MAGIC, entries.length, idBytes, runs.length].entries()) bytes.writeUInt32LE(number, 4 * i);
  let end = 0;
  for (const [i, entry] of entries.entries()) {
    bytes.writeBigUInt64LE(entry.key, at.keys + 8 * i);
    bytes.writeDoubleLE(entry.documentKey, at.documentKeys + 8 * i);
    bytes.writeDoubleLE(entry.textAt, at.textAt + 8 * i);
    bytes.writeUInt32LE(entry.words, at.words + 4 * i);
    bytes.writeUInt32LE(entry.textBytes, at.textBytes + 4 * i);
    bytes.writeUInt32LE(runNumbers.get(entry.runId) ?? 0, at.runs + 4 * i);
    bytes.writeUInt8(entry.kind === 'reason' ? 1 : 0, at.kinds + i);
    const id = ids[i] ?? Buffer.alloc(0);
    bytes.set(id, at.ids + end);
    end += id.length;
    bytes.writeUInt32LE(end, at.idEnds + 4 * i);
  }
  bytes.set(runs, at.ids + idBytes);
  return bytes;
}

/** @throws {TerminalError} lake.corrupt-table for bytes that are none of ours, or not whole */
function describe(bytes: Buffer, size: number, path: string) {
  const [magic, count = 0, idBytes = 0, runBytes = 0] = [0, 4, 8, 12].map((at) =>
    bytes.length < HEADER_BYTES ? 0 : bytes.readUInt32LE(at),
  );
  const at = columnsOf(count);
  if (magic !== MAGIC || at.ids + idBytes + runBytes !== size) throw damagedIndex(path);
  return { count, idBytes, runBytes, at };
}

/** A file of the index that is none of ours, or not whole: who asked for it has it made anew. */
export const damagedIndex = (path: string, cause?: unknown): TerminalError =>
  new TerminalError('lake.corrupt-table', `The file ${path} of the search index is damaged`, { ids: { path }, cause });

/** All of it, for what is made of it. @throws {TerminalError} lake.corrupt-table */
export function decodeEntries(bytes: Buffer, path: string): EntryRecord[] {
  const { count, idBytes, at } = describe(bytes, bytes.length, path);
  const runs = runsOf(bytes.subarray(at.ids + idBytes), path);
  const idAt = (i: number) => idOf(bytes, { at, i, idBytes }, path);
  const records = Array.from({ length: count }, (_, i) => recordOf(bytes, at, i, { documentId: idAt(i), runs }));
  if (!records.every(isPlaced)) throw damagedIndex(path);
  return records;
}

/** Ids of the documents, or of the runs, that entries are of. @throws {TerminalError} lake.corrupt-table */
export function idsOfEntries(bytes: Buffer, of: 'document_id' | 'run_id', path: string): Set<string> {
  const { count, idBytes, at } = describe(bytes, bytes.length, path);
  if (of === 'run_id') return new Set(runsOf(bytes.subarray(at.ids + idBytes), path));
  return new Set(Array.from({ length: count }, (_, i) => idOf(bytes, { at, i, idBytes }, path)));
}

/** What is held (N1), from a local copy. @throws {TerminalError} lake.corrupt-table */
export async function readEntryColumns(path: string): Promise<EntryColumns> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    const { count, at } = describe(header.subarray(0, bytesRead), (await file.stat()).size, path);
    const read = async <T extends ArrayBufferView>(into: T, from: number): Promise<T> => {
      await file.read(new Uint8Array(into.buffer), 0, into.byteLength, from);
      return into;
    };
    return {
      count,
      keys: await read(new Uint32Array(2 * count), at.keys),
      documentKeys: await read(new Float64Array(count), at.documentKeys),
      words: await read(new Uint32Array(count), at.words),
      isReason: await read(new Uint8Array(count), at.kinds),
    };
  } finally {
    await file.close();
  }
}

/** Of some entries where their texts lie and whose they are, from a local copy. @throws {TerminalError} lake.corrupt-table */
export async function readEntryPlaces(
  path: string,
  entries: readonly number[],
): Promise<Pick<EntryRecord, 'documentId' | 'textAt' | 'textBytes'>[]> {
  const file = await open(path, 'r');
  try {
    const read = async (from: number, length: number): Promise<Buffer> => {
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, from);
      return bytes;
    };
    const { count, idBytes, at } = describe(await read(0, HEADER_BYTES), (await file.stat()).size, path);
    return await Promise.all(
      entries.map(async (i) => {
        if (i >= count) throw damagedIndex(path);
        const ends = await read(at.idEnds + 4 * Math.max(0, i - 1), i === 0 ? 4 : 8);
        const [from, to] = i === 0 ? [0, ends.readUInt32LE(0)] : [ends.readUInt32LE(0), ends.readUInt32LE(4)];
        if (from > to || to > idBytes) throw damagedIndex(path);
        const found = {
          documentId: (await read(at.ids + from, to - from)).toString(),
          textAt: (await read(at.textAt + 8 * i, 8)).readDoubleLE(0),
          textBytes: (await read(at.textBytes + 4 * i, 4)).readUInt32LE(0),
        };
        if (!isPlaced(found)) throw damagedIndex(path);
        return found;
      }),
    );
  } finally {
    await file.close();
  }
}

type Layout = ReturnType<typeof columnsOf>;

function runsOf(bytes: Buffer, path: string): string[] {
  try {
    const runs: unknown = JSON.parse(bytes.toString());
    if (Array.isArray(runs)) return runs.map(String);
  } catch (error) {
    throw damagedIndex(path, error);
  }
  throw damagedIndex(path);
}

/** A text may lie there. */
const isPlaced = ({ textAt, textBytes }: Pick<EntryRecord, 'textAt' | 'textBytes'>): boolean =>
  Number.isSafeInteger(textAt) && textAt >= 0 && textBytes <= MAX_TEXT_BYTES;

function idOf(bytes: Buffer, { at, i, idBytes }: { at: Layout; i: number; idBytes: number }, path: string): string {
  const from = i === 0 ? 0 : bytes.readUInt32LE(at.idEnds + 4 * (i - 1));
  const to = bytes.readUInt32LE(at.idEnds + 4 * i);
  if (from > to || to > idBytes) throw damagedIndex(path);
  return bytes.toString('utf8', at.ids + from, at.ids + to);
}

const recordOf = (
  bytes: Buffer,
  at: Layout,
  i: number,
  { documentId, runs }: { documentId: string; runs: readonly string[] },
): EntryRecord => ({
  documentId,
  key: bytes.readBigUInt64LE(at.keys + 8 * i),
  documentKey: bytes.readDoubleLE(at.documentKeys + 8 * i),
  kind: KINDS[bytes.readUInt8(at.kinds + i) === 1 ? 1 : 0],
  runId: runs[bytes.readUInt32LE(at.runs + 4 * i)] ?? '',
  words: bytes.readUInt32LE(at.words + 4 * i),
  textAt: bytes.readDoubleLE(at.textAt + 8 * i),
  textBytes: bytes.readUInt32LE(at.textBytes + 4 * i),
});
