import { expect, test } from 'vitest';
import { taxonomyPath } from '../../shared/paths.ts';
import { listTaxonomies, loadTaxonomy, publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const document = (name: string, ...labels: string[]) => ({
  name,
  labels: labels.map((label) => ({ name: label, description: `about ${label}` })),
});

test('taxonomies: every version is listed once, with the one in use; an older one can be used again', async () => {
  const lake = new MemoryLake();
  expect(await listTaxonomies(lake)).toEqual({ taxonomies: [], broken: [] });
  const first = await publishTaxonomy(lake, document('tax', 'A', 'B'));
  const second = await publishTaxonomy(lake, document('tax', 'A', 'B', 'C'));
  const shown = async () =>
    (await listTaxonomies(lake)).taxonomies
      .map(({ version, labels, isCurrent }) => [version, labels, isCurrent])
      .sort();
  expect(await shown()).toEqual(
    [
      [first.version, 2, false],
      [second.version, 3, true],
    ].sort(),
  );
  await publishTaxonomy(lake, document('tax', 'A', 'B'));
  expect(await shown()).toEqual(
    [
      [first.version, 2, true],
      [second.version, 3, false],
    ].sort(),
  );
});

test('taxonomies: a damaged version is told and hides no other; publishing its labels again mends it', async () => {
  const lake = new MemoryLake();
  const good = await publishTaxonomy(lake, document('tax', 'A', 'B'));
  const damaged = await publishTaxonomy(lake, document('tax', 'A', 'C'));
  for (const bytes of ['{"name": "ta', '', 'null', '{"name": "tax"}']) {
    await lake.write(taxonomyPath(damaged.version), bytes);
    const { taxonomies, broken } = await listTaxonomies(lake);
    expect(taxonomies.map(({ version }) => version)).toEqual([good.version]);
    expect(broken).toMatchObject([{ id: damaged.version, code: 'lake.corrupt-record' }]);
  }
  await publishTaxonomy(lake, document('tax', 'A', 'C'));
  expect((await listTaxonomies(lake)).broken).toEqual([]);
});

test('taxonomies: the sentence about the documents is kept and part of the version; without one the version is what it was', async () => {
  const lake = new MemoryLake();
  const plain = await publishTaxonomy(lake, document('tax', 'A', 'B'));
  expect(plain.version).toBe('tax-b2654d7c'); // as versions before there were domains named it
  expect(plain).not.toHaveProperty('domain');
  const told = await publishTaxonomy(lake, { ...document('tax', 'A', 'B'), domain: ' Letters to an insurer. ' });
  expect(told.version).not.toBe(plain.version);
  expect(await loadTaxonomy(lake)).toEqual({ ...told, domain: 'Letters to an insurer.' });
  for (const domain of ['', 'two\nlines', 'x'.repeat(301), 7])
    await expect(publishTaxonomy(lake, { ...document('tax', 'A', 'B'), domain })).rejects.toThrow(/domain/);
});
