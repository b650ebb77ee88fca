// Counting rows by a key.

export function countBy<T>(items: Iterable<T>, key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const k = key(item);
    counts[k] = (counts[k] ?? 0) + 1;
  }
  return counts;
}

/** Add `more` into `total`. */
export function addCounts(total: Record<string, number>, more: Readonly<Record<string, number>> | undefined): void {
  for (const [key, count] of Object.entries(more ?? {})) total[key] = (total[key] ?? 0) + count;
}
