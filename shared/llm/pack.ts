// Documents → packs: first fit in arrival order over a window of open packs.
// Invariants: K1 every document is in exactly one pack. K2 a pack holds at most `maxDocuments`, and at most `maxTokens` unless it is a single document.
//             K3 equal input gives equal packs. Why first fit in arrival order: with a cap on documents, sorting by size needs more calls.

export interface PackLimits {
  /** Tokens of documents per pack (prompt budget less the frame). */
  maxTokens: number;
  maxDocuments: number;
  /** Packs kept open; older ones are closed. */
  window?: number;
}

interface OpenPack {
  free: number;
  items: number[];
}

const DEFAULT_WINDOW = 64;

/**
 * Plan packs.
 * @param tokens  tokens of each document, delimiters included
 * @returns       indices of the documents of each pack
 */
export function planPacks(tokens: readonly number[], limits: PackLimits): number[][] {
  const window = limits.window ?? DEFAULT_WINDOW;
  const closed: OpenPack[] = [];
  let open: OpenPack[] = [];
  for (const [index, size] of tokens.entries()) {
    const fit = open.findIndex((pack) => pack.free >= size);
    const pack = fit >= 0 ? open[fit] : undefined;
    if (pack === undefined) {
      open.push({ free: limits.maxTokens - size, items: [index] });
      if (open.length > window) closed.push(...open.splice(0, 1));
    } else {
      pack.free -= size;
      pack.items.push(index);
    }
    const full = open.filter((p) => p.items.length >= limits.maxDocuments || p.free <= 0);
    if (full.length > 0) {
      closed.push(...full);
      open = open.filter((p) => p.items.length < limits.maxDocuments && p.free > 0);
    }
  }
  return [...closed, ...open].map((pack) => pack.items);
}

/** A fixed shuffle: spreads the effect of a document's position in the prompt, and is the same on every replay. */
export function shuffled<T>(items: readonly T[], seedHex: string): T[] {
  const result = [...items];
  let state = Number.parseInt(seedHex.slice(0, 8), 16) >>> 0;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T]; // both indices are within the array
  }
  return result;
}
