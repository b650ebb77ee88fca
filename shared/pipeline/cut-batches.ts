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
  let size: BatchSize = { documents: 0, slow: 0, bytes: 0 };
  const flush = () => {
    if (batch.length > 0) batches.push(batch);
    batch = [];
    size = { documents: 0, slow: 0, bytes: 0 };
  };
  const fits = (before: BatchSize, more: BatchSize) =>
    before.documents + more.documents <= maxDocuments &&
    before.slow + more.slow <= MAX_SLOW_DOCUMENTS &&
    before.bytes + more.bytes <= limits.maxBytes;
  for (const group of bySize.values()) {
    const whole = sizeOf(group);
    if (fits(sizeOf([]), whole) && !fits(size, whole)) flush();
    for (const source of group) {
      const one = sizeOf([source]);
      if (!fits(size, one)) flush();
      batch.push(source);
      size = { documents: size.documents + 1, slow: size.slow + one.slow, bytes: size.bytes + one.bytes };
    }
  }
  flush();
  return batches;
}

interface BatchSize {
  documents: number;
  slow: number;
  bytes: number;
}

function sizeOf(sources: readonly PlannedSource[]): BatchSize {
  let slow = 0;
  let bytes = 0;
  for (const { path, sizeBytes } of sources) {
    if (!PLAIN_TEXT.test(path)) slow++;
    bytes += sizeBytes;
  }
  return { documents: sources.length, slow, bytes };
}
