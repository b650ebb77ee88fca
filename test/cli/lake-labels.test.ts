import { beforeEach, expect, test } from 'vitest';
import { type GivenLabels, labelsOf } from '../../cli/lake-labels.ts';
import { currentTaxonomyVersion, publishTaxonomy } from '../../shared/pipeline/taxonomies.ts';
import { MemoryLake } from '../fakes/memory-lake.ts';

const labels = (name: string) => ({ name, labels: ['A', 'B'].map((label) => ({ name: label, description: name })) });
const given = (more: Partial<GivenLabels> = {}): GivenLabels => ({
  hasFolder: false,
  own: undefined,
  demo: labels('demo'),
  ...more,
});
let lake: MemoryLake;
let models: (string | null)[];
const registry = { list: async () => models.map((taxonomyVersion) => ({ taxonomyVersion })) as never };
const ask = (more: Partial<GivenLabels> = {}) => labelsOf({ lake, registry }, given(more));
const current = async () => (await currentTaxonomyVersion(lake))?.replace(/-[0-9a-f]+$/, '');

beforeEach(() => {
  lake = new MemoryLake('lake');
  models = [];
});

test('labels: a new lake gets the demo’s, and stays a lake of the demo', async () => {
  expect(await ask()).toMatchObject({ taxonomy: { name: 'demo' }, isDemoLake: true });
  models = [(await currentTaxonomyVersion(lake)) ?? null];
  expect(await ask()).toMatchObject({ taxonomy: { name: 'demo' }, isDemoLake: true });
  expect(await current()).toBe('demo');
});

test('labels: a lake in use keeps its own, with a folder and without', async () => {
  await publishTaxonomy(lake, labels('mine'));
  for (const hasFolder of [false, true])
    expect(await ask({ hasFolder })).toMatchObject({ taxonomy: { name: 'mine' }, isDemoLake: false });
  expect(await current()).toBe('mine');
});

test('labels: those the user names become current, and what they replace is said', async () => {
  expect(await ask({ own: labels('mine') })).toEqual({
    taxonomy: expect.objectContaining({ name: 'mine' }),
    isDemoLake: true,
  });
  expect((await ask({ own: labels('other') })).replaced).toMatch(/^mine-/);
  expect(await current()).toBe('other');
});

test('labels: models of one’s own without labels are no lake of the demo: labels must be named', async () => {
  models = [null];
  for (const hasFolder of [false, true]) await expect(ask({ hasFolder })).rejects.toThrow('--taxonomy');
  expect(await current()).toBeUndefined();
  expect(await ask({ own: labels('mine') })).toMatchObject({ isDemoLake: false });
});
