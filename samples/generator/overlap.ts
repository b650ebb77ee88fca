// How much of a document's wording also stands in the training texts: shared runs of five words.

const RUN = 5; // words

/** The distinct runs of five words of a text: lower case, letters and digits only. */
export function wordRuns(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const runs = new Set<string>();
  for (let i = 0; i + RUN <= words.length; i++) runs.add(words.slice(i, i + RUN).join(' '));
  return runs;
}

/** Share (0 to 1) of the distinct runs of `text` that `known` holds; 0 for a text shorter than one run. */
export function overlap(text: string, known: ReadonlySet<string>): number {
  const runs = wordRuns(text);
  if (runs.size === 0) return 0;
  let shared = 0;
  for (const run of runs) if (known.has(run)) shared++;
  return shared / runs.size;
}
