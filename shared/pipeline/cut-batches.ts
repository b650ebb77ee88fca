// How the files of a run are cut into batches.
// Invariants: every source is in exactly one batch; no batch is above its limits, a single larger file aside.
import type { PlannedSource } from './records.ts';

export interface BatchLimits {
  maxDocuments: number;
  maxBytes: number;
  /** Small runs are still cut into this many batches, so that they run in parallel. */
  minBatches: number;
}

const MIN_BATCH_DOCUMENTS = 16;

/**
 * A page that needs OCR takes seconds, and a batch has to end within the 30 minutes of an activity (`functionTimeout` in host.json):
 * of documents that are not plain text no more than this are in one batch.
 */
const MAX_SLOW_DOCUMENTS = 250;
/** A batch keeps the texts of its documents in memory until they are decided: of plain texts it holds no more bytes than this. */
export const MAX_TEXT_BYTES = 16 * 1024 * 1024;
const PLAIN_TEXT = /\.(txt|md|csv|tsv|log|json|jsonl)$/i;

/**
 * Cut sources into batches by count and bytes, in path order, except that files of equal size stand together:
 * exact duplicates have equal sizes, and duplicates in one batch are read and decided once.
 */
export function cutBatches(sources: readonly PlannedSource[], limits: BatchLimits): PlannedSource[][] {
  const sorted = [...sources].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const bySize = new Map<number, PlannedSource[]>();
  for (const source of sorted) {
    const group = bySize.get(source.sizeBytes);
    if (group === undefined) bySize.set(source.sizeBytes, [source]);
    else group.push(source);
  }
  const even = Math.max(MIN_BATCH_DOCUMENTS, Math.ceil(sources.length / limits.minBatches));
  const maxDocuments = Math.min(limits.maxDocuments, even);
  const batches: PlannedSource[][] = [];
  let batch: PlannedSource[] = [];
  let size: BatchSize = sizeOf([]);
  const flush = () => {
    if (batch.length > 0) batches.push(batch);
    batch = [];
    size = sizeOf([]);
  };
  const fits = (before: BatchSize, more: BatchSize) =>
    before.documents + more.documents <= maxDocuments &&
    before.slow + more.slow <= MAX_SLOW_DOCUMENTS &&
    before.textBytes + more.textBytes <= MAX_TEXT_BYTES &&
    before.bytes + more.bytes <= limits.maxBytes;
  for (const group of bySize.values()) {
    const whole = sizeOf(group);
    if (fits(sizeOf([]), whole) && !fits(size, whole)) flush();
    for (const source of group) {
      const one = sizeOf([source]);
      if (!fits(size, one)) flush();
      batch.push(source);
      size = sumOf(size, one);
    }
  }
  flush();
  return batches;
}

interface BatchSize {
  documents: number;
  slow: number;
  textBytes: number;
  bytes: number;
}

function sizeOf(sources: readonly PlannedSource[]): BatchSize {
  const size = { documents: sources.length, slow: 0, textBytes: 0, bytes: 0 };
  for (const { path, sizeBytes } of sources) {
    if (PLAIN_TEXT.test(path)) size.textBytes += sizeBytes;
    else size.slow++;
    size.bytes += sizeBytes;
  }
  return size;
}

function sumOf(a: BatchSize, b: BatchSize): BatchSize {
  return {
    documents: a.documents + b.documents,
    slow: a.slow + b.slow,
    textBytes: a.textBytes + b.textBytes,
    bytes: a.bytes + b.bytes,
  };
}
