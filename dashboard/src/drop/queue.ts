// A few workers over many items.
// Invariants: Q1 at most `parallel` items are in work. Q2 one item's failure does not stop the others. Q3 after the signal no item is begun.

/** @param work  does one item; what it throws goes to `failed` */
export async function runQueue<T>(
  items: readonly T[],
  parallel: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
  failed: (item: T, error: unknown) => void,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const item = items[next++] as T; // below the length
      try {
        await work(item);
      } catch (error) {
        if (!signal.aborted) failed(item, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker));
}
