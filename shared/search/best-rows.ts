// Which rows a question finds, the best of them in order, and how many there are.
// Invariant: B1 the order is whole: by score, then the newest, then a fixed order of documents; so pages neither repeat nor leave out.
import type { CountedRows } from './counted-rows.ts';
import type { Fitting, OpenSegment } from './match.ts';

/** A row that is found, and the entry of the index that says so best. */
export interface Hit {
  row: number;
  score: number;
  segment: number;
  entry: number;
  foundIn: ('reason' | 'text')[];
}

export interface BestRows {
  total: number;
  hits: Hit[];
}

/**
 * @param options.isAmong  of each row 1 if it may be found; default: all
 * @param options.atLeast  a score below which nothing is found
 */
export function bestRows(
  fitting: readonly Fitting[],
  rows: CountedRows,
  segments: readonly OpenSegment[],
  {
    from,
    limit,
    isAmong,
    atLeast = 0,
  }: { from: number; limit: number; isAmong?: Uint8Array | undefined; atLeast?: number },
): BestRows {
  const scores = new Float64Array(rows.size);
  const kinds = new Uint8Array(rows.size);
  const [segmentOf, entryOf] = [new Int32Array(rows.size), new Int32Array(rows.size)];
  const meet = (row: number, segment: number, entry: number, score: number) => {
    if (isAmong !== undefined && isAmong[row] === 0) return;
    const isFirst = kinds[row] === 0;
    kinds[row]! |= segments[segment]?.columns.isReason[entry] === 1 ? 2 : 1;
    if (!isFirst && score <= (scores[row] ?? 0)) return;
    scores[row] = score;
    segmentOf[row] = segment;
    entryOf[row] = entry;
  };
  for (const [segment, { docs, scores: scored }] of fitting.entries())
    for (let i = 0; i < docs.length; i++) {
      const [entry = 0, score = 0] = [docs[i], scored[i]];
      const found = rows.rowsOf(segment, entry);
      if (typeof found !== 'number') for (const row of found) meet(row, segment, entry, score);
      else if (found >= 0) meet(found, segment, entry, score);
    }
  const isBefore = (a: number, b: number): boolean => {
    const [left = 0, right = 0] = [scores[a], scores[b]];
    if (left !== right) return left > right;
    const newer = rows.decidedAt(a) - rows.decidedAt(b);
    return newer === 0 ? rows.documentKey(a) < rows.documentKey(b) : newer > 0;
  };
  const best = new Best(from + limit, isBefore);
  let total = 0;
  for (let row = 0; row < rows.size; row++) {
    if (kinds[row] === 0 || (scores[row] ?? 0) < atLeast) continue;
    total++;
    best.offer(row);
  }
  const hits = best.inOrder().slice(from);
  return {
    total,
    hits: hits.map((row) => ({
      row,
      score: scores[row] ?? 0,
      segment: segmentOf[row] ?? 0,
      entry: entryOf[row] ?? 0,
      foundIn: [
        ...(((kinds[row] ?? 0) & 2) === 0 ? [] : ['reason' as const]),
        ...(((kinds[row] ?? 0) & 1) === 0 ? [] : ['text' as const]),
      ],
    })),
  };
}

/** The best so many of what is offered: a heap with the worst of them on top. */
class Best {
  readonly #most: number;
  readonly #isBefore: (a: number, b: number) => boolean;
  readonly #heap: number[] = [];

  constructor(most: number, isBefore: (a: number, b: number) => boolean) {
    this.#most = most;
    this.#isBefore = isBefore;
  }

  offer(row: number): void {
    const heap = this.#heap;
    if (heap.length < this.#most) {
      heap.push(row);
      this.#up(heap.length - 1);
    } else if (heap.length > 0 && this.#isBefore(row, heap[0] ?? row)) {
      heap[0] = row;
      this.#down(0);
    }
  }

  inOrder(): number[] {
    return [...this.#heap].sort((a, b) => (this.#isBefore(a, b) ? -1 : 1));
  }

  /** The worse of two is nearer to the top. */
  #isWorse(i: number, j: number): boolean {
    return this.#isBefore(this.#heap[j] ?? 0, this.#heap[i] ?? 0);
  }

  #swap(i: number, j: number): void {
    [this.#heap[i], this.#heap[j]] = [this.#heap[j] ?? 0, this.#heap[i] ?? 0];
  }

  #up(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#isWorse(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(from: number): void {
    for (let at = from; ; ) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#heap.length && this.#isWorse(child, worst)) worst = child;
      if (worst === at) return;
      this.#swap(at, worst);
      at = worst;
    }
  }
}
