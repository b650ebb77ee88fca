// Labels ↔ class numbers as Spark's StringIndexer and IndexToString do.
// Source: org.apache.spark.ml.feature.{StringIndexer, IndexToString}.

export type LabelOrder = 'frequencyDesc' | 'frequencyAsc' | 'alphabetDesc' | 'alphabetAsc';

/** Distinct labels in the indexer's order; equal counts ascend by UTF-16 code units (Java's compareTo). */
export function fitLabels(labels: Iterable<string>, order: LabelOrder = 'frequencyDesc'): string[] {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const byCount = (a: string, b: string) => counts.get(a)! - counts.get(b)!;
  const compare = {
    frequencyDesc: (a: string, b: string) => -byCount(a, b) || byName(a, b),
    frequencyAsc: (a: string, b: string) => byCount(a, b) || byName(a, b),
    alphabetDesc: (a: string, b: string) => -byName(a, b),
    alphabetAsc: byName,
  }[order];
  return [...counts.keys()].sort(compare);
}
