import { expect, test } from 'vitest';
import { parseTaxonomy } from '../shared/taxonomy.ts';
import { diffTaxonomies } from '../shared/taxonomy-diff.ts';
import fc from './fakes/property.ts';

type Given = [name: string, description: string, aliases?: string[]];
const taxonomy = (...labels: Given[]) =>
  parseTaxonomy({
    name: 'tax',
    labels: labels.map(([name, description, aliases]) => ({ name, description, ...(aliases ? { aliases } : {}) })),
  });

test('diff: added, removed, reworded and renamed labels are told apart', () => {
  const before = taxonomy(['A', 'about a'], ['B', 'about b'], ['C', 'about c'], ['D', 'about d'], ['E', 'about e']);
  const after = taxonomy(
    ['A', 'about a'],
    ['B', 'more of b', ['Bee']],
    ['C2', 'about c'],
    ['D2', 'of d', ['D']],
    ['F', 'about f'],
  );
  expect(diffTaxonomies(before, after)).toEqual({
    from: before.version,
    to: after.version,
    added: ['F'],
    removed: ['E'],
    renamed: [
      { from: 'C', to: 'C2' },
      { from: 'D', to: 'D2' },
    ],
    changed: [{ label: 'B', fields: ['description', 'aliases'] }],
    same: 1,
    domain: null,
  });
});

test('diff: labels of the same words are heirs of one label each', () => {
  const diff = diffTaxonomies(taxonomy(['A', 'x'], ['B', 'x']), taxonomy(['C', 'x'], ['D', 'y']));
  expect([diff.renamed, diff.removed, diff.added]).toEqual([[{ from: 'A', to: 'C' }], ['B'], ['D']]);
});

test('diff: every label of both is counted once, and a taxonomy differs from itself in nothing', () => {
  const label = fc.tuple(fc.constantFrom(...'ABCDEFGH'), fc.constantFrom('x', 'y', 'z'));
  const any = fc.uniqueArray(label, { minLength: 2, maxLength: 8, selector: ([name]) => name });
  fc.assert(
    fc.property(any, any, (one, other) => {
      const [from, to] = [taxonomy(...one), taxonomy(...other)];
      const { added, removed, renamed, changed, same } = diffTaxonomies(from, to);
      expect(removed.length + renamed.length + changed.length + same).toBe(from.labels.length);
      expect(added.length + renamed.length + changed.length + same).toBe(to.labels.length);
      expect(diffTaxonomies(from, from)).toMatchObject({
        added: [],
        removed: [],
        renamed: [],
        changed: [],
        same: from.labels.length,
      });
    }),
    { seed: 21 },
  );
});

test('diff: the sentence about the documents is told where it differs', () => {
  const labels = ['A', 'B'].map((name) => ({ name, description: `about ${name}` }));
  const [none, letters] = [
    parseTaxonomy({ name: 't', labels }),
    parseTaxonomy({ name: 't', domain: 'Letters.', labels }),
  ];
  expect(diffTaxonomies(none, letters)).toMatchObject({ same: 2, changed: [], domain: { from: null, to: 'Letters.' } });
  expect(diffTaxonomies(letters, none).domain).toEqual({ from: 'Letters.', to: null });
  expect(diffTaxonomies(letters, letters).domain).toBeNull();
});
