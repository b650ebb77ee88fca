// What the check says of labels, in words, beside the label that it is about.
import type { TaxonomyCheck, TaxonomyRemark } from '../../../../shared/insight/check-taxonomy.ts';
import type { TaxonomyDiff } from '../../../../shared/taxonomy-diff.ts';
import { count } from '../../format.ts';

/** Answer of POST /api/taxonomies/check. */
export interface LabelCheck extends TaxonomyCheck {
  /** Against the labels in use; null where there are none. */
  diff: TaxonomyDiff | null;
}

/** Remarks that name the label. */
export function remarksAbout(name: string, remarks: readonly TaxonomyRemark[]): string[] {
  return remarks.flatMap((remark) => {
    if (remark.kind === 'thin')
      return remark.label === name
        ? ['The description says little beyond the name: what do such documents hold, and what does not belong?']
        : [];
    const [one, other] = remark.labels;
    if (one !== name && other !== name) return [];
    const rest = one === name ? other : one;
    return [
      remark.kind === 'same'
        ? `Nothing tells it from ${rest}: merge them, or say what only one of them holds.`
        : `Reads like ${rest}: say what sets them apart.`,
    ];
  });
}

/** What storing would change, a line each; empty: nothing. */
export function changesIn(diff: TaxonomyDiff | null, labels: number): string[] {
  if (diff === null) return [`${labels} labels, the first of this lake`];
  const lines = [
    ...diff.added.map((name) => `New: ${name}`),
    ...diff.removed.map((name) => `Gone: ${name}`),
    ...diff.renamed.map(({ from, to }) => `${from} is called ${to}`),
    ...diff.changed.map(({ label, fields }) => `${label}: another ${fields.join(' and ')}`),
    ...(diff.domain === null ? [] : ['Another sentence about the documents']),
  ];
  return diff.from === diff.to ? [] : lines.length === 0 ? ['Another order or name of the set'] : lines;
}

/** The whole check in a sentence. */
export function verdictOf({ remarks, encoder }: LabelCheck): string {
  const how = encoder === null ? 'compared by their words' : 'compared by their meaning';
  return remarks.length === 0 ? `No two read alike (${how}).` : `${count(remarks.length)} to think about (${how}).`;
}
