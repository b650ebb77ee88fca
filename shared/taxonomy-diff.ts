// What one version of a taxonomy has that another has not: what a person must look at before the labels of a lake are changed.
import type { Label, Taxonomy } from './taxonomy.ts';

export interface TaxonomyDiff {
  from: string;
  to: string;
  added: string[];
  removed: string[];
  /** The same description or an alias that was the name before: most likely the same label under another name. */
  renamed: { from: string; to: string }[];
  /** Same name, other words: what the LLM is told changes. */
  changed: { label: string; fields: ('description' | 'aliases')[] }[];
  /** Labels in both and the same. */
  same: number;
  /** The sentence about the documents, where it differs. */
  domain: { from: string | null; to: string | null } | null;
}

export function diffTaxonomies(from: Taxonomy, to: Taxonomy): TaxonomyDiff {
  const before = new Map(from.labels.map((label) => [label.name, label]));
  const after = new Map(to.labels.map((label) => [label.name, label]));
  const removed = from.labels.filter(({ name }) => !after.has(name));
  const added = to.labels.filter(({ name }) => !before.has(name));
  const renamed: TaxonomyDiff['renamed'] = [];
  for (const gone of removed) {
    const heir = added.find((label) => isRenamed(gone, label) && !renamed.some((pair) => pair.to === label.name));
    if (heir !== undefined) renamed.push({ from: gone.name, to: heir.name });
  }
  const changed = to.labels.flatMap((label) => {
    const old = before.get(label.name);
    const fields = old === undefined ? [] : changedFields(old, label);
    return fields.length === 0 ? [] : [{ label: label.name, fields }];
  });
  const isRenamedFrom = new Set(renamed.map((pair) => pair.from));
  const isRenamedTo = new Set(renamed.map((pair) => pair.to));
  return {
    from: from.version,
    to: to.version,
    added: added.map(({ name }) => name).filter((name) => !isRenamedTo.has(name)),
    removed: removed.map(({ name }) => name).filter((name) => !isRenamedFrom.has(name)),
    renamed,
    changed,
    same: to.labels.length - added.length - changed.length,
    domain: from.domain === to.domain ? null : { from: from.domain ?? null, to: to.domain ?? null },
  };
}

const isRenamed = (gone: Label, label: Label): boolean =>
  gone.description === label.description ||
  (label.aliases ?? []).includes(gone.name) ||
  (gone.aliases ?? []).includes(label.name);

function changedFields(old: Label, label: Label): ('description' | 'aliases')[] {
  const aliases = (one: Label) => [...(one.aliases ?? [])].sort().join('\n');
  return [
    ...(old.description === label.description ? [] : (['description'] as const)),
    ...(aliases(old) === aliases(label) ? [] : (['aliases'] as const)),
  ];
}
