// What the check says of labels, in words, beside the label that it is about.
import type { TaxonomyCheck, TaxonomyRemark } from '../../../../shared/insight/check-taxonomy.ts';
import type { TaxonomyDiff } from '../../../../shared/taxonomy-diff.ts';
import { list } from '../../format.ts';
import { words } from '../../words/labels.ts';

/** Answer of POST /api/taxonomies/check. */
export interface LabelCheck extends TaxonomyCheck {
  /** Against the labels in use; null where there are none. */
  diff: TaxonomyDiff | null;
}

/** Remarks that name the label. */
export function remarksAbout(name: string, remarks: readonly TaxonomyRemark[]): string[] {
  return remarks.flatMap((remark) => {
    if (remark.kind === 'thin') return remark.label === name ? [words.thin] : [];
    const [one, other] = remark.labels;
    if (one !== name && other !== name) return [];
    const rest = one === name ? other : one;
    return [remark.kind === 'same' ? words.same(rest) : words.alike(rest)];
  });
}

/** What storing would change, a line each; empty: nothing. */
export function changesIn(diff: TaxonomyDiff | null, labels: number): string[] {
  if (diff === null) return [words.first(labels)];
  const lines = [
    ...diff.added.map((name) => words.added(name)),
    ...diff.removed.map((name) => words.gone(name)),
    ...diff.renamed.map(({ from, to }) => words.renamed(from, to)),
    ...diff.changed.map(({ label, fields }) =>
      words.another(label, list(fields.map((field) => words.fields[field] ?? field))),
    ),
    ...(diff.domain === null ? [] : [words.anotherDomain]),
  ];
  return diff.from === diff.to ? [] : lines.length === 0 ? [words.anotherOrder] : lines;
}

/** The whole check in a sentence. */
export function verdictOf({ remarks, encoder }: LabelCheck): string {
  return words.verdict(remarks.length, encoder !== null);
}
