// Labels ↔ class numbers as Spark's StringIndexer and IndexToString do.
// Source: org.apache.spark.ml.feature.{StringIndexer, IndexToString}.

export type LabelOrder = 'frequencyDesc' | 'frequencyAsc' | 'alphabetDesc' | 'alphabetAsc';

/**
 * Distinct labels in the indexer's order.
 * @param sparkVersion  before 4.3 strings are ordered by UTF-16 code units (Java's compareTo), since then by code points (as UTF-8 bytes)
 */
export function fitLabels(
  labels: Iterable<string>,
  order: LabelOrder = 'frequencyDesc',
  sparkVersion = '3.5.1',
): string[] {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const byName = ordersByCodePoint(sparkVersion) ? byCodePoint : byUtf16;
  const byCount = (a: string, b: string) => counts.get(a)! - counts.get(b)!;
  const compare = {
    frequencyDesc: (a: string, b: string) => -byCount(a, b) || byName(a, b),
    frequencyAsc: (a: string, b: string) => byCount(a, b) || byName(a, b),
    alphabetDesc: (a: string, b: string) => -byName(a, b),
    alphabetAsc: byName,
  }[order];
  return [...counts.keys()].sort(compare);
}

const ordersByCodePoint = (sparkVersion: string): boolean => {
  const [major = 0, minor = 0] = sparkVersion.split('.').map(Number);
  return major > 4 || (major === 4 && minor >= 3);
};

const byUtf16 = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
