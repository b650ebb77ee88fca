import { expect, test } from 'vitest';
import { frameFor } from '../shared/llm/prompt.ts';
import { MAX_LABELS, noticesOn, parseStoredTaxonomy, parseTaxonomy, taxonomyDocument } from '../shared/taxonomy.ts';

const many = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `label ${n}`, description: `about ${n}` }));

test('taxonomy: labels without a description are taken, told, stored and read again; the prompt names them alone', () => {
  const taxonomy = parseTaxonomy({
    name: 'bare',
    labels: [{ name: 'a' }, { name: 'b', description: ' ' }, { name: 'c', description: 'cats' }],
  });
  expect(taxonomy.labels.map(({ description }) => description)).toEqual(['', '', 'cats']);
  expect(noticesOn(taxonomy)).toEqual([{ code: 'taxonomy.no-description', message: 'without a description: a, b' }]);
  expect(parseStoredTaxonomy(taxonomyDocument(taxonomy))).toEqual(taxonomy);
  const { system } = frameFor(taxonomy, {}, (text) => text.length);
  expect(system).toContain('A = "a".\nB = "b".\nC = "c": cats');
});

test('taxonomy: five hundred labels are taken and it is told that the LLM is not asked about them; above the limit they are refused with advice', () => {
  expect(noticesOn(parseTaxonomy({ name: 'x', labels: many(200) }))).toEqual([]);
  expect(noticesOn(parseTaxonomy({ name: 'x', labels: many(500) }))).toEqual([
    { code: 'route.too-many-labels', message: '500 labels: the LLM is asked about 200 at most' },
  ]);
  expect(() => parseTaxonomy({ name: 'x', labels: many(MAX_LABELS + 1) })).toThrow(
    expect.objectContaining({ code: 'taxonomy.too-many-labels', remedy: expect.stringContaining('Group labels') }),
  );
});
