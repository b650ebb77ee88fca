import { expect, test } from 'vitest';
import { listTaxonomies, publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const document = (name: string, ...labels: string[]) => ({
  name,
  labels: labels.map((label) => ({ name: label, description: `about ${label}` })),
});

test('taxonomies: every version is listed once, with the one in use; an older one can be used again', async () => {
  const lake = new MemoryLake();
  expect(await listTaxonomies(lake)).toEqual([]);
  const first = await publishTaxonomy(lake, document('tax', 'A', 'B'));
  const second = await publishTaxonomy(lake, document('tax', 'A', 'B', 'C'));
  const shown = async () =>
    (await listTaxonomies(lake)).map(({ version, labels, isCurrent }) => [version, labels, isCurrent]).sort();
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
